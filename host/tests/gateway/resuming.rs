//! Streams over several connections: what broke is resumed, what nobody reads ends.

use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::{TestServer, blocks};

/// An event as it was written.
#[derive(Debug)]
struct Event {
    id: Option<String>,
    retry: Option<String>,
    data: Option<String>,
}

impl Event {
    fn message(&self) -> Value {
        serde_json::from_str(self.data.as_deref().expect("data")).expect("JSON")
    }
}

/// The events of a response without signs of life.
fn events(response: reqwest::Response) -> impl Stream<Item = Event> + Unpin {
    assert_eq!(response.status(), 200);
    let of = |block: String| {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::to_owned));
            line.map(|value| value.trim_start().to_owned())
        };
        (block != ":").then(|| Event { id: field("id"), retry: field("retry"), data: field("data") })
    };
    blocks(response).filter_map(move |block| std::future::ready(of(block))).boxed()
}

fn call(tool: &str, id: u64) -> Value {
    let params = json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": "p" } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// Lets the server's `stream` go on to its answer.
async fn go_on(hub: &Hub, client: &Client, peer: &TestServer) {
    hub.until(|| !peer.change(|state| state.answers.is_empty())).await;
    drop(client.post(&json!({ "jsonrpc": "2.0", "id": "mcphub-0", "result": {} })).await);
    let answers = peer.change(|state| state.answers.clone());
    for answer in answers {
        drop(answer.send(json!({})).await);
    }
}

#[tokio::test]
async fn a_stream_begins_with_an_event_to_resume_behind_only_where_clients_understand_it() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let newest = Client::connect(&hub.url("/mcp/a")).await;
    let older = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-06-18").await;

    let mut primed = events(newest.post(&call("stream", 7)).await);
    let mut plain = events(older.post(&call("stream", 7)).await);

    let first = primed.next().await.expect("first");
    assert!(first.id.is_some() && first.data.as_deref() == Some("") && first.retry.is_some(), "{first:?}");
    let (second, only) = (primed.next().await.expect("second"), plain.next().await.expect("only"));
    for event in [second, only] {
        assert!(event.id.is_some(), "{event:?}");
        assert_eq!(event.message()["method"], "notifications/progress");
    }
}

#[tokio::test]
async fn an_answer_whose_connection_broke_is_read_over_another_one() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut standalone = events(client.listen_raw(None).await);
    assert!(standalone.next().await.expect("primed").id.is_some());
    let mut broken = events(client.post(&call("stream", 7)).await);
    let first = broken.next().await.expect("first").id.expect("id");
    let progress = broken.next().await.expect("progress");
    drop(broken);

    go_on(&hub, &client, &peer).await;
    let all: Vec<Event> = events(client.listen_raw(Some(&first)).await).collect().await;
    let rest: Vec<Event> = events(client.listen_raw(progress.id.as_deref()).await).collect().await;

    assert_eq!(all.len(), 2, "what was missed, and the answer; then the stream ends");
    assert_eq!(all[0].id, progress.id);
    assert_eq!((all[1].message()["id"].clone(), rest.len()), (json!(7), 1));
    assert_eq!(rest[0].id, all[1].id);
    peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" })).await;
    let next = standalone.next().await.expect("the other stream is open");
    assert_eq!(next.message()["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_call_that_its_client_left_for_too_long_is_cancelled() {
    let peer = TestServer::start().await;
    let hub = Hub::leaving_after(&[("a", &peer.url)], Duration::from_millis(200)).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut left = events(client.post(&call("stream", 7)).await);
    let first = left.next().await.expect("first").id.expect("id");
    left.next().await.expect("progress");

    drop(left);

    hub.until(|| !peer.seen("notifications/cancelled").is_empty()).await;
    let called = peer.seen("tools/call")[0].body["id"].clone();
    assert_eq!(peer.seen("notifications/cancelled")[0].body["params"]["requestId"], called);
    let told: Vec<Event> = events(client.listen_raw(Some(&first)).await).collect().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].message()["id"], 7);
    assert!(told[0].message()["error"]["message"].as_str().expect("text").contains("send the request again"));
    assert_eq!(text(&client.call("echo", json!({ "x": 1 })).await), r#"{"x":1}"#);
}

#[tokio::test]
async fn messages_of_the_stream_that_answers_nothing_are_sent_again_to_whoever_missed_them() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut before = events(client.listen_raw(None).await);
    let first = before.next().await.expect("primed").id.expect("id");
    hub.until(|| !peer.change(|state| state.listeners.is_empty())).await;
    for kind in ["tools", "prompts"] {
        peer.say(json!({ "jsonrpc": "2.0", "method": format!("notifications/{kind}/list_changed") })).await;
        before.next().await.expect("message");
    }
    drop(before);

    let mut again = events(client.listen_raw(Some(&first)).await);
    let mut only_last = Vec::new();
    for _ in 0..2 {
        only_last.push(again.next().await.expect("again"));
    }
    peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/resources/list_changed" })).await;
    only_last.push(again.next().await.expect("new"));

    let methods: Vec<Value> = only_last.iter().map(|event| event.message()["method"].clone()).collect();
    let expected = ["tools", "prompts", "resources"].map(|kind| json!(format!("notifications/{kind}/list_changed")));
    assert_eq!(methods, expected);
    // Of the same session, before the hub was restarted: the mark of a life ends in other characters.
    let before = format!("{}before.0.17", &first[..12]);
    let of_another_life = events(client.listen_raw(Some(&before)).await).next().await.expect("primed");
    assert_eq!(of_another_life.data.as_deref(), Some(""), "it goes on from now");
}

#[tokio::test]
async fn an_event_that_the_hub_never_sent_is_refused() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    for event in ["17", "x.3.1"] {
        let refused = client.listen_raw(Some(event)).await;
        assert_eq!(refused.status(), 400, "{event}");
        assert!(refused.text().await.expect("text").contains("Last-Event-ID"), "{event}");
    }
}

#[tokio::test]
async fn an_ended_session_ends_its_streams() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut stream = events(client.post(&call("hang", 7)).await);
    stream.next().await.expect("primed");

    assert_eq!(client.delete().await, 204);

    assert!(stream.collect::<Vec<_>>().await.len() <= 1);
}

#[tokio::test]
async fn an_event_of_another_session_is_refused() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let (client, other) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp/a")).await);
    let answer = events(client.post(&call("stream", 7)).await).next().await.expect("first").id.expect("id");
    let standalone = events(client.listen_raw(None).await).next().await.expect("first").id.expect("id");

    for event in [answer, standalone] {
        let refused = other.listen_raw(Some(&event)).await;
        assert_eq!(refused.status(), 400, "{event}");
        assert!(refused.text().await.expect("text").contains("leave the header out"), "{event}");
    }
}
