//! An MCP server that answers each method as the test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::peer::serve;

/// The result for a method and its parameters. `None` means that nothing ever comes.
type Script = dyn Fn(&str, &Value) -> Option<Value> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Value>>>,
    /// Lists wait for a permit.
    gate: Arc<Semaphore>,
    pub(crate) url: String,
}

impl Scripted {
    /// A server with this script. Methods that the script does not know are answered as an ordinary server would.
    pub(crate) async fn start(script: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS >> 1));
        let mut server = Self { script: Arc::new(script), seen: Arc::default(), gate, url: String::new() };
        let router = Router::new().route("/mcp", post(handle)).with_state(server.clone());
        server.url = format!("{}/mcp", serve(router).await);
        server
    }

    /// A server with these tools. Each result says which server ran it.
    pub(crate) async fn of_tools(label: &'static str, tools: Value) -> Self {
        Self::start(move |method, params| {
            Some(match method {
                "tools/list" => json!({ "tools": tools }),
                "tools/call" => said(&format!("{label} ran {}", params["name"].as_str().unwrap_or_default())),
                _ => json!({}),
            })
        })
        .await
    }

    /// Holds lists back until there are permits.
    pub(crate) fn held(self) -> Arc<Semaphore> {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
        self.gate
    }

    /// How often a method was requested.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen.lock().expect("seen").iter().filter(|message| message["method"] == method).count()
    }
}

/// A tool's result.
pub(crate) fn said(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

/// Tools of these names.
pub(crate) fn tools(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "name": name, "inputSchema": { "type": "object" } })).collect()
}

async fn handle(State(server): State<Scripted>, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).expect("json");
    server.seen.lock().expect("seen").push(body.clone());
    let (Some(method), Some(id)) = (body["method"].as_str(), body.get("id")) else {
        return Response::builder().status(StatusCode::ACCEPTED).body(Body::empty()).expect("response");
    };
    if method.ends_with("/list") {
        server.gate.acquire().await.expect("open").forget();
    }
    let result = if method == "initialize" {
        let revision = &body["params"]["protocolVersion"];
        let capabilities = json!({ "tools": {}, "prompts": {}, "resources": { "subscribe": true } });
        Some(
            json!({ "protocolVersion": revision, "capabilities": capabilities, "serverInfo": { "name": "s", "version": "1" } }),
        )
    } else {
        (server.script)(method, &body["params"])
    };
    let Some(result) = result else { std::future::pending().await };
    let answer = match result.get("error") {
        Some(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        None => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    };
    let response = Response::builder().header("content-type", "application/json");
    response.body(Body::from(answer.to_string())).expect("response")
}
