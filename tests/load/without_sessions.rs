//! Clients of the revision without sessions: each request stands alone. They answer what is asked for or do not, and
//! leave calls and subscriptions in the middle.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::wire::{Messages, PATIENCE, Wire, check, reply};
use crate::world::{Endpoint, Server};

/// How often a call is repeated until its server is there again.
const PACE: Duration = Duration::from_millis(200);
const PREFIX: &str = "io.modelcontextprotocol/";

async fn send(wire: &Wire, path: &str, method: &str, mut params: Value) -> Response {
    params["_meta"] = json!({
        format!("{PREFIX}protocolVersion"): "2026-07-28",
        format!("{PREFIX}clientCapabilities"): {"sampling": {}},
        format!("{PREFIX}clientInfo"): {"name": "load", "version": "2"},
        "progressToken": "p",
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let request = wire.request(Method::POST, path).header("mcp-protocol-version", "2026-07-28");
    wire.send(request.header("mcp-method", method).header("mcp-name", name).body(body.to_string())).await
}

/// The last message that answers a request.
async fn answer(wire: &Wire, path: &str, method: &str, params: Value) -> Value {
    let mut messages = Messages::of(send(wire, path, method, params).await);
    let mut last = Value::Null;
    while let Some(message) = messages.next().await {
        last = message;
    }
    last
}

/// What a call asks for: the retry that answers it.
pub(crate) async fn asked(wire: &Wire, path: &str, tool: &str, said: &str) -> Value {
    let params = json!({"name": tool, "arguments": {"text": said}});
    let asked = answer(wire, path, "tools/call", params.clone()).await;
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    let questions = asked["result"]["inputRequests"].as_object().expect("questions");
    let replies: serde_json::Map<String, Value> =
        questions.iter().map(|(key, question)| (key.clone(), reply(question))).collect();
    let mut retry = params;
    retry["inputResponses"] = replies.into();
    retry["requestState"] = asked["result"]["requestState"].clone();
    retry
}

/// Sends a retry, and returns what comes back for it.
pub(crate) async fn retried(wire: &Wire, path: &str, retry: Value) {
    let said = retry["arguments"]["text"].as_str().expect("text").to_owned();
    check(&answer(wire, path, "tools/call", retry).await, &said, false);
}

/// One round of requests.
pub(crate) async fn live(wire: &Wire, endpoint: &Endpoint, round: usize) {
    let path = endpoint.path;
    let found = answer(wire, path, "server/discover", json!({})).await;
    assert!(found["result"]["supportedVersions"].is_array(), "{found}");
    let listed = answer(wire, path, "tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    for (index, server) in endpoint.servers.iter().enumerate() {
        let (tool, may_be_down) = (|tool: &str| endpoint.tool(*server, tool), server.may_be_down());
        let said = format!("{round}-{index}");
        for name in ["echo", "progress"] {
            let params = json!({"name": tool(name), "arguments": {"text": said}});
            check(&answer(wire, path, "tools/call", params).await, &said, may_be_down);
        }
        if *server != Server::Command {
            let retry = asked(wire, path, &tool("ask"), &said).await;
            // Where a server keeps no state for its question, nobody minds that the answer never comes.
            if *server == Server::Old || round.is_multiple_of(2) {
                retried(wire, path, retry).await;
            }
        }
        if round % 4 == index {
            leave(wire, path, json!({"name": tool("hang"), "arguments": {}})).await;
        }
    }
    if round.is_multiple_of(3) {
        let params = json!({"notifications": {"toolsListChanged": true}});
        let mut stream = Messages::of(send(wire, path, "subscriptions/listen", params).await);
        let acknowledged = stream.next().await.expect("acknowledged");
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    }
}

/// Leaves a call that would never be answered, before or after it has reached the server.
async fn leave(wire: &Wire, path: &str, params: Value) {
    let moment = Duration::from_millis(50);
    let _: Result<Response, _> = tokio::time::timeout(moment, send(wire, path, "tools/call", params)).await;
}

/// Makes the command die.
pub(crate) async fn crash(wire: &Wire) {
    let told = answer(wire, "/mcp/cmd", "tools/call", json!({"name": "die", "arguments": {}})).await;
    assert_eq!(told["result"]["isError"], true, "{told}");
}

/// Calls the command until it answers.
pub(crate) async fn revive(wire: &Wire) {
    let mut pace = tokio::time::interval(PACE);
    let end = Instant::now() + PATIENCE;
    let params = json!({"name": "echo", "arguments": {"text": "there"}});
    loop {
        let told = answer(wire, "/mcp/cmd", "tools/call", params.clone()).await;
        if told["result"]["isError"] != true {
            return check(&told, "there", false);
        }
        assert!(pace.tick().await < end, "the command is not started again: {told}");
    }
}
