//! An MCP server that answers each method as the test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::peer::serve;

/// The result for a method, its client and its parameters. `None` means that nothing ever comes.
type Script = dyn Fn(&str, &Value, &Value) -> Option<Value> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Script>,
    greeting: Value,
    seen: Arc<Mutex<Vec<Value>>>,
    /// The parameters of each `initialize`. A session's id is a place in this list.
    clients: Arc<Mutex<Vec<Value>>>,
    /// Lists wait for a permit.
    gate: Arc<Semaphore>,
    pub(crate) url: String,
}

impl Scripted {
    /// A server with this script. Methods that the script does not know are answered as an ordinary server would.
    pub(crate) async fn start(script: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        Self::start_asking(move |method, _, params| script(method, params)).await
    }

    /// The same with these members in its answer to `initialize`.
    pub(crate) async fn greeting(
        greeting: Value,
        script: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        Self::answering(greeting, move |method, _, params| script(method, params)).await
    }

    /// The same with a script that also gets the parameters of the client's `initialize`.
    pub(crate) async fn start_asking(
        script: impl Fn(&str, &Value, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let capabilities = json!({ "tools": {}, "prompts": {}, "resources": { "subscribe": true } });
        Self::answering(json!({ "capabilities": capabilities }), script).await
    }

    async fn answering(
        greeting: Value,
        script: impl Fn(&str, &Value, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS >> 1));
        let (seen, clients) = (Arc::default(), Arc::default());
        let mut server = Self { script: Arc::new(script), greeting, seen, clients, gate, url: String::new() };
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

    /// The last request of a method.
    pub(crate) fn last(&self, method: &str) -> Value {
        let seen = self.seen.lock().expect("seen");
        seen.iter().rfind(|message| message["method"] == method).expect("a request").clone()
    }

    /// How often a method was requested.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen.lock().expect("seen").iter().filter(|message| message["method"] == method).count()
    }
}

/// The place of a session in the list of clients.
fn place(headers: &HeaderMap) -> Option<usize> {
    headers.get("mcp-session-id")?.to_str().ok()?.parse().ok()
}

/// A tool's result.
pub(crate) fn said(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

/// Tools of these names.
pub(crate) fn tools(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "name": name, "inputSchema": { "type": "object" } })).collect()
}

async fn handle(State(server): State<Scripted>, headers: HeaderMap, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).expect("json");
    server.seen.lock().expect("seen").push(body.clone());
    let (Some(method), Some(id)) = (body["method"].as_str(), body.get("id")) else {
        return Response::builder().status(StatusCode::ACCEPTED).body(Body::empty()).expect("response");
    };
    if method.ends_with("/list") {
        server.gate.acquire().await.expect("open").forget();
    }
    let mut opened = None;
    let result = if method == "initialize" {
        opened = {
            let mut clients = server.clients.lock().expect("clients");
            clients.push(body["params"].clone());
            Some(clients.len() - 1)
        };
        let revision = &body["params"]["protocolVersion"];
        let mut greeting = json!({ "protocolVersion": revision, "serverInfo": { "name": "s", "version": "1" } });
        greeting.as_object_mut().expect("object").extend(server.greeting.as_object().expect("object").clone());
        Some(greeting)
    } else {
        let client = place(&headers).and_then(|place| server.clients.lock().expect("clients").get(place).cloned());
        (server.script)(method, &client.unwrap_or_default(), &body["params"])
    };
    let Some(result) = result else { std::future::pending().await };
    let answer = match result.get("error") {
        Some(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        None => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    };
    let mut response = Response::builder().header("content-type", "application/json");
    if let Some(place) = opened {
        response = response.header("mcp-session-id", place.to_string());
    }
    response.body(Body::from(answer.to_string())).expect("response")
}
