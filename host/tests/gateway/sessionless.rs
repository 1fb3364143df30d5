//! A server of revision 2026-07-28 over HTTP: it has no sessions, and refuses requests that are not complete.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::any;
use base64::Engine;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::peer::{SeenRequest, event, serve};

pub(crate) const PREFIX: &str = "io.modelcontextprotocol/";

/// The result for a method and its parameters, or its `error`. `None` means that the answer is a stream for the test.
type Script = dyn Fn(&str, &Value) -> Option<Value> + Send + Sync;
/// What is wrong with the headers of a request.
type Check = dyn Fn(&HeaderMap, &Value) -> Option<String> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Sessionless {
    script: Arc<Script>,
    check: Arc<Check>,
    capabilities: Value,
    state: Arc<Mutex<SessionlessState>>,
    pub(crate) url: String,
}

#[derive(Default)]
struct SessionlessState {
    seen: Vec<SeenRequest>,
    streams: Vec<HeldStream>,
    /// What requests without a session get, once the server has become an older one.
    refusal: Option<(u16, Value)>,
    /// Whether errors of the protocol come on streams, with the status 200.
    refuses_on_streams: bool,
    /// Whether such an older server has learned this revision, too.
    speaks_both: bool,
}

/// A stream that the test writes to.
#[derive(Clone)]
pub(crate) struct HeldStream {
    pub(crate) request: Value,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
}

impl HeldStream {
    pub(crate) async fn say(&self, message: &Value) {
        self.sender.send(Ok(event(message))).await.expect("an open stream");
    }

    /// Answers the request, which ends nothing: some servers leave the stream open.
    pub(crate) async fn answer(&self, result: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "id": self.request["id"], "result": result })).await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl Sessionless {
    /// A server with this script. `None` for a list is answered as usual.
    pub(crate) async fn start(script: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        Self::checking(|_, _| None, script).await
    }

    /// The same for a server that also wants headers of its own.
    pub(crate) async fn checking(
        check: impl Fn(&HeaderMap, &Value) -> Option<String> + Send + Sync + 'static,
        script: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let changes = json!({ "listChanged": true });
        let resources = json!({ "listChanged": true, "subscribe": true });
        let capabilities = json!({ "tools": changes, "prompts": {}, "resources": resources, "logging": {} });
        let (script, check) = (Arc::new(script), Arc::new(check));
        let mut server = Self { script, check, capabilities, state: Arc::default(), url: String::new() };
        let router = Router::new().route("/mcp", any(handle)).with_state(server.clone());
        server.url = format!("{}/mcp", serve(router).await);
        server
    }

    /// From now on the server has sessions, and answers everything else with this status and error.
    pub(crate) fn becomes_older(&self, status: u16, error: Value) {
        self.change(|state| state.refusal = Some((status, error)));
    }

    /// From now on the server has sessions, and answers requests of this revision, too.
    pub(crate) fn speaks_both(&self) {
        self.change(|state| state.speaks_both = true);
    }

    /// From now on the server is of this revision again.
    pub(crate) fn becomes_newer(&self) {
        self.change(|state| state.refusal = None);
    }

    /// The requests of this method.
    pub(crate) fn seen(&self, method: &str) -> Vec<SeenRequest> {
        self.change(|state| state.seen.iter().filter(|seen| seen.body["method"] == method).cloned().collect())
    }

    /// The parameters of the requests of this method.
    pub(crate) fn params(&self, method: &str) -> Vec<Value> {
        self.seen(method).into_iter().map(|seen| seen.body["params"].clone()).collect()
    }

    /// The open streams of requests of this method.
    pub(crate) fn streams(&self, method: &str) -> Vec<HeldStream> {
        self.change(|state| {
            let of_method = state.streams.iter().filter(|stream| stream.request["method"] == method);
            of_method.filter(|stream| !stream.is_closed()).cloned().collect()
        })
    }

    /// Ends the open streams of requests of this method.
    pub(crate) fn end(&self, method: &str) {
        self.change(|state| state.streams.retain(|stream| stream.request["method"] != method));
    }

    /// Tells all who listen of a change.
    pub(crate) async fn tell(&self, method: &str, params: Value) {
        for stream in self.streams("subscriptions/listen") {
            let mut params = params.clone();
            params["_meta"] = json!({ format!("{PREFIX}subscriptionId"): stream.request["id"] });
            stream.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut SessionlessState) -> T) -> T {
        change(&mut self.state.lock().expect("state"))
    }

    fn hold(&self, request: &Value, first: Option<Value>) -> Response {
        let (sender, receiver) = mpsc::channel(16);
        if let Some(first) = first {
            sender.try_send(Ok(event(&first))).expect("room");
        }
        self.change(|state| state.streams.push(HeldStream { request: request.clone(), sender }));
        let body = Body::from_stream(ReceiverStream::new(receiver));
        Response::builder().header("content-type", "text/event-stream").body(body).expect("response")
    }

    /// From now on errors of the protocol come on streams.
    pub(crate) fn refuses_on_streams(&self) {
        self.change(|state| state.refuses_on_streams = true);
    }

    fn refused(&self, request: &Value, error: &Value) -> Response {
        if !self.change(|state| state.refuses_on_streams) {
            return answer(400, request, &json!({ "error": error }));
        }
        let message = json!({ "jsonrpc": "2.0", "id": request["id"], "error": error });
        let body = Body::from(event(&message));
        Response::builder().header("content-type", "text/event-stream").body(body).expect("response")
    }

    fn discovered(&self) -> Value {
        json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": self.capabilities,
            "instructions": "Be kind.", "ttlMs": 1000, "cacheScope": "public",
            "_meta": { format!("{PREFIX}serverInfo"): { "name": "sessionless", "version": "1", "x-extra": true } },
        })
    }
}

/// What an ordinary server says to requests that the script leaves to it.
fn usual(method: &str) -> Option<Value> {
    let list = match method {
        "tools/list" => "tools",
        "prompts/list" => "prompts",
        "resources/list" => "resources",
        "resources/templates/list" => "resourceTemplates",
        _ => return None,
    };
    Some(json!({ "resultType": "complete", list: [], "ttlMs": 0, "cacheScope": "private" }))
}

async fn handle(State(server): State<Sessionless>, method: Method, headers: HeaderMap, bytes: Bytes) -> Response {
    if method != Method::POST {
        return Response::builder().status(405).header("allow", "POST").body(Body::empty()).expect("response");
    }
    let body: Value = serde_json::from_slice(&bytes).expect("json");
    server.change(|state| state.seen.push(SeenRequest { headers: headers.clone(), body: body.clone() }));
    let is_newer = server.change(|state| state.speaks_both) && headers.contains_key("mcp-method");
    if let Some((status, error)) = server.change(|state| state.refusal.clone()).filter(|_| !is_newer) {
        let is_refused = body["method"] != "initialize" && !headers.contains_key("mcp-session-id");
        if is_refused && server.change(|state| state.refuses_on_streams) {
            return server.refused(&body, &error);
        }
        return older(&headers, &body, status, &error);
    }
    let params = &body["params"];
    if let Some(fault) = incomplete(&headers, &body).or_else(|| (server.check)(&headers, &body)) {
        return server.refused(&body, &json!({ "code": -32020, "message": fault }));
    }
    let result = match body["method"].as_str().expect("a method") {
        "initialize" => Some(json!({ "error": { "code": -32601, "message": "there are no sessions" } })),
        "server/discover" => Some(server.discovered()),
        "subscriptions/listen" => {
            let meta = json!({ format!("{PREFIX}subscriptionId"): body["id"] });
            let honoured = json!({ "notifications": params["notifications"], "_meta": meta });
            let method = "notifications/subscriptions/acknowledged";
            let first = json!({ "jsonrpc": "2.0", "method": method, "params": honoured });
            return server.hold(&body, Some(first));
        }
        method => (server.script)(method, params).or_else(|| usual(method)),
    };
    let Some(result) = result else { return server.hold(&body, None) };
    let status = match result["error"]["code"].as_i64() {
        Some(-32601) => 404,
        Some(-32022..=-32020) => 400,
        Some(_) | None => 200,
    };
    answer(status, &body, &result)
}

fn answer(status: u16, request: &Value, result: &Value) -> Response {
    let answer = match result.get("error") {
        Some(error) => json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }),
        None => json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(answer.to_string())).expect("response")
}

/// What a server with sessions answers.
fn older(headers: &HeaderMap, body: &Value, status: u16, error: &Value) -> Response {
    if body["method"] == "initialize" {
        let capabilities = json!({ "tools": {} });
        let info = json!({ "name": "older", "version": "1" });
        let revision = &body["params"]["protocolVersion"];
        let greeting = json!({ "protocolVersion": revision, "capabilities": capabilities, "serverInfo": info });
        let mut response = answer(200, body, &greeting);
        response.headers_mut().insert("mcp-session-id", "one".parse().expect("value"));
        return response;
    }
    if !headers.contains_key("mcp-session-id") {
        return answer(status, body, &json!({ "error": error }));
    }
    if body.get("id").is_none() {
        return Response::builder().status(202).body(Body::empty()).expect("response");
    }
    answer(200, body, &json!({ "content": [{ "type": "text", "text": "in a session" }] }))
}

/// What is missing or contradicts itself in a request.
fn incomplete(headers: &HeaderMap, body: &Value) -> Option<String> {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("visible characters").to_owned());
    let (params, meta) = (&body["params"], &body["params"]["_meta"]);
    let name = match body["method"].as_str()? {
        "tools/call" | "prompts/get" => params["name"].as_str().map(str::to_owned),
        "resources/read" => params["uri"].as_str().map(str::to_owned),
        _ => None,
    };
    let revision = meta[format!("{PREFIX}protocolVersion")].as_str().map(str::to_owned);
    let checks = [
        ("the id", body["id"].is_i64() || body["id"].is_string()),
        ("the revision", revision.as_deref() == Some("2026-07-28") && header("mcp-protocol-version") == revision),
        ("the capabilities", meta[format!("{PREFIX}clientCapabilities")].is_object()),
        ("the method", header("mcp-method").as_deref() == body["method"].as_str()),
        ("the name", header("mcp-name").map(|name| decoded(&name)) == name),
        ("accept", header("accept").is_some_and(|accept| accept == "application/json, text/event-stream")),
        ("sessions", header("mcp-session-id").is_none() && header("last-event-id").is_none()),
    ];
    checks.into_iter().find(|(_, is_right)| !is_right).map(|(what, _)| format!("{what} is wrong in {body}"))
}

fn decoded(value: &str) -> String {
    let encoded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let decode = |text| base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    encoded.map_or_else(|| value.to_owned(), |text| String::from_utf8(decode(text)).expect("text"))
}
