//! Clients that do not read what they asked for. Others go on, what waits is bounded, and the stream is resumed or ended.

use std::time::Duration;

use futures::StreamExt;
use mcphub::gateway::GatewayLimits;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::flood::{Flood, MESSAGE};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, events};

/// More than all buffers between the server and a client that reads nothing, those of the system included.
const ENDLESS: usize = 64 * 1024 * 1024 / MESSAGE;

/// The parameters of a call that wants to hear of its progress.
fn flood(tool: &str) -> Value {
    json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": "p" } })
}

fn call(tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": flood(tool) })
}

/// Waits until nothing more is taken from the server, although others call it.
async fn until_it_stands_still(hub: &Hub, flood: &Flood, other: &Client) {
    let mut before = 0;
    hub.until_some(async || {
        for _ in 0..20 {
            assert_eq!(text(&other.call("echo", json!({})).await), "did", "others go on");
        }
        let stands = flood.sent() > 0 && flood.sent() == before;
        before = flood.sent();
        stands.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_its_client_does_not_read_is_read_no_further_and_comes_whole_later() {
    for (path, tool) in [("/mcp/a", "flood"), ("/mcp", "a-flood")] {
        let flooding = Flood::of(ENDLESS).await;
        let hub = Hub::of(&[("a", &flooding.odd.url)]).await;
        let (slow, other) = (Client::connect(&hub.url(path)).await, Client::connect(&hub.url("/mcp/a")).await);

        let unread = slow.post(&call(tool)).await;
        until_it_stands_still(&hub, &flooding, &other).await;

        assert!(flooding.sent() < ENDLESS / 2, "{} of {ENDLESS} messages were taken", flooding.sent());
        let messages: Vec<Value> = events(unread).collect().await;
        let steps: Vec<usize> = messages
            .iter()
            .filter_map(|message| message["params"]["progress"].as_u64())
            .map(|step| usize::try_from(step).expect("small"))
            .collect();
        assert_eq!(steps, (0..ENDLESS).collect::<Vec<_>>(), "every message, in order");
        assert_eq!(text(messages.last().expect("an answer")), "did");
    }
}

#[tokio::test]
async fn a_stream_that_is_never_read_ends_with_its_connection() {
    let flooding = Flood::of(ENDLESS * 1000).await;
    let limits = GatewayLimits { away: Duration::from_millis(200), ..Hub::limits() };
    let hub = Hub::limited(limits, &[("a", &flooding.odd.url)], |_| {}).await;
    let (slow, other) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp/a")).await);
    let unread = slow.post(&call("flood")).await;
    until_it_stands_still(&hub, &flooding, &other).await;

    drop(unread);

    hub.until(|| flooding.open() == 0 && flooding.odd.count("notifications/cancelled") == 1).await;
    assert_eq!(text(&slow.call("echo", json!({})).await), "did");
}

#[tokio::test]
async fn a_client_without_a_session_that_reads_nothing_holds_up_nobody_and_ends_its_call_by_leaving() {
    let flooding = Flood::of(ENDLESS * 1000).await;
    let hub = Hub::of(&[("a", &flooding.odd.url)]).await;
    let (slow, other) = (ModernClient::new(&hub.url("/mcp/a"), json!({})), Client::connect(&hub.url("/mcp/a")).await);
    let unread = slow.send(json!(7), "tools/call", flood("flood")).await;
    until_it_stands_still(&hub, &flooding, &other).await;
    assert!(flooding.sent() < ENDLESS / 2, "{} messages were taken", flooding.sent());

    let beside = slow.request("tools/call", json!({ "name": "echo", "arguments": {} })).await.1;
    drop(unread);

    assert_eq!(text(&beside), "did");
    hub.until(|| flooding.open() == 0).await;
}

#[tokio::test]
async fn of_notifications_that_nobody_reads_the_newest_are_kept_and_others_go_on() {
    let peer = TestServer::start().await;
    let limits = GatewayLimits { queued: 16, ..Hub::limits() };
    let hub = Hub::limited(limits, &[("a", &peer.url)], |_| {}).await;
    let (slow, other) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp/a")).await);
    let mut read = other.listen().await;
    let unread = slow.listen_raw(None).await;
    hub.until(|| peer.change(|state| state.listeners.len()) == 2).await;

    for step in 0..1000 {
        let params = json!({ "level": "error", "data": step, "pad": "x".repeat(MESSAGE) });
        peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params })).await;
        let message = read.next().await.expect("others hear it");
        assert_eq!(message["params"]["data"], step);
    }

    let mut unread = events(unread);
    let mut steps = Vec::new();
    while steps.last() != Some(&999) {
        let message = unread.next().await.expect("a message");
        steps.push(message["params"]["data"].as_u64().expect("a step"));
    }
    assert!(steps.is_sorted() && steps.len() < 1000, "the newest, in order: {} of 1000", steps.len());
}
