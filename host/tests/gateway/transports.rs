//! The transports, and what goes wrong on them.

use axum::http::StatusCode;
use futures::StreamExt;
use serde_json::json;

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::older::Older;
use crate::peer::{TestServer, events};
use mcphub::settings::{Transport, TransportHint};

fn said(hint: TransportHint) -> impl Fn(&mut mcphub::settings::Server) {
    move |server| {
        if let Transport::Http { hint: said, .. } = &mut server.transport {
            *said = hint;
        }
    }
}

#[tokio::test]
async fn a_server_of_the_older_transport_works_whatever_the_settings_call_it() {
    for hint in [TransportHint::Unsaid, TransportHint::StreamableHttp, TransportHint::Sse] {
        let older = Older::start().await;
        let hub = Hub::with(&[("a", &older.url)], said(hint)).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        assert_eq!(client.greeting["protocolVersion"], "2024-11-05");
        assert_eq!(client.tools().await, ["old"]);
        assert_eq!(text(&client.call("old", json!({})).await), "from the old one");
    }
}

#[tokio::test]
async fn a_server_of_the_newer_transport_works_whatever_the_settings_call_it() {
    for hint in [TransportHint::Unsaid, TransportHint::StreamableHttp, TransportHint::Sse] {
        let peer = TestServer::start().await;
        let hub = Hub::with(&[("a", &peer.url)], said(hint)).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        assert_eq!(text(&client.call("echo", json!({})).await), "{}");
    }
}

#[tokio::test]
async fn a_request_of_an_older_server_comes_on_the_stream_of_the_call() {
    let older = Older::start().await;
    let hub = Hub::of(&[("a", &older.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let params = json!({ "name": "ask", "arguments": {} });

    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let mut events = events(response);
    let question = events.next().await.expect("question");
    client.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "roots": [] } })).await;
    let answer = events.next().await.expect("answer");

    assert_eq!(question["method"], "roots/list");
    assert_eq!(text(&answer), r#"{"roots":[]}"#);
    assert!(older.seen.lock().expect("seen").iter().any(|body| body["id"] == "q" && body["result"].is_object()));
}

#[tokio::test]
async fn an_older_stream_that_ended_is_opened_again() {
    let older = Older::start().await;
    let hub = Hub::of(&[("a", &older.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.tools().await;

    older.hang_up();

    hub.until_some(async || {
        (client.request("tools/list", json!({})).await["result"]["tools"][0]["name"] == "old").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_older_session_that_is_refused_at_its_message_address_is_opened_again() {
    let older = Older::start().await;
    let hub = Hub::of(&[("a", &older.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.call("old", json!({})).await;

    older.is_lost.store(true, std::sync::atomic::Ordering::Relaxed);
    let answer = client.call("old", json!({})).await;

    assert_eq!(text(&answer), "from the old one");
}

#[tokio::test]
async fn an_endpoint_on_another_origin_is_refused() {
    let other = TestServer::start().await;
    let older = Older::start_at(&other.url).await;
    let hub = Hub::of(&[("a", &older.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("old", json!({})).await;

    assert_eq!(answer["result"]["isError"], true);
    assert!(text(&answer).contains("which is not the origin of its url"), "{answer}");
    assert!(other.change(|state| state.seen.is_empty()));
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_opened_again_and_the_call_goes_through() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    peer.change(|state| state.sessions.clear());
    let answer = client.call("echo", json!({ "x": 1 })).await;

    assert_eq!(text(&answer), r#"{"x":1}"#);
    assert_eq!(peer.change(|state| state.opened), 2);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_in_a_sentence() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let from_server = client.call("huge", json!({})).await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "pad": "x".repeat(70_000) } });
    let from_client = client.post(&body).await;

    assert!(text(&from_server).contains("more than 65536 bytes"), "{from_server}");
    assert_eq!(from_client.status(), 413);
}

#[tokio::test]
async fn a_stream_that_breaks_before_the_answer_is_reported() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("break", json!({})).await;

    assert_eq!(answer["result"]["isError"], true);
    assert!(text(&answer).contains("closed the connection"), "{answer}");
}

#[tokio::test]
async fn a_stream_that_the_server_closed_is_resumed_where_it_ended() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("pause", json!({ "x": 1 })).await;

    let resumed =
        peer.change(|state| state.seen.iter().find(|seen| seen.headers.contains_key("last-event-id")).cloned());
    assert_eq!(text(&answer), r#"{"x":1}"#);
    assert_eq!(resumed.expect("resumed").headers["last-event-id"], "42");
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_in_a_sentence_and_the_others_go_on() {
    let peer = TestServer::start().await;
    let gone = TestServer::start_with(|state| state.refuses_post = Some(StatusCode::SERVICE_UNAVAILABLE)).await;
    let hub = Hub::of(&[("gone", &gone.url), ("nowhere", "http://127.0.0.1:1/mcp"), ("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let tools = client.tools().await;
    let refused = client.call("gone-x", json!({})).await;
    let unreachable = client.call("nowhere-x", json!({})).await;

    assert_eq!(tools.len(), 7);
    assert!(text(&refused).contains("gone answered with HTTP status 503"), "{refused}");
    assert!(text(&unreachable).contains("nowhere cannot be reached"), "{unreachable}");
}

#[tokio::test]
async fn a_command_is_a_server_too() {
    let script = r#"while read -r line; do case "$line" in
      *'"initialize"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}';;
      *'"tools/call"'*) echo "$line" | sed 's/.*"id":\([0-9]*\).*/{"jsonrpc":"2.0","id":\1,"result":{"content":[{"type":"text","text":"said"}]}}/';;
    esac; done"#;
    let hub = Hub::with(&[("a", "http://127.0.0.1:1/")], |server| {
        let args = vec!["-c".to_owned(), script.to_owned()];
        server.transport = Transport::Stdio {
            command: "sh".into(),
            args: args.into(),
            env: Vec::new(),
            inherits_environment: false,
            directory: None,
        };
    })
    .await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.greeting["serverInfo"]["name"], "s");
    assert_eq!(text(&client.call("x", json!({})).await), "said");
}

#[tokio::test]
async fn an_older_server_may_send_other_events_before_its_endpoint_or_put_it_in_quotes() {
    let older =
        Older::start_after("event: ping\ndata: 1\n\n: a comment\n\ndata: hello\n\n", "\"/messages?session=1\"").await;
    let hub = Hub::of(&[("a", &older.url)]).await;

    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.tools().await, ["old"]);
}
