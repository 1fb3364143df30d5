//! Two servers over HTTP, one with sessions and one without. They know what is open at them, and keep no connection for a
//! second request, so that the hub's descriptors can be counted.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::any;
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use serde_json::{Value, json};

type Sender = mpsc::UnboundedSender<Value>;

/// The two servers over HTTP, one of each generation.
pub(crate) struct Fakes {
    pub(crate) old_url: String,
    pub(crate) new_url: String,
    state: Arc<Held>,
}

/// What is open at them.
#[derive(Default)]
struct Held {
    sessions: Mutex<HashSet<String>>,
    /// The streams of sessions that answer nothing.
    listeners: Mutex<HashMap<String, Sender>>,
    /// Calls that end once they are cancelled, by session and id.
    hanging: Mutex<HashMap<String, Sender>>,
    /// Questions that wait for an answer.
    asked: Mutex<HashMap<String, oneshot::Sender<Value>>>,
    streams: Arc<AtomicUsize>,
    last: AtomicUsize,
}

/// Counts as long as a stream is open.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fakes {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Held::default());
        let old = Router::new().route("/mcp", any(old)).with_state(state.clone());
        let new = Router::new().route("/mcp", any(new)).with_state(state.clone());
        Self { old_url: serve(old).await, new_url: serve(new).await, state }
    }

    /// Sessions, and streams that are open.
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.state.sessions.lock().expect("sessions").len(), self.state.streams.load(Ordering::SeqCst))
    }

    /// Says on every stream that the list of tools has changed.
    pub(crate) fn announce(&self) {
        let change = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
        for listener in self.state.listeners.lock().expect("listeners").values() {
            let _ = listener.unbounded_send(change.clone());
        }
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mcp")
}

impl Held {
    fn next(&self) -> String {
        self.last.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// A stream, and what writes to it. It ends with its sender.
    fn stream(&self) -> (Sender, Response) {
        self.streams.fetch_add(1, Ordering::SeqCst);
        let open = Open(self.streams.clone());
        let (sender, receiver) = mpsc::unbounded::<Value>();
        let events = receiver.map(move |message| {
            let _ = &open;
            Ok::<_, Infallible>(Bytes::from(format!("data: {message}\n\n")))
        });
        (sender, response(200, "text/event-stream", Body::from_stream(events)))
    }

    fn endless(&self, token: &Value) -> Response {
        self.streams.fetch_add(1, Ordering::SeqCst);
        let open = Open(self.streams.clone());
        let params = json!({"progressToken": token, "progress": 1, "message": "x".repeat(16 * 1024)});
        let message = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
        let event = Bytes::from(format!("data: {message}\n\n"));
        let events = futures::stream::repeat(event).map(move |event| {
            let _ = &open;
            Ok::<_, Infallible>(event)
        });
        response(200, "text/event-stream", Body::from_stream(events))
    }
}

fn response(status: u16, kind: &str, body: impl Into<Body>) -> Response {
    let response = Response::builder().status(status).header("content-type", kind).header("connection", "close");
    response.body(body.into()).expect("a response")
}

fn answered(body: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": body["id"], "result": result})
}

fn whole(body: &Value, result: &Value) -> Response {
    response(200, "application/json", answered(body, result).to_string())
}

fn said(text: &Value) -> Value {
    json!({"content": [{"type": "text", "text": text}], "resultType": "complete"})
}

fn tools() -> Value {
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    let tools = ["echo", "progress", "ask", "hang", "flood"].map(tool);
    json!({"tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"})
}

/// A call's progress in three steps, and then its answer.
fn progress(sender: &Sender, body: &Value) {
    let token = &body["params"]["_meta"]["progressToken"];
    for step in 0..3 {
        let params = json!({"progressToken": token, "progress": step});
        let _ = sender.unbounded_send(json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}));
    }
    let _ = sender.unbounded_send(answered(body, &said(&body["params"]["arguments"]["text"])));
}

/// The server with sessions.
async fn old(State(held): State<Arc<Held>>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let session = headers.get("mcp-session-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if body["method"] == "initialize" {
        return begin(&held, &body);
    }
    if !held.sessions.lock().expect("sessions").contains(&session) {
        return response(404, "text/plain", "no such session");
    }
    match method {
        Method::GET => {
            let (sender, response) = held.stream();
            held.listeners.lock().expect("listeners").insert(session, sender);
            response
        }
        Method::DELETE => {
            held.sessions.lock().expect("sessions").remove(&session);
            held.listeners.lock().expect("listeners").remove(&session);
            response(200, "text/plain", "")
        }
        _ => old_message(&held, &session, body),
    }
}

fn begin(held: &Held, body: &Value) -> Response {
    let session = held.next();
    held.sessions.lock().expect("sessions").insert(session.clone());
    let capabilities = json!({"tools": {"listChanged": true}});
    let info = json!({"name": "old", "version": "1"});
    let revision = &body["params"]["protocolVersion"];
    let mut response =
        whole(body, &json!({"protocolVersion": revision, "capabilities": capabilities, "serverInfo": info}));
    response.headers_mut().insert("mcp-session-id", session.parse().expect("a header"));
    response
}

fn old_message(held: &Arc<Held>, session: &str, body: Value) -> Response {
    let waits = |id: &Value| format!("{session} {id}");
    match (body["method"].as_str(), body["params"]["name"].as_str()) {
        (Some("tools/list"), _) => whole(&body, &tools()),
        (Some("tools/call"), Some("ask")) => ask(held, body),
        (Some("tools/call"), Some("hang")) => {
            let (sender, response) = held.stream();
            held.hanging.lock().expect("hanging").insert(waits(&body["id"]), sender);
            response
        }
        (Some("tools/call"), tool) => call(held, tool, &body),
        (Some("notifications/cancelled"), _) => {
            held.hanging.lock().expect("hanging").remove(&waits(&body["params"]["requestId"]));
            response(202, "text/plain", "")
        }
        (None, _) => {
            let question = body["id"].as_str().unwrap_or_default();
            let waiting = held.asked.lock().expect("asked").remove(question);
            if let Some(waiting) = waiting {
                let _ = waiting.send(body["result"]["content"]["text"].clone());
            }
            response(202, "text/plain", "")
        }
        (Some(_), _) if body.get("id").is_none() => response(202, "text/plain", ""),
        (Some(_), _) => whole(&body, &json!({})),
    }
}

/// A tool that both servers have.
fn call(held: &Held, tool: Option<&str>, body: &Value) -> Response {
    match tool {
        Some("progress") => {
            let (sender, response) = held.stream();
            progress(&sender, body);
            response
        }
        Some("flood") => held.endless(&body["params"]["_meta"]["progressToken"]),
        Some(_) | None => whole(body, &said(&body["params"]["arguments"]["text"])),
    }
}

/// Asks the client on the stream of its call, and answers with what it says.
fn ask(held: &Arc<Held>, body: Value) -> Response {
    let (sender, response) = held.stream();
    let question = held.next();
    let (waiting, heard) = oneshot::channel();
    held.asked.lock().expect("asked").insert(question.clone(), waiting);
    let content = json!({"type": "text", "text": body["params"]["arguments"]["text"]});
    let params = json!({"messages": [{"role": "user", "content": content}], "maxTokens": 5});
    let message = json!({"jsonrpc": "2.0", "id": question, "method": "sampling/createMessage", "params": params});
    let _ = sender.unbounded_send(message);
    tokio::spawn(async move {
        if let Ok(heard) = heard.await {
            let _ = sender.unbounded_send(answered(&body, &said(&heard)));
        }
    });
    response
}

/// The server without sessions.
async fn new(State(held): State<Arc<Held>>, method: Method, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let params = &body["params"];
    match (body["method"].as_str(), params["name"].as_str()) {
        _ if method != Method::POST => response(405, "text/plain", ""),
        (Some("initialize"), _) => {
            let error = json!({"code": -32022, "message": "no", "data": {"supported": ["2026-07-28"]}});
            response(400, "application/json", json!({"jsonrpc": "2.0", "id": body["id"], "error": error}).to_string())
        }
        (Some("server/discover"), _) => {
            let capabilities = json!({"tools": {"listChanged": true}});
            let versions = json!(["2026-07-28"]);
            whole(
                &body,
                &json!({"supportedVersions": versions, "capabilities": capabilities, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}),
            )
        }
        (Some("tools/list"), _) => whole(&body, &tools()),
        (Some("tools/call"), Some("ask")) => whole(&body, &asked_for(params)),
        (Some("tools/call"), Some("hang")) => waiting(
            &held,
            json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "debug", "data": "waiting"}}),
        ),
        (Some("tools/call"), tool) => call(&held, tool, &body),
        (Some("subscriptions/listen"), _) => {
            let meta = json!({"io.modelcontextprotocol/subscriptionId": body["id"]});
            let params = json!({"notifications": params["notifications"], "_meta": meta});
            waiting(
                &held,
                json!({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params}),
            )
        }
        (Some(_), _) if body.get("id").is_some() => whole(&body, &json!({"resultType": "complete"})),
        (Some(_) | None, _) => response(202, "text/plain", ""),
    }
}

/// A stream that begins with a message and ends with its connection.
fn waiting(held: &Held, first: Value) -> Response {
    let (sender, response) = held.stream();
    let _ = sender.unbounded_send(first);
    // Only the other side ends it.
    held.hanging.lock().expect("hanging").insert(format!("new {}", held.next()), sender);
    response
}

/// The question, or the answer once there is one.
fn asked_for(params: &Value) -> Value {
    if let Some(heard) = params["inputResponses"]["q"]["content"].get("text") {
        return said(heard);
    }
    let content = json!({"type": "text", "text": params["arguments"]["text"]});
    let question = json!({"messages": [{"role": "user", "content": content}], "maxTokens": 5});
    let questions = json!({"q": {"method": "sampling/createMessage", "params": question}});
    json!({"resultType": "input_required", "inputRequests": questions, "requestState": "s"})
}
