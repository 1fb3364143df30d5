//! A self-hosted GitHub, served by its real plugin: no metadata, no registration, a secret in the body.

use std::time::Duration;

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::{Authority, Browser, Client, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

fn entry(authority: &Authority, client: &Value) -> Value {
    let mut oauth = json!({"provider": "github", "inputs": {"web": authority.url}, "scopes": ["repo", "gist"]});
    for (name, value) in client.as_object().into_iter().flatten() {
        oauth[name] = value.clone();
    }
    json!({"type": "sse", "url": authority.server(), "oauth": oauth})
}

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::GITHUB).await;
    let client = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::start(&json!({"mcpServers": {"github": entry(&authority, &client)}}));
    (authority, hub)
}

async fn list_issues(hub: &Hub) -> (String, bool) {
    Client::connect(&hub.mcp("github")).await.call("list_issues", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_through_the_plugin_knows_the_account_and_the_scopes() {
    let (authority, hub) = start().await;
    hub.until("github", "login_required").await;

    let trip = sign_in(&hub, "github").await;

    assert!(trip.page.contains("octocat"), "{}", trip.page);
    let view = hub.view("github").await;
    assert_eq!(text(&view, "/provider"), "github");
    assert_eq!(text(&view, "/account"), "octocat");
    assert_eq!(view["scopes"], json!(["repo", "gist"]));
    assert_eq!(list_issues(&hub).await, ("three issues".to_owned(), false));
    assert_eq!(authority.count("POST /register"), 0);
    assert_eq!(authority.count("GET /api/v3/user"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_carry_the_exact_callback_and_the_form_leads_on() {
    let authority = Authority::start(Shape::GITHUB).await;
    let hub = Hub::start(&json!({"mcpServers": {"github": entry(&authority, &json!({}))}}));
    hub.until("github", "setup_required").await;
    let (browser, link) = (Browser::new(), hub.link("github").await);

    let page = browser.follow(&link).await.page;
    let mistyped = browser.submit(&link, &[("guide", "github-app"), ("client_id", "x"), ("client_secret", "y")]).await;
    let form = [("guide", "github-app"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    let trip = browser.submit(&link, &form).await;

    assert!(page.contains("GitHub App") && page.contains("OAuth App"), "{page}");
    assert!(page.contains(&format!("{}/oauth/callback", hub.url)), "{page}");
    assert!(mistyped.page.contains("does not look like"), "{}", mistyped.page);
    assert!(trip.page.contains("Signed in to github"), "{trip:#?}");
    hub.until("github", "connected").await;
    assert_eq!(list_issues(&hub).await.0, "three issues");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_an_end_is_never_refreshed() {
    let (authority, hub) = start().await;
    hub.until("github", "login_required").await;
    sign_in(&hub, "github").await;

    let hub = hub.restart();
    hub.until("github", "connected").await;

    assert_eq!(list_issues(&hub).await.0, "three issues");
    assert_eq!(authority.count("POST /login/oauth/access_token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_kills_the_old_access_token_is_not_noticed() {
    let (authority, hub) = start().await;
    authority.tokens_end_after(Duration::from_secs(2));
    hub.until("github", "login_required").await;
    sign_in(&hub, "github").await;
    let client = Client::connect(&hub.mcp("github")).await;

    while authority.count("POST /login/oauth/access_token") < 3 {
        assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    }

    assert_eq!(authority.living_tokens(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_without_a_refresh_token_leads_to_a_link() {
    let (authority, hub) = start().await;
    hub.until("github", "login_required").await;
    sign_in(&hub, "github").await;

    authority.forget_access_tokens();
    let (told, failed) = list_issues(&hub).await;

    assert!(failed && told.contains("/connect/"), "{told}");
    hub.until("github", "login_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_with_status_200_is_an_error_and_says_what_to_do() {
    let (authority, hub) = start().await;
    authority.refuse_the_secret();
    hub.until("github", "login_required").await;

    let trip = Browser::new().follow(&hub.link("github").await).await;

    assert_eq!(trip.status, 502);
    assert!(trip.page.contains("GitHub does not accept the client id and secret"), "{}", trip.page);
    hub.until("github", "setup_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_takes_the_token_back_at_the_provider() {
    let (authority, hub) = start().await;
    hub.until("github", "login_required").await;
    sign_in(&hub, "github").await;

    let (status, answer) = hub.post("/api/servers/github/logout").await;

    assert_eq!(status, 200, "{answer}");
    assert_eq!(authority.living_tokens(), 0);
    assert_eq!(authority.count("DELETE /api/v3/applications/"), 1);
}
