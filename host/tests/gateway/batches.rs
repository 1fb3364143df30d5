//! Several messages in one POST, in a session of the one revision that has them.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::peer::{TestServer, events};

fn batch() -> Value {
    json!([
        { "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "echo", "arguments": { "n": 1 } } },
        { "jsonrpc": "2.0", "method": "notifications/roots/list_changed" },
        { "jsonrpc": "2.0", "id": "two", "method": "ping" },
        { "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": { "name": "pause", "arguments": { "n": 3 } } },
    ])
}

#[tokio::test]
async fn each_request_of_a_batch_is_answered_on_one_stream() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-03-26").await;

    let answered = client.post(&batch()).await;

    assert_eq!(answered.headers()["content-type"], "text/event-stream");
    let mut ids: Vec<String> = events(answered).map(|answer| answer["id"].to_string()).collect().await;
    ids.sort();
    assert_eq!(ids, ["\"two\"", "1", "3"]);
    assert_eq!(peer.seen("notifications/roots/list_changed").len(), 1);
}

#[tokio::test]
async fn a_batch_without_requests_is_accepted() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp"), json!({}), "2025-03-26").await;

    let answered = client.post(&json!([{ "jsonrpc": "2.0", "method": "notifications/initialized" }])).await;

    assert_eq!(answered.status(), 202);
}

#[tokio::test]
async fn a_batch_in_a_session_of_another_revision_is_refused() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let client = Client::connect_as(&hub.url("/mcp"), json!({}), revision).await;

        let refused = client.post(&batch()).await;

        assert_eq!(refused.status(), 400, "{revision}");
        assert!(refused.text().await.expect("text").contains("send each one by itself"), "{revision}");
    }
}
