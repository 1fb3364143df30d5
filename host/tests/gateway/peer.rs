//! An MCP server over Streamable HTTP that follows its script and remembers what it received.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// A request that came in.
#[derive(Clone)]
pub(crate) struct SeenRequest {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

#[derive(Default)]
pub(crate) struct ServerState {
    pub(crate) sessions: BTreeSet<String>,
    pub(crate) opened: u32,
    pub(crate) seen: Vec<SeenRequest>,
    /// Only this token is accepted.
    pub(crate) token: Option<String>,
    /// Calls of `ask` that wait for the client's answer.
    pub(crate) answers: Vec<mpsc::Sender<Value>>,
    pub(crate) listeners: Vec<mpsc::Sender<Result<Bytes, Infallible>>>,
    pub(crate) page_size: usize,
    /// Tools that it does not list.
    pub(crate) hidden: BTreeSet<&'static str>,
    /// The rest of a stream that was closed too early.
    pub(crate) kept: Option<Bytes>,
    pub(crate) refuses_post: Option<StatusCode>,
}

#[derive(Clone, Default)]
pub(crate) struct TestServer {
    pub(crate) state: Arc<Mutex<ServerState>>,
    pub(crate) url: String,
    /// The URI of its one resource.
    pub(crate) uri: String,
}

/// Keeps the resources of several servers apart.
static LAST: AtomicU32 = AtomicU32::new(0);

pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerState)) -> Self {
        let uri = format!("test://{}", LAST.fetch_add(1, Ordering::Relaxed));
        let mut peer = Self { uri, ..Self::default() };
        change(&mut peer.state.lock().expect("state"));
        let router = Router::new().route("/mcp", any(handle)).with_state(peer.clone());
        peer.url = format!("{}/mcp", serve(router).await);
        peer
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut ServerState) -> T) -> T {
        change(&mut self.state.lock().expect("state"))
    }

    /// The requests of this JSON-RPC method.
    pub(crate) fn seen(&self, method: &str) -> Vec<SeenRequest> {
        self.change(|state| state.seen.iter().filter(|seen| seen.body["method"] == method).cloned().collect())
    }

    /// Sends a message on the GET streams.
    pub(crate) async fn say(&self, message: Value) {
        let listeners = self.change(|state| state.listeners.clone());
        for listener in listeners {
            listener.send(Ok(event(&message))).await.expect("listener");
        }
    }
}

pub(crate) fn event(message: &Value) -> Bytes {
    format!("event: message\ndata: {message}\n\n").into()
}

fn status(status: StatusCode) -> Response {
    Response::builder().status(status).body(Body::empty()).expect("response")
}

fn json_answer(body: &Value) -> Response {
    Response::builder()
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body.to_string()))
        .expect("response")
}

fn stream(receiver: mpsc::Receiver<Result<Bytes, Infallible>>) -> Response {
    let body = Body::from_stream(ReceiverStream::new(receiver));
    Response::builder().header("content-type", "text/event-stream").body(body).expect("response")
}

fn unauthorized() -> Response {
    let challenge = "Bearer error=\"invalid_token\"";
    let response = Response::builder().status(401).header("www-authenticate", challenge);
    response.body(Body::from("no")).expect("response")
}

async fn handle(State(peer): State<TestServer>, method: Method, headers: HeaderMap, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    peer.change(|state| state.seen.push(SeenRequest { headers: headers.clone(), body: body.clone() }));
    if let Some(token) = peer.change(|state| state.token.clone()) {
        let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
        if sent != Some(&format!("Bearer {token}")) {
            return unauthorized();
        }
    }
    if let Some(refusal) = peer.change(|state| state.refuses_post) {
        return status(refusal);
    }
    let session = headers.get("mcp-session-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    if body["method"] != "initialize"
        && !session.as_ref().is_some_and(|id| peer.change(|state| state.sessions.contains(id)))
    {
        return status(StatusCode::NOT_FOUND);
    }
    match method {
        Method::GET if headers.contains_key("last-event-id") => {
            let (sender, receiver) = mpsc::channel(16);
            let rest = peer.change(|state| state.kept.take());
            sender.try_send(Ok(rest.expect("kept"))).expect("room");
            stream(receiver)
        }
        Method::GET => {
            let (sender, receiver) = mpsc::channel(16);
            peer.change(|state| state.listeners.push(sender));
            stream(receiver)
        }
        Method::DELETE => {
            peer.change(|state| state.sessions.remove(&session.unwrap_or_default()));
            status(StatusCode::OK)
        }
        _ => post(peer, body).await,
    }
}

async fn post(peer: TestServer, body: Value) -> Response {
    let Some(method) = body["method"].as_str() else {
        let waiting = peer.change(|state| state.answers.clone());
        for waiting in waiting {
            drop(waiting.send(body.clone()).await);
        }
        return status(StatusCode::ACCEPTED);
    };
    if body.get("id").is_none() {
        return status(StatusCode::ACCEPTED);
    }
    let answer = |result: Value| json_answer(&json!({ "jsonrpc": "2.0", "id": body["id"], "result": result }));
    match method {
        "initialize" => initialize(&peer, &body),
        "tools/list" => answer(tools(&peer, &body)),
        "prompts/list" => answer(json!({ "prompts": [{ "name": "greet" }] })),
        "prompts/get" => answer(json!({ "messages": [], "was": body["params"] })),
        "resources/list" => answer(json!({ "resources": [{ "uri": peer.uri, "name": "r" }] })),
        "resources/read" if body["params"]["uri"] == peer.uri => {
            answer(json!({ "contents": [{ "uri": body["params"]["uri"], "text": "here" }] }))
        }
        "resources/read" => {
            json_answer(&json!({ "jsonrpc": "2.0", "id": body["id"], "error": { "code": -32002, "message": "none" } }))
        }
        "completion/complete" => answer(json!({ "completion": { "values": [] }, "was": body["params"] })),
        "tools/call" => call(&peer, body),
        _ => answer(json!({})),
    }
}

fn initialize(peer: &TestServer, body: &Value) -> Response {
    let id = peer.change(|state| {
        state.opened += 1;
        let id = format!("session-{}", state.opened);
        state.sessions.insert(id.clone());
        id
    });
    let result = json!({
        "protocolVersion": body["params"]["protocolVersion"],
        "capabilities": { "tools": {}, "prompts": {}, "resources": {}, "logging": {}, "completions": {}, "x-new": { "a": 1 } },
        "serverInfo": { "name": "peer", "version": "1", "x-extra": true },
        "instructions": "Be kind.",
    });
    let body = json!({ "jsonrpc": "2.0", "id": body["id"], "result": result });
    let response = Response::builder().header("content-type", "application/json").header("mcp-session-id", id);
    response.body(Body::from(body.to_string())).expect("response")
}

const TOOLS: [&str; 7] = ["echo", "stream", "ask", "huge", "break", "hang", "pause"];

fn tools(peer: &TestServer, body: &Value) -> Value {
    let size = peer.change(|state| state.page_size).max(1);
    let size = if size == 1 { TOOLS.len() } else { size };
    let start: usize = body["params"]["cursor"].as_str().map_or(0, |cursor| cursor.parse().expect("cursor"));
    let hidden = peer.change(|state| state.hidden.clone());
    let page: Vec<Value> = TOOLS.iter().filter(|name| !hidden.contains(*name)).skip(start).take(size).map(|name| {
        json!({ "name": name, "description": "d", "inputSchema": { "type": "object", "$defs": { "z": {}, "a": {} } }, "x-new": 1 })
    }).collect();
    let mut result = json!({ "tools": page });
    if start + size < TOOLS.len() {
        result["nextCursor"] = json!((start + size).to_string());
    }
    result
}

fn call(peer: &TestServer, body: Value) -> Response {
    let id = body["id"].clone();
    let result = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": body["params"]["arguments"].to_string() }], "x-new": [1.50, null] } });
    let (sender, receiver) = mpsc::channel(16);
    match body["params"]["name"].as_str().unwrap_or_default() {
        "echo" => return json_answer(&result),
        "huge" => return json_answer(&json!({ "jsonrpc": "2.0", "id": id, "result": { "pad": "x".repeat(70_000) } })),
        "stream" => {
            let (answers, mut go_on) = mpsc::channel(4);
            peer.change(|state| state.answers.push(answers));
            tokio::spawn(async move {
                let token = &body["params"]["_meta"]["progressToken"];
                let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": token, "progress": 1 } });
                sender.send(Ok(Bytes::from("id: 1\nretry: 10\ndata:\n\n"))).await.expect("open");
                sender.send(Ok(event(&progress))).await.expect("open");
                // The answer comes only after something was posted: a client that buffers would wait for ever.
                go_on.recv().await;
                sender.send(Ok(event(&result))).await.expect("open");
            });
        }
        "ask" => {
            let (answers, answered) = mpsc::channel(4);
            peer.change(|state| state.answers.push(answers));
            tokio::spawn(ask(id, sender, answered));
        }
        "hang" => {
            peer.change(|state| state.listeners.push(sender));
        }
        "pause" => {
            peer.change(|state| state.kept = Some(event(&result)));
            sender.try_send(Ok(Bytes::from("id: 41\ndata:\n\nid: 42\nretry: 10\ndata:\n\n"))).expect("room");
            drop(sender);
        }
        _ => drop(sender),
    }
    stream(receiver)
}

/// Asks the client for a message, and answers the call with what it says.
async fn ask(id: Value, sender: mpsc::Sender<Result<Bytes, Infallible>>, mut answered: mpsc::Receiver<Value>) {
    let question = json!({ "jsonrpc": "2.0", "id": 0, "method": "sampling/createMessage", "params": { "messages": [], "maxTokens": 5, "_meta": { "progressToken": "same" } } });
    sender.send(Ok(event(&question))).await.expect("open");
    let answer = answered.recv().await.expect("answer");
    let text = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": answer.to_string() }] } });
    sender.send(Ok(event(&text))).await.expect("open");
}

/// The messages in the events of a response, as they come.
pub(crate) fn events(response: reqwest::Response) -> impl futures::Stream<Item = Value> + Unpin {
    let data = |block: String| block.lines().find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
    // An event without data only tells the client where to resume.
    let message = move |block| data(block).filter(|data| !data.is_empty());
    let message = move |block| message(block).map(|data| serde_json::from_str(&data).expect("json"));
    blocks(response).filter_map(move |block| std::future::ready(message(block))).boxed()
}

/// The events of a response as they were written.
pub(crate) fn blocks(response: reqwest::Response) -> impl futures::Stream<Item = String> {
    let bytes = response.bytes_stream().map(|chunk| chunk.expect("chunk"));
    futures::stream::unfold((bytes, String::new()), |(mut bytes, mut text)| async move {
        loop {
            if let Some((block, rest)) = text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                return Some((block, (bytes, rest)));
            }
            text.push_str(std::str::from_utf8(&bytes.next().await?).expect("text"));
        }
    })
}
