//! What a person writes down is used instead of what could be found out.

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET, ODD_CLIENT_ID, ODD_CLIENT_SECRET};
use mcphub_tests::{Authority, Client, Hub, Shape};
use serde_json::json;

use crate::{World, expect_echo, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn with_both_endpoints_written_no_metadata_is_asked_for() {
    let clients = json!([{
        "client_id": "ours", "client_secret": "a-secret-of-ours", "redirect_uris": ["http://localhost:1/oauth/callback"],
        "application_type": "native", "grant_types": ["authorization_code", "refresh_token"],
    }]);
    let entry = |authority: &mcphub_tests::AuthorityPeer| {
        json!({"oauth": {
            "clientId": "ours", "clientSecret": "a-secret-of-ours", "scopes": ["mcp"],
            "authorizationEndpoint": format!("{}/auth", authority.url()),
            "tokenEndpoint": format!("{}/token", authority.url()),
        }})
    };
    let Some(world) = World::with(&json!({"clients": clients}), json!({}), entry) else { return };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;

    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("metadata").await, 0);
    assert_eq!(world.server.count("metadata").await, 0);
    assert_eq!(world.authority.count("registrations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_persons_redirect_uri_is_sent_and_its_origin_serves_the_link() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({
        "url": authority.server(),
        "oauth": {
            "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
            "authorizationEndpoint": format!("{}/authorize", authority.url),
            "tokenEndpoint": format!("{}/token", authority.url),
            "redirectUri": "http://127.0.0.1:1/oauth/callback",
        },
    }));
    hub.until("notes", "login_required").await;

    let link = hub.link("notes").await;
    let provider = mcphub_tests::Browser::new()
        .up_to_the_provider(&link.replace("http://127.0.0.1:1", &hub.url.replace("localhost", "127.0.0.1")))
        .await;

    assert!(link.starts_with("http://127.0.0.1:1/connect/"), "{link}");
    let sent = provider.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
    assert_eq!(sent.as_deref(), Some("http://127.0.0.1:1/oauth/callback"));
    assert_eq!(authority.count("GET /.well-known"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_client_is_not_registered() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    assert_eq!(authority.count("POST /register"), 0);
    let called = Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await;
    assert_eq!(called, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_with_odd_characters_is_encoded_for_basic() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"clientId": ODD_CLIENT_ID, "clientSecret": ODD_CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    assert_eq!(authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_provider_refuses_is_told_with_a_remedy() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": "another one"});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    let trip = mcphub_tests::Browser::new().follow(&hub.link("notes").await).await;

    assert_eq!(trip.status, 502);
    assert!(trip.page.contains("What to do"), "{}", trip.page);
    assert!(!trip.page.contains("another one"), "{}", trip.page);
}
