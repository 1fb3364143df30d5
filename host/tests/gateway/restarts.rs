//! A client session outlives the hub that opened it: its id carries what is needed to begin again.

use std::fs::File;
use std::path::Path;

use mcphub::gateway::{EndedIds, SessionKey};
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::TestServer;

/// A hub that keeps sessions with this key.
async fn keeping(key: u8, servers: &[(&str, &str)]) -> Hub {
    keeping_ended(key, EndedIds::default(), servers).await
}

async fn keeping_ended(key: u8, ended: EndedIds, servers: &[(&str, &str)]) -> Hub {
    let hub = Hub::of(servers).await;
    hub.gateway.keep_sessions(SessionKey::new(&[key; 32]).expect("a key"), ended, None);
    hub
}

/// What a hub knows of ended sessions after it was started with this file.
fn ended_in(path: &Path) -> EndedIds {
    let file = File::options().read(true).append(true).create(true).open(path).expect("file");
    EndedIds::kept_in(file).expect("ids")
}

/// The same client after the hub was restarted: it notices only that the address is another one.
fn moved(client: Client, hub: &Hub, path: &str) -> Client {
    Client { url: hub.url(path), ..client }
}

fn ping() -> Value {
    json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" })
}

#[tokio::test]
async fn a_client_goes_on_after_a_restart_with_what_it_declared() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let before = keeping(1, &servers).await;
    let client = Client::connect_as(&before.url("/mcp/a"), json!({ "roots": { "x": 1 } }), "2025-06-18").await;
    before.gateway.stop().await;
    let after = keeping(1, &servers).await;

    let client = moved(client, &after, "/mcp/a");
    let answers = [client.call("echo", json!({ "n": 1 })).await, client.call("echo", json!({ "n": 2 })).await];

    assert_eq!(answers.each_ref().map(text), [r#"{"n":1}"#, r#"{"n":2}"#]);
    let opened = peer.seen("initialize");
    assert_eq!(opened.len(), 2, "one session for each life of the hub");
    assert_eq!(opened[1].body["params"]["capabilities"], json!({ "roots": { "x": 1 } }));
    assert_eq!(opened[1].body["params"]["clientInfo"]["name"], "tester");
    assert_eq!(opened[1].body["params"]["protocolVersion"], "2025-06-18");
}

#[tokio::test]
async fn names_of_an_aggregate_still_lead_to_their_servers_after_a_restart() {
    let (first, second) = (TestServer::start().await, TestServer::start().await);
    let servers = [("a", first.url.as_str()), ("b", second.url.as_str())];
    let before = keeping(1, &servers).await;
    let client = Client::connect(&before.url("/mcp")).await;
    client.tools().await;
    let after = keeping(1, &servers).await;

    let client = moved(client, &after, "/mcp");
    let answer = client.call("b-echo", json!({ "n": 1 })).await;

    assert_eq!(text(&answer), r#"{"n":1}"#);
    assert_eq!((first.seen("tools/call").len(), second.seen("tools/call").len()), (0, 1));
}

#[tokio::test]
async fn a_session_that_its_client_ended_is_not_begun_again() {
    let peer = TestServer::start().await;
    let hub = keeping(1, &[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.delete().await, 204);

    assert_eq!(client.post(&ping()).await.status(), 404);
    assert_eq!(client.delete().await, 404);
}

#[tokio::test]
async fn a_session_that_its_client_ended_is_not_begun_again_after_a_restart_either() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("ended");
    let before = keeping_ended(1, ended_in(&file), &servers).await;
    let (ended, other) = (Client::connect(&before.url("/mcp/a")).await, Client::connect(&before.url("/mcp/a")).await);

    assert_eq!(ended.delete().await, 204);
    let after = keeping_ended(1, ended_in(&file), &servers).await;

    assert_eq!(moved(ended, &after, "/mcp/a").post(&ping()).await.status(), 404);
    assert_eq!(moved(other, &after, "/mcp/a").post(&ping()).await.status(), 200);
}

#[tokio::test]
async fn a_session_is_refused_to_every_caller_but_the_one_who_opened_it() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let (before, after) = (keeping(1, &servers).await, keeping(1, &servers).await);
    let (before_a, after_a) = (before.for_caller("ada").await, after.for_caller("ada").await);
    let after_b = after.for_caller("bob").await;
    let client = Client::connect(&format!("{before_a}/mcp/a")).await;

    let mut statuses = Vec::new();
    let mut client = client;
    for base in [&after_b, &after.base, &after_a, &after_b, &before.base, &before_a] {
        client.url = format!("{base}/mcp/a");
        statuses.push(client.post(&ping()).await.status().as_u16());
    }

    assert_eq!(statuses, [404, 404, 200, 404, 404, 200]);
}

#[tokio::test]
async fn a_session_that_made_room_for_others_is_begun_again_when_its_client_comes_back() {
    let peer = TestServer::start().await;
    let hub = keeping(1, &[("a", &peer.url)]).await;
    let first = Client::connect(&hub.url("/mcp/a")).await;
    for _ in 0..Hub::SESSIONS {
        hub.advance(60);
        Client::connect(&hub.url("/mcp/a")).await;
    }
    hub.advance(60);

    assert_eq!(text(&first.call("echo", json!({ "n": 1 })).await), r#"{"n":1}"#);
}

#[tokio::test]
async fn an_id_is_good_for_its_own_endpoint_its_own_hub_and_its_time() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str()), ("b", peer.url.as_str())];
    let before = keeping(1, &servers).await;
    let (same, other, without) = (keeping(1, &servers).await, keeping(2, &servers).await, Hub::of(&servers).await);
    let client = Client::connect(&before.url("/mcp/a")).await;

    let mut statuses = Vec::new();
    let mut client = client;
    for (hub, path) in [(&same, "/mcp/b"), (&same, "/mcp"), (&other, "/mcp/a"), (&without, "/mcp/a")] {
        client = moved(client, hub, path);
        statuses.push(client.post(&ping()).await.status().as_u16());
    }
    same.advance(8 * 24 * 3600);
    client = moved(client, &same, "/mcp/a");
    statuses.push(client.post(&ping()).await.status().as_u16());
    client.session = client.session.map(|id| format!("{id}x"));
    statuses.push(moved(client, &before, "/mcp/a").post(&ping()).await.status().as_u16());

    assert_eq!(statuses, [404; 6]);
}

#[tokio::test]
async fn an_id_that_would_be_too_long_is_a_plain_one_and_ends_with_the_hub() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let before = keeping(1, &servers).await;
    let large = json!({ "experimental": { "x": "x".repeat(3000) } });
    let client = Client::connect_as(&before.url("/mcp/a"), large, "2025-11-25").await;

    assert!(client.session.as_ref().is_some_and(|id| id.len() < 100));
    assert_eq!(client.post(&ping()).await.status(), 200);
    let after = keeping(1, &servers).await;
    assert_eq!(moved(client, &after, "/mcp/a").post(&ping()).await.status(), 404);
}

#[tokio::test]
async fn many_requests_after_a_restart_begin_one_session() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let client = Client::connect(&keeping(1, &servers).await.url("/mcp/a")).await;
    let after = keeping(1, &servers).await;
    let client = moved(client, &after, "/mcp/a");

    let calls = (0..20).map(|id| {
        let params = json!({ "name": "echo", "arguments": { "n": id } });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let client = &client;
        async move { client.post(&call).await.status().as_u16() }
    });

    assert_eq!(futures::future::join_all(calls).await, [200; 20]);
    assert_eq!(peer.seen("initialize").len(), 2);
}
