//! A request that its client cancels ends at once, also where the server never answers it.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::{self, Calling};
use crate::hub::Hub;
use crate::older::Older;
use crate::peer::TestServer;
use crate::scripted::Scripted;

/// Less than any limit of the hub's.
const AT_ONCE: Duration = Duration::from_secs(5);

async fn ended(calling: Calling) -> Vec<Value> {
    tokio::time::timeout(AT_ONCE, calling.answered()).await.expect("at once")
}

async fn cancel(client: &Client, id: &Value) {
    client.notify("notifications/cancelled", json!({ "requestId": id })).await;
}

#[tokio::test]
async fn a_cancelled_call_of_a_command_ends_its_id_is_free_and_a_late_answer_is_dropped() {
    let hub = fake_command::hub(|_| {}).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let call = client.calling(&json!("c"), "a-hold", &json!({ "text": "late" }));
    hub.until_some(async || {
        let said = client.said("a-seen", json!({ "method": "tools/call" })).await;
        said.contains("hold").then_some(())
    })
    .await;

    cancel(&client, &json!("c")).await;
    let messages = ended(call).await;
    let again = client.calling(&json!("c"), "a-who", &json!({}));
    let late = client.said("a-release", json!({})).await;

    assert!(messages.iter().all(|message| message["result"].is_null()), "{messages:?}");
    assert!(text(again.answered().await.last().expect("an answer")).parse::<u32>().is_ok());
    assert_eq!(late, "released");
    let seen = client.said("a-seen", json!({ "method": "notifications/cancelled" })).await;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&seen).expect("JSON").len(), 1);
}

#[tokio::test]
async fn a_cancelled_call_whose_answer_was_to_be_json_gets_an_error_that_says_so() {
    let server = Scripted::start(|method, _| {
        (method != "tools/call").then(|| json!({ "tools": crate::scripted::tools(&["x"]) }))
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let call = client.calling(&json!(5), "x", &json!({}));
    hub.until(|| server.count("tools/call") == 1).await;

    cancel(&client, &json!(5)).await;
    let messages = ended(call).await;

    assert_eq!(messages[0]["error"], json!({ "code": -32000, "message": "the request was cancelled" }));
    hub.until(|| server.count("notifications/cancelled") == 1).await;
}

#[tokio::test]
async fn the_stream_of_a_cancelled_call_over_http_closes_without_an_answer() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let call = client.calling(&json!(5), "hang", &json!({}));
    hub.until(|| !peer.seen("tools/call").is_empty()).await;

    cancel(&client, &json!(5)).await;
    let messages = ended(call).await;

    assert!(messages.iter().all(|message| message["result"].is_null()), "{messages:?}");
    hub.until(|| peer.seen("notifications/cancelled").len() == 1).await;
}

#[tokio::test]
async fn a_cancelled_call_over_the_older_transport_ends() {
    let older = Older::start().await;
    let hub = Hub::of(&[("a", &older.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "roots": {} }), "2025-11-25").await;
    let call = json!({ "name": "ask", "arguments": {} });
    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call })).await;
    let mut events = crate::peer::events(response);
    events.next().await.expect("a question that nobody answers");

    cancel(&client, &json!(5)).await;

    assert!(tokio::time::timeout(AT_ONCE, events.next()).await.expect("at once").is_none());
}

#[tokio::test]
async fn a_cancellation_of_an_unknown_request_is_ignored() {
    let hub = fake_command::hub(|_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    cancel(&client, &json!("nothing")).await;

    assert!(client.seen("notifications/cancelled").await.is_empty());
}
