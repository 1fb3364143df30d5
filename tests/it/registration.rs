//! How the hub gets a client: open registration, a protected one, at start-up, and by hand.

use mcphub_tests::authority::Habit;
use mcphub_tests::{Authority, Browser, Hub, ServerPeer, Shape, text};
use serde_json::json;

use crate::{World, expect_echo, sign_in};

const TOKEN: &str = "the-initial-access-token";

/// The person says which authorization server may see the token: it is of another site than the server.
fn registration(authority: &mcphub_tests::AuthorityPeer, token: &str) -> serde_json::Value {
    let registration = json!({"enabled": true, "initialAccessToken": token});
    json!({"oauth": {"issuer": authority.url(), "dynamicRegistration": registration}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_registration_takes_the_initial_access_token() {
    let options = json!({"initialAccessToken": TOKEN});
    let Some(world) = World::with(&options, json!({}), |authority| registration(authority, TOKEN)) else { return };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;

    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("registrations").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_initial_access_token_the_hub_says_what_to_set() {
    let options = json!({"initialAccessToken": TOKEN});
    let Some(world) = World::with(&options, json!({}), |_| json!({})) else { return };

    let view = world.hub.until("notes", "setup_required").await;
    let page = Browser::new().follow(&world.hub.link("notes").await).await.page;

    assert!(text(&view, "/problem").contains("oauth.dynamicRegistration.initialAccessToken"), "{view:#}");
    assert!(page.contains("oauth.dynamicRegistration.initialAccessToken"), "{page}");
    assert!(page.contains("name=\"client_id\"") && page.contains("/oauth/callback"), "{page}");
    assert_eq!(world.authority.count("registrations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_initial_access_token_is_told_and_not_shown() {
    let options = json!({"initialAccessToken": TOKEN});
    let Some(world) = World::with(&options, json!({}), |authority| registration(authority, "not-that-one")) else {
        return;
    };

    let view = world.hub.until("notes", "setup_required").await;

    assert!(text(&view, "/problem").contains("initialAccessToken"), "{view:#}");
    assert!(!view.to_string().contains("not-that-one"), "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_issuer_the_hub_registers_at_start_up_with_the_persons_metadata() {
    let entry = |authority: &mcphub_tests::AuthorityPeer| {
        json!({"oauth": {"scopes": ["mcp"], "dynamicRegistration": {
            "enabled": true,
            "issuer": authority.url(),
            "metadata": {"client_name": "Our own hub", "scope": "mcp", "grant_types": ["authorization_code", "refresh_token"]},
        }}})
    };
    let server = json!({"metadata": "none", "named": false});
    let Some(world) = World::with(&json!({}), server, entry) else { return };

    world.hub.until("notes", "login_required").await;
    assert_eq!(world.authority.count("registrations").await, 1);
    sign_in(&world.hub, "notes").await;

    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("registrations").await, 1);
    assert_eq!(world.server.count("metadata").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_registered_once_and_kept_over_restarts() {
    let authority = Authority::start(Shape::PLAIN).await;
    let mut hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    Browser::new().up_to_the_provider(&hub.link("notes").await).await;

    hub = hub.restart();
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    assert_eq!(authority.count("POST /register"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_at_the_root_is_found_when_the_challenge_names_none() {
    let server = json!({"metadata": "root", "named": false});
    let Some(world) = World::with(&json!({}), server, |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;

    expect_echo(&world.client().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_server_needs_no_login_at_all() {
    let Some(server) = ServerPeer::open(&json!({})) else { return };
    let hub = Hub::of_one(&json!({"url": server.mcp()}));

    let view = hub.until("notes", "connected").await;

    expect_echo(&mcphub_tests::Client::connect(&hub.mcp("notes")).await).await;
    assert_eq!(view["events"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_takes_loopback_redirects_only_sends_the_person_home_over_loopback() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.adopt(Habit::LoopbackOnly);
    let hub = Hub::start(&json!({
        "mcpServers": {"notes": {"url": authority.server()}},
        "systemConfig": {"install": {"baseUrl": "https://hub.example"}},
    }));
    hub.until("notes", "login_required").await;
    let browser = Browser::with_proxy("https://hub.example", &hub.url);

    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let home = browser.up_to_the_provider(callback.as_str()).await;
    let trip = browser.follow(home.as_str()).await;

    assert_eq!(callback.host_str(), Some("127.0.0.1"));
    assert_eq!(callback.port(), hub.url.rsplit(':').next().and_then(|port| port.parse().ok()));
    assert!(home.as_str().starts_with("https://hub.example/oauth/callback/"), "{home}");
    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    assert_eq!(authority.count("POST /register"), 2);
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_that_the_person_wrote_is_not_replaced_by_loopback() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.adopt(Habit::LoopbackOnly);
    let oauth = json!({"redirectUri": "https://mine.example/oauth/callback"});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));

    let view = hub.until("notes", "setup_required").await;

    assert!(text(&view, "/problem").contains("redirect URI"), "{view:#}");
    assert_eq!(authority.count("POST /register"), 1);
}
