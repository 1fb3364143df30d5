//! One id for two requests at once: of one client it is refused, of two it is no matter. And batches with something wrong
//! in them.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, events};
use crate::raw::{RawServer, closing};

fn call(id: &Value, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": {} } })
}

async fn answer(client: &Client, message: &Value) -> Value {
    let response = client.post(message).await;
    if response.headers()["content-type"] == "text/event-stream" {
        return events(response).collect::<Vec<_>>().await.pop().expect("an answer");
    }
    serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON")
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused_and_the_first_request_goes_on() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    for (first, second) in [(json!(7), json!(7)), (json!("seven"), json!("seven")), (json!(7), json!(7.0))] {
        let client = Client::connect(&hub.url("/mcp/a")).await;
        let waiting = client.post(&call(&first, "stream")).await;
        hub.until(|| !peer.change(|state| state.answers.is_empty())).await;

        let refused = answer(&client, &call(&second, "echo")).await;

        assert_eq!((&refused["id"], &refused["error"]["code"]), (&second, &json!(-32600)), "{refused}");
        assert_eq!(refused["error"]["message"], "a request with this id is in flight already; use another id");
        for go_on in peer.change(|state| std::mem::take(&mut state.answers)) {
            go_on.send(json!({})).await.expect("it waits");
        }
        let first_answer = events(waiting).collect::<Vec<_>>().await.pop().expect("an answer");
        assert_eq!((&first_answer["id"], text(&first_answer)), (&first, "{}"));
        assert_eq!(text(&answer(&client, &call(&second, "echo")).await), "{}", "the id is free again");
    }
    assert_eq!(peer.seen("tools/call").len(), 6, "the refused one reached no server");
}

#[tokio::test]
async fn an_id_that_is_too_long_is_refused_under_itself() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let id = json!("x".repeat(6000));

    let response = client.post(&call(&id, "echo")).await;

    assert_eq!(response.status(), 400);
    let refused: Value = serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON");
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&id, &json!(-32600)));
    assert!(peer.seen("tools/call").is_empty());
}

#[tokio::test]
async fn two_clients_may_use_one_id_at_the_same_time() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let (first, second) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp/a")).await);
    let newer = ModernClient::new(&hub.url("/mcp/a"), json!({}));
    let waiting = first.post(&call(&json!(7), "stream")).await;
    hub.until(|| !peer.change(|state| state.answers.is_empty())).await;

    let other = answer(&second, &call(&json!(7), "echo")).await;
    let without_session = newer.send(json!(7), "tools/call", json!({ "name": "echo", "arguments": {} })).await;
    let without_session: Value = serde_json::from_slice(&without_session.bytes().await.expect("a body")).expect("JSON");
    for go_on in peer.change(|state| std::mem::take(&mut state.answers)) {
        go_on.send(json!({})).await.expect("it waits");
    }
    let first = events(waiting).collect::<Vec<_>>().await.pop().expect("an answer");

    for answer in [&first, &other, &without_session] {
        assert_eq!((&answer["id"], text(answer)), (&json!(7), "{}"));
    }
    let ids: std::collections::BTreeSet<String> =
        peer.seen("tools/call").iter().map(|seen| seen.body["id"].to_string()).collect();
    assert!(ids.len() >= 2, "the ids that a server sees of one session differ: {ids:?}");
}

#[tokio::test]
async fn an_id_that_stands_twice_in_a_batch_is_answered_twice_and_one_answer_says_so() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-03-26").await;

    let batch = json!([call(&json!(1), "pause"), call(&json!(1), "echo"), call(&json!(2), "echo")]);
    let answers: Vec<Value> = events(client.post(&batch).await).collect().await;

    let refused = answers.iter().filter(|answer| answer["error"]["code"] == -32600).count();
    let done = answers.iter().filter(|answer| answer["result"]["content"][0]["text"] == "{}").count();
    assert_eq!((answers.len(), refused, done), (3, 1, 2), "{answers:?}");
}

#[tokio::test]
async fn in_a_batch_a_call_that_breaks_off_does_not_cost_the_others() {
    let broken =
        RawServer::start(|body| (body["params"]["name"] == "breaks").then(|| closing("HTTP/1.1 200 OK\r\n"))).await;
    let hub = Hub::of(&[("a", &broken.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-03-26").await;

    let batch = json!([call(&json!(1), "echo"), call(&json!(2), "breaks"), call(&json!(3), "echo")]);
    let mut answers: Vec<Value> = events(client.post(&batch).await).collect().await;

    answers.sort_by_key(|answer| answer["id"].as_u64());
    let said: Vec<&str> = answers.iter().map(text).collect();
    assert!(said.len() == 3 && said[0] == "did" && said[2] == "did", "{answers:?}");
    assert!(said[1].starts_with("a cannot be reached") && answers[1]["result"]["isError"] == true, "{answers:?}");
}

#[tokio::test]
async fn a_batch_before_the_session_or_without_one_is_refused_in_a_sentence_and_nothing_of_it_is_done() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let stranger = Client::new(&hub.url("/mcp/a"));
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": "2025-03-26", "capabilities": {} } });

    for batch in [json!([call(&json!(1), "echo")]), json!([hello, call(&json!(1), "echo")]), json!([])] {
        let request = stranger.http.post(&stranger.url).header("content-type", "application/json");
        for revision in ["2025-03-26", "2026-07-28"] {
            let request = request.try_clone().expect("a request").header("mcp-protocol-version", revision);
            let refused = request.body(batch.to_string()).send().await.expect("sent");
            let (status, told) = (refused.status(), refused.text().await.expect("text"));
            assert!(status == 400 && told.contains("send each one by itself"), "{revision}: {status} {told}");
        }
    }
    assert!(peer.seen("tools/call").is_empty() && peer.seen("initialize").is_empty());
}
