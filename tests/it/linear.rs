//! Linear, served by its real plugin: it registers as a public client, spells `Bearer` with a capital, and sends its client
//! id with a refresh.

use std::time::Duration;

use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::json;

use crate::sign_in;

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::LINEAR).await;
    let oauth = json!({"provider": "linear", "inputs": {"api": authority.url}});
    let hub =
        Hub::start(&json!({"mcpServers": {"linear": {"type": "sse", "url": authority.server(), "oauth": oauth}}}));
    hub.until("linear", "login_required").await;
    (authority, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_through_the_plugin_registers_and_knows_person_and_workspace() {
    let (authority, hub) = start().await;

    let trip = sign_in(&hub, "linear").await;

    assert!(trip.page.contains("Ann (Acme)"), "{}", trip.page);
    let view = hub.view("linear").await;
    assert_eq!(text(&view, "/provider"), "linear");
    assert_eq!(text(&view, "/account"), "Ann (Acme)");
    assert_eq!(view["scopes"], json!(["read", "write"]));
    assert_eq!(authority.count("POST /register"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_refreshes_with_its_id_and_calls_never_notice() {
    let (authority, hub) = start().await;
    authority.tokens_end_after(Duration::from_secs(2));
    sign_in(&hub, "linear").await;
    let client = Client::connect(&hub.mcp("linear")).await;

    while authority.count("POST /token") < 3 {
        assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    }

    let stored = hub.home.json();
    let client = stored.pointer("/obtained/clients/0").expect("the registered client");
    assert!(!client.to_string().contains("canary-secret"), "{client:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_revokes_both_tokens() {
    let (authority, hub) = start().await;
    sign_in(&hub, "linear").await;

    let (status, answer) = hub.post("/api/servers/linear/logout").await;

    assert_eq!(status, 200, "{answer}");
    assert_eq!(authority.count("POST /revoke"), 2);
    assert_eq!(authority.living_tokens(), 0);
}
