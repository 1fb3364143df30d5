//! An MCP server over HTTP whose responses the test writes itself.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};

use crate::peer::serve;

/// A request that came in.
pub(crate) struct OddRequest {
    pub(crate) method: Method,
    pub(crate) session: Option<String>,
    pub(crate) body: Value,
}

type Answers = dyn Fn(&OddRequest) -> Response + Send + Sync;

#[derive(Clone)]
pub(crate) struct Odd {
    answers: Arc<Answers>,
    /// Bodies of the requests that came in.
    pub(crate) seen: Arc<Mutex<Vec<Value>>>,
    pub(crate) url: String,
}

impl Odd {
    pub(crate) async fn start(answers: impl Fn(&OddRequest) -> Response + Send + Sync + 'static) -> Self {
        let mut odd = Self { answers: Arc::new(answers), seen: Arc::default(), url: String::new() };
        let router = Router::new().route("/mcp", any(handle)).with_state(odd.clone());
        odd.url = format!("{}/mcp", serve(router).await);
        odd
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen.lock().expect("seen").iter().filter(|body| body["method"] == method).count()
    }
}

async fn handle(State(odd): State<Odd>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    odd.seen.lock().expect("seen").push(body.clone());
    let session = headers.get("mcp-session-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    (odd.answers)(&OddRequest { method, session, body })
}

/// The answer of an ordinary server; `None` to a notification.
pub(crate) fn plain(request: &OddRequest) -> Option<Value> {
    let id = request.body.get("id")?;
    let result = match request.body["method"].as_str()? {
        "initialize" => json!({
            "protocolVersion": request.body["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "odd", "version": "1" },
        }),
        "tools/list" => json!({ "tools": [{ "name": "echo", "inputSchema": { "type": "object" } }] }),
        "tools/call" => json!({ "content": [{ "type": "text", "text": "did" }] }),
        _ => json!({}),
    };
    Some(json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

pub(crate) fn answer(status: u16, kind: &str, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", kind).body(body.into()).expect("response")
}

/// A response in this shape; 202 to a notification, 405 to anything but a POST.
pub(crate) fn posted(request: &OddRequest, shape: impl Fn(Value) -> Response) -> Response {
    match plain(request) {
        _ if request.method != Method::POST => answer(405, "text/plain", ""),
        Some(message) => shape(message),
        None => answer(202, "text/plain", ""),
    }
}
