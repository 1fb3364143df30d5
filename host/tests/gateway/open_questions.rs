//! While a server waits for its client's answer to a question, the hub does not wait for the server.

use std::time::Duration;

use futures::StreamExt;
use mcphub::settings::Server;
use serde_json::json;

use crate::client::{Client, text};
use crate::fake_command;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, events};

const LATE: &str = "a did not answer within 0.3 seconds";

fn hurried(server: &mut Server) {
    server.timeout = Some(Duration::from_millis(300));
}

#[tokio::test]
async fn a_call_that_waits_for_its_retry_is_not_late_while_another_one_is() {
    let peer = TestServer::start().await;
    let hub = Hub::with(&[("a", &peer.url)], hurried).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "sampling": {} }));
    let mut call = json!({ "name": "ask", "arguments": {} });

    let (_, asked) = client.request("tools/call", call.clone()).await;
    let (_, late) = client.request("tools/call", json!({ "name": "stream", "arguments": {} })).await;
    let key = asked["result"]["inputRequests"].as_object().expect("questions").keys().next().expect("one").clone();
    call["inputResponses"] = json!({ key: { "role": "assistant" } });
    call["requestState"] = asked["result"]["requestState"].clone();
    let (_, answer) = client.request("tools/call", call).await;

    assert!(late.to_string().contains(LATE), "{late}");
    assert!(text(&answer).contains("assistant"), "{answer}");
}

#[tokio::test]
async fn the_call_of_a_client_with_a_session_waits_for_a_person_too_also_at_a_command() {
    let hub = fake_command::hub(hurried).await;
    let able = json!({ "elicitation": {} });
    let client = Client::connect_as(&hub.url("/mcp/a"), able, "2025-11-25").await;
    let params = json!({ "message": "who?", "requestedSchema": { "type": "object", "properties": {} } });
    let call = json!({ "name": "ask", "arguments": { "method": "elicitation/create", "params": params } });

    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call })).await;
    let mut messages = events(response);
    let question = messages.next().await.expect("a question");
    let late = client.call("hold", json!({})).await;
    client.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } })).await;
    let answer = messages.next().await.expect("an answer");

    assert_eq!(text(&late), LATE);
    assert_eq!(text(&answer), r#"{"action": "accept"}"#);
}

#[tokio::test]
async fn the_longest_wait_of_the_settings_bounds_questions_too() {
    let peer = TestServer::start().await;
    let hub = Hub::with(&[("a", &peer.url)], |server| {
        hurried(server);
        server.max_total_timeout = Some(Duration::from_millis(600));
    })
    .await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "ask" } });
    let messages: Vec<_> = events(client.post(&call).await).collect().await;
    let last = messages.last().expect("an answer");

    assert_eq!(text(last), "a did not answer within 0.6 seconds");
}
