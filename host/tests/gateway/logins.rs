//! What happens at a server that requires a login.

use axum::http::StatusCode;
use futures::StreamExt;
use serde_json::json;

use crate::authority::{Authority, log_in, plugins};
use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::TestServer;

/// The link in a sentence.
fn link(sentence: &str) -> String {
    sentence.split_whitespace().find(|word| word.contains("/connect/")).expect("link").to_owned()
}

async fn protected(token: &str) -> TestServer {
    TestServer::start_with(|state| state.token = Some(token.to_owned())).await
}

#[tokio::test]
async fn a_missing_login_reaches_the_caller_and_breaks_no_list() {
    let (peer, free) = (protected("t").await, TestServer::start().await);
    let authority = Authority::start("t").await;
    let servers = [("a", peer.url.as_str()), ("b", free.url.as_str())];
    let hub = Hub::knowing(plugins().await, &servers, |server| authority.of(server)).await;
    hub.gateway.start();
    let (one, all) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp")).await);

    let called = [one.call("echo", json!({})).await, all.call("a-echo", json!({})).await];
    let prompt = one.request("prompts/get", json!({ "name": "x" })).await;

    assert_eq!(one.greeting["serverInfo"]["name"], "mcphub");
    assert_eq!(one.greeting["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(one.request("tools/list", json!({})).await["result"], json!({ "tools": [] }));
    assert_eq!(one.request("resources/templates/list", json!({})).await["result"], json!({ "resourceTemplates": [] }));
    assert_eq!(all.tools().await.len(), 7);
    for answer in called {
        assert_eq!(answer["result"]["isError"], true);
        assert!(text(&answer).starts_with("a needs a login.") && text(&answer).contains("/connect/"), "{answer}");
    }
    assert!(prompt["error"]["message"].as_str().expect("error").contains("/connect/"), "{prompt}");
}

#[tokio::test]
async fn after_the_login_the_next_call_works_and_the_lists_have_changed() {
    let peer = protected("t").await;
    let authority = Authority::start("t").await;
    let hub = Hub::knowing(plugins().await, &[("a", &peer.url)], |server| authority.of(server)).await;
    hub.gateway.start();
    let (one, all) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp")).await);
    let refused = one.call("echo", json!({})).await;
    let mut streams = [one.listen().await, all.listen().await];

    log_in(&hub, &link(text(&refused))).await;
    let called = one.call("echo", json!({})).await;

    assert_eq!(text(&called), "{}");
    for stream in &mut streams {
        for list in ["tools", "prompts", "resources"] {
            let change = stream.next().await.expect("change");
            assert_eq!(change["method"], format!("notifications/{list}/list_changed"));
        }
    }
    assert_eq!(all.tools().await.len(), 7);
}

#[tokio::test]
async fn a_refused_request_is_replayed_once_with_a_fresh_credential() {
    let peer = protected("old").await;
    let authority = Authority::start("old").await;
    let hub = Hub::knowing(plugins().await, &[("a", &peer.url)], |server| authority.of(server)).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    log_in(&hub, &link(text(&client.call("echo", json!({})).await))).await;
    client.call("echo", json!({})).await;
    let before = peer.seen("tools/call").len();

    peer.change(|state| state.token = Some("new".into()));
    authority.gives(Some("new"));
    let answer = client.call("echo", json!({ "x": 1 })).await;

    assert_eq!(text(&answer), r#"{"x":1}"#);
    assert_eq!(peer.seen("tools/call").len(), before + 2);
}

#[tokio::test]
async fn a_credential_that_cannot_be_renewed_ends_in_a_link() {
    let peer = protected("old").await;
    let authority = Authority::start("old").await;
    let hub = Hub::knowing(plugins().await, &[("a", &peer.url)], |server| authority.of(server)).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    log_in(&hub, &link(text(&client.call("echo", json!({})).await))).await;

    peer.change(|state| state.token = Some("new".into()));
    authority.gives(None);
    let answer = client.call("echo", json!({})).await;

    assert_eq!(answer["result"]["isError"], true);
    assert!(text(&answer).contains("/connect/"), "{answer}");
}

#[tokio::test]
async fn a_refused_header_of_the_settings_asks_for_no_login() {
    let peer = protected("t").await;
    let hub = Hub::with(&[("a", &peer.url)], |server| {
        server.headers = vec![("Authorization".into(), "Bearer wrong".into())];
    })
    .await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("echo", json!({})).await;

    assert!(text(&answer).contains("correct mcpServers.a.headers"), "{answer}");
    assert!(!answer.to_string().contains("wrong"));
}

#[tokio::test]
async fn clients_are_notified_when_a_server_comes_back() {
    let peer = TestServer::start_with(|state| state.refuses_post = Some(StatusCode::BAD_GATEWAY)).await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp")).await;
    let mut stream = client.listen().await;
    let problem = hub.until_some(async || hub.connector.view("a").await.expect("view").problem).await;
    assert!(client.tools().await.is_empty());

    peer.change(|state| state.refuses_post = None);
    let change = stream.next().await.expect("change");

    assert!(problem.starts_with("a answered with HTTP status 502"), "{problem}");
    assert_eq!(change["method"], "notifications/tools/list_changed");
    assert_eq!(client.tools().await.len(), 7);
}

#[tokio::test]
async fn the_lists_of_a_login_are_forgotten_with_it() {
    let peer = protected("t").await;
    let authority = Authority::start("t").await;
    let hub = Hub::knowing(plugins().await, &[("a", &peer.url)], |server| authority.of(server)).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp")).await;
    log_in(&hub, &link(text(&client.call("a-echo", json!({})).await))).await;
    hub.until(|| hub.gateway.lists("a").is_some()).await;
    assert_eq!(client.tools().await.len(), 7);

    hub.connector.logout("a").await.expect("logged out");
    hub.until(|| hub.gateway.lists("a").is_none()).await;

    assert!(client.tools().await.is_empty());
}
