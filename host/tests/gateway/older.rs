//! An MCP server of revision 2024-11-05: a stream on GET, messages at another address.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{any, post};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::peer::{event, serve};

type Stream = mpsc::Sender<Result<Bytes, Infallible>>;

#[derive(Clone, Default)]
pub(crate) struct Older {
    streams: Arc<Mutex<Vec<Stream>>>,
    pub(crate) seen: Arc<Mutex<Vec<Value>>>,
    /// The id of the call that waits for the client's answer.
    waiting: Arc<Mutex<Value>>,
    /// While true, messages are refused. The next stream resets it.
    pub(crate) is_lost: Arc<AtomicBool>,
    endpoint: String,
    /// Sent on the stream before the `endpoint` event.
    before: &'static str,
    pub(crate) url: String,
}

impl Older {
    pub(crate) async fn start() -> Self {
        Self::start_at("/messages?session=1").await
    }

    /// A server whose `endpoint` event names this address.
    pub(crate) async fn start_at(endpoint: &str) -> Self {
        Self::start_after("", endpoint).await
    }

    /// The same, with these events before it.
    pub(crate) async fn start_after(before: &'static str, endpoint: &str) -> Self {
        let mut older = Self { endpoint: endpoint.to_owned(), before, ..Self::default() };
        let router = Router::new().route("/sse", any(open)).route("/messages", post(message)).with_state(older.clone());
        older.url = format!("{}/sse", serve(router).await);
        older
    }

    /// Closes every stream.
    pub(crate) fn hang_up(&self) {
        self.streams.lock().expect("streams").clear();
    }

    async fn say(&self, message: Value) {
        let stream = self.streams.lock().expect("streams").last().cloned();
        stream.expect("stream").send(Ok(event(&message))).await.expect("sent");
    }
}

async fn open(State(older): State<Older>, method: Method) -> Response {
    if method != Method::GET {
        return Response::builder().status(405).body(Body::empty()).expect("response");
    }
    let (sender, receiver) = mpsc::channel(16);
    sender
        .send(Ok(format!("{}event: endpoint\ndata: {}\n\n", older.before, older.endpoint).into()))
        .await
        .expect("sent");
    older.streams.lock().expect("streams").push(sender);
    older.is_lost.store(false, Ordering::Relaxed);
    let body = Body::from_stream(ReceiverStream::new(receiver));
    Response::builder().header("content-type", "text/event-stream").body(body).expect("response")
}

async fn message(State(older): State<Older>, body: Bytes) -> Result<StatusCode, (StatusCode, &'static str)> {
    if older.is_lost.load(Ordering::Relaxed) {
        return Err((StatusCode::BAD_REQUEST, "No transport found for sessionId"));
    }
    Ok(posted(older, body).await)
}

async fn posted(older: Older, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).expect("json");
    older.seen.lock().expect("seen").push(body.clone());
    if body.get("method").is_none() {
        let text = body["result"].to_string();
        let id = older.waiting.lock().expect("waiting").take();
        older
            .say(json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": text }] } }))
            .await;
        return StatusCode::ACCEPTED;
    }
    if body.get("id").is_none() {
        return StatusCode::ACCEPTED;
    }
    let result = match body["method"].as_str().expect("method") {
        "initialize" => {
            json!({ "protocolVersion": "2024-11-05", "capabilities": { "tools": {} }, "serverInfo": { "name": "older", "version": "1" } })
        }
        "tools/list" => json!({ "tools": [{ "name": "old", "inputSchema": { "type": "object" } }] }),
        "tools/call" if body["params"]["name"] == "ask" => {
            *older.waiting.lock().expect("waiting") = body["id"].clone();
            older.say(json!({ "jsonrpc": "2.0", "id": "q", "method": "roots/list" })).await;
            return StatusCode::ACCEPTED;
        }
        "tools/call" => json!({ "content": [{ "type": "text", "text": "from the old one" }] }),
        _ => json!({}),
    };
    older.say(json!({ "jsonrpc": "2.0", "id": body["id"], "result": result })).await;
    StatusCode::ACCEPTED
}
