//! The endpoint itself: what a request must look like, and the life of a session.

use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::peer::TestServer;

async fn refusal(client: &Client, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut request = client.http.post(&client.url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("sent");
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.expect("body")).expect("json"))
}

const JSON: (&str, &str) = ("content-type", "application/json");
const BOTH: (&str, &str) = ("accept", "application/json, text/event-stream");
/// The status that is expected, and the headers and the body of the request.
type RefusedRequest<'a> = (u16, &'a [(&'a str, &'a str)], &'a str);

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn a_malformed_request_is_refused_with_its_status_and_a_sentence() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::new(&hub.url("/mcp"));
    let unknown = ("mcp-session-id", "nobody");
    let revision = ("mcp-protocol-version", "1999-01-01");

    let cases: [RefusedRequest; 10] = [
        (415, &[BOTH, ("content-type", "text/plain")], PING),
        (406, &[JSON, ("accept", "application/json")], PING),
        (400, &[JSON, BOTH], "{"),
        (400, &[JSON, BOTH], "[]"),
        (400, &[JSON, BOTH], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        (400, &[JSON, BOTH], r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#),
        (400, &[JSON, BOTH], r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#),
        (400, &[JSON, BOTH], PING),
        (400, &[JSON, BOTH, revision], PING),
        (404, &[JSON, BOTH, unknown], PING),
    ];

    for (status, headers, body) in cases {
        let (answered, error) = refusal(&client, headers, body).await;
        assert_eq!(answered, status, "{error}");
        // An error carries the id of its request, if that could be read.
        let id = if body.contains(r#""id":1,"method""#) { json!(1) } else { Value::Null };
        assert_eq!(error["id"], id, "{error}");
        assert!(error["error"]["message"].as_str().is_some_and(|text| text.len() > 20), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_server_is_not_found_and_the_others_are_named() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url), ("b", &peer.url)]).await;

    let (status, error) = refusal(&Client::new(&hub.url("/mcp/c")), &[JSON, BOTH], PING).await;

    assert_eq!((status, &error["id"]), (404, &json!(1)));
    assert_eq!(error["error"]["message"], "no server and no group is called \"c\"; there are: a, b");
}

#[tokio::test]
async fn a_server_that_is_switched_off_is_not_found_and_the_switch_is_named() {
    let hub = Hub::with(&[("a", "http://127.0.0.1:1/")], |server| server.enabled = false).await;

    let (status, error) = refusal(&Client::new(&hub.url("/mcp/a")), &[JSON, BOTH], PING).await;

    assert_eq!(status, 404);
    assert!(error["error"]["message"].as_str().expect("text").contains("switched off"), "{error}");
}

#[tokio::test]
async fn a_deleted_session_is_gone_and_so_is_the_one_behind_it() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.delete().await, 204);

    assert_eq!(client.post(&serde_json::from_str(PING).expect("json")).await.status(), 404);
    assert!(peer.change(|state| state.sessions.is_empty()));
}

#[tokio::test]
async fn a_session_of_one_endpoint_is_unknown_to_another() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url), ("b", &peer.url)]).await;
    let mut client = Client::connect(&hub.url("/mcp/a")).await;

    client.url = hub.url("/mcp/b");

    assert_eq!(client.post(&serde_json::from_str(PING).expect("json")).await.status(), 404);
}

#[tokio::test]
async fn beyond_the_limit_the_session_that_was_idle_longest_ends() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let ping: Value = serde_json::from_str(PING).expect("json");
    let mut clients = Vec::new();
    for _ in 0..Hub::SESSIONS {
        hub.advance(1);
        clients.push(Client::connect(&hub.url("/mcp")).await);
    }
    hub.advance(1);
    clients[0].request("ping", json!({})).await;

    Client::connect(&hub.url("/mcp")).await;

    assert_eq!(clients[0].post(&ping).await.status(), 200);
    assert_eq!(clients[1].post(&ping).await.status(), 404);
}

#[tokio::test]
async fn a_session_that_is_in_use_is_not_driven_out_and_one_that_never_began_goes_first() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let url = hub.url("/mcp");
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "n", "version": "1" } } });
    let first = Client::connect(&url).await;
    let mut streams = vec![first.listen().await];
    hub.advance(100);
    for _ in 0..10 {
        assert_eq!(Client::new(&url).post(&initialize).await.status(), 200);
    }
    assert_eq!(first.request("ping", json!({})).await["result"], json!({}), "the idle ones made room for each other");

    for _ in 1..Hub::SESSIONS {
        streams.push(Client::connect(&url).await.listen().await);
    }
    let refused = Client::new(&url).post(&initialize).await;

    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.expect("text").contains("all are in use"));
}

#[tokio::test]
async fn what_a_client_declares_is_bounded() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let params =
        json!({ "protocolVersion": "2025-11-25", "capabilities": { "experimental": { "x": "x".repeat(20_000) } } });
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });

    let refused = Client::new(&hub.url("/mcp")).post(&initialize).await;

    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.expect("text").contains("declare fewer"));
}

#[tokio::test]
async fn an_unknown_revision_is_answered_with_the_newest() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;

    for path in ["/mcp", "/mcp/a"] {
        let client = Client::connect_as(&hub.url(path), json!({}), "2099-01-01").await;
        assert_eq!(client.greeting["protocolVersion"], "2025-11-25");
    }
}
