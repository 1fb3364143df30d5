//! The hub is killed and started again while clients hold sessions: each goes on, or is told in one sentence to begin anew.

use mcphub_tests::{Client, Home, Hub, Processes, command, http};
use serde_json::{Value, json};

/// A POST as a client of this session or, without one, of revision 2026-07-28: the status and the text of the answer.
async fn posted(url: &str, session: Option<&str>, message: &Value) -> (u16, String) {
    let request = http().post(url).header("content-type", "application/json");
    let request = request.header("accept", "application/json, text/event-stream");
    let request = match session {
        Some(session) => request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25"),
        None => {
            let named = request.header("mcp-protocol-version", "2026-07-28");
            let name = message["params"]["name"].as_str().unwrap_or_default();
            named.header("mcp-method", message["method"].as_str().unwrap_or_default()).header("mcp-name", name)
        }
    };
    let answer = request.body(message.to_string()).send().await.expect("the hub answers");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

fn call(meta: &Value) -> Value {
    let params = json!({"name": "count", "arguments": {}, "_meta": meta});
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
}

/// A hub with one command, and the file in which its processes enter themselves.
fn start() -> (Hub, Processes) {
    let home = Home::empty();
    let processes = Processes(home.path().join("processes"));
    let entry = command(&processes.enter(), "");
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");
    (Hub::start_in(home, 0, &[]), processes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_session_goes_on_or_is_told_to_begin_again_and_then_does() {
    let (hub, processes) = start();
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    assert!(!client.call("count", json!({})).await.1);

    let hub = hub.restart();
    hub.until("notes", "connected").await;
    let (status, told) = posted(&hub.mcp("notes"), Some(client.session()), &call(&json!({}))).await;

    let goes_on = status == 200 && told.contains("\"content\"") && !told.contains("isError");
    let is_told = status == 404 && told.contains("send initialize again") && told.contains("\"id\":7");
    assert!(goes_on || is_told, "{status} {told}");
    assert!(!Client::connect(&hub.mcp("notes")).await.call("count", json!({})).await.1);
    processes.until_alive(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_session_goes_on() {
    let (hub, processes) = start();
    hub.until("notes", "connected").await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    assert_eq!(posted(&hub.mcp("notes"), None, &call(&meta)).await.0, 200);

    let hub = hub.restart();
    let (status, answer) = posted(&hub.mcp("notes"), None, &call(&meta)).await;

    assert!(status == 200 && answer.contains("\"resultType\":\"complete\"") && !answer.contains("isError"), "{answer}");
    let mut retry = call(&meta);
    retry["params"]["requestState"] = json!("mcphub.of-the-hub-before");
    retry["params"]["inputResponses"] = json!({"a": {}});
    let (_, told) = posted(&hub.mcp("notes"), None, &retry).await;
    let error: Value = serde_json::from_str(&told).expect("JSON");
    assert!(error["error"]["code"] == -32602 && told.contains("again"), "{told}");
    processes.until_alive(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_kill_cut_is_not_awaited_for_ever() {
    let (hub, _processes) = start();
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    let get = async |hub: &Hub| {
        let request = http().get(hub.mcp("notes")).header("accept", "text/event-stream");
        let request = request.header("mcp-session-id", client.session()).header("mcp-protocol-version", "2025-11-25");
        request.send().await.expect("the hub answers")
    };
    let mut stream = get(&hub).await;
    assert!(stream.chunk().await.expect("a sign of life").is_some());

    let hub = hub.restart();
    let cut = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });

    cut.await.expect("the stream ends with the hub");
    let mut again = get(&hub).await;
    let status = again.status().as_u16();
    let told = again.chunk().await.expect("an answer").unwrap_or_default();
    let told = String::from_utf8_lossy(&told).into_owned();
    let is_told = status == 404 && told.contains("send initialize again");
    assert!(is_told || (status == 200 && !told.is_empty()), "{status} {told}");
}
