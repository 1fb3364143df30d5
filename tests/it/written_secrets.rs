//! What a person wrote goes to the authorization server that they meant, and to no other that a server names.

use std::collections::BTreeSet;

use mcphub_tests::hostile::Seen;
use mcphub_tests::{Authority, Browser, Hostile, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

/// An assertion of the person's.
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary-assertion";

/// An authorization server of somebody else's: it takes whatever it is sent.
async fn stranger() -> Hostile {
    let stranger = Hostile::start().await;
    stranger.answer("/.well-known/oauth-authorization-server", &metadata(&stranger.url));
    stranger.answer("/token", &json!({"access_token": "of-the-stranger", "token_type": "Bearer", "expires_in": 3600}));
    stranger.answer("/revoke", &json!({}));
    stranger.answer(
        "/device",
        &json!({
            "device_code": "device-code-1", "user_code": "AAAA-BBBB", "expires_in": 60, "interval": 1,
            "verification_uri": format!("{}/enter", stranger.url),
            "verification_uri_complete": "https://accounts.example.com/enter?user_code=AAAA-BBBB",
        }),
    );
    stranger
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "device_authorization_endpoint": format!("{issuer}/device"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    })
}

fn no_secret(stranger: &Hostile) {
    for secret in ["canary-secret", "canary-refresh", "canary-access", "canary-assertion"] {
        assert!(!stranger.was_sent(secret), "{secret}: {:#?}", stranger.seen());
    }
    assert!(stranger.seen().iter().all(|seen| seen.authorization.is_empty()), "{:#?}", stranger.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_shows_what_a_person_wrote_to_no_authorization_server_that_the_server_names() {
    let stranger = stranger().await;
    let server = Hostile::naming(&stranger.url).await;
    let oauth = json!({
        "clientId": "mine", "clientSecret": "canary-secret", "accessToken": "canary-access", "refreshToken": "canary-refresh",
    });
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": oauth}));
    server.until(|seen| seen.authorization == "Bearer canary-access").await;

    let (status, answer) = hub.post("/api/servers/notes/logout").await;

    assert_eq!(status, 200, "{answer:#}");
    assert!(text(&answer, "/message").contains("tokens end by themselves"), "{answer:#}");
    no_secret(&stranger);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_on_another_device_sends_nothing_to_another_site_before_the_person_agrees() {
    let stranger = stranger().await;
    let server = Hostile::naming(&stranger.url).await;
    let oauth = json!({"clientId": "mine", "clientSecret": "canary-secret"});
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    let (_, answer) = hub.post("/api/servers/notes/login/device").await;

    assert!(text(&answer, "/question").contains("sends you to"), "{answer:#}");
    no_secret(&stranger);
    assert_eq!(hub.home.json()["obtained"]["issuers"], Value::Null);
    // Who agrees gets the code, and no link to a site that was not named.
    hub.post_json("/api/servers/notes/login/acknowledge", &answer["acknowledge"]).await;
    let (status, answer) = hub.post("/api/servers/notes/login/device").await;
    assert_eq!((status, text(&answer, "/user_code")), (200, "AAAA-BBBB".to_owned()), "{answer:#}");
    assert_eq!(answer["verification_uri_complete"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_does_not_agree_in_a_terminal_is_led_no_other_way() {
    let stranger = stranger().await;
    let server = Hostile::naming(&stranger.url).await;
    let oauth = json!({"clientId": "mine", "clientSecret": "canary-secret"});
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    let refused = hub.home.run(&["auth", "login", "notes", "--no-browser"]);

    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("you did not agree"), "{said}");
    no_secret(&stranger);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_a_person_wrote_is_the_only_one() {
    for (oauth, secret) in [
        (
            json!({"grantType": "client_credentials", "clientId": "mine", "clientSecret": "canary-secret"}),
            "canary-secret",
        ),
        (json!({"grantType": "jwt-bearer", "clientId": "mine", "assertion": JWT}), "canary-assertion"),
        (
            json!({"clientId": "mine", "clientSecret": "canary-secret", "accessToken": "old", "refreshToken": "canary-refresh"}),
            "canary-refresh",
        ),
    ] {
        let (meant, named) = (stranger().await, stranger().await);
        let server = Hostile::naming(&named.url).await;
        let mut oauth = oauth;
        oauth["tokenEndpoint"] = json!(format!("{}/token", meant.url));

        let _hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": oauth}));

        server.until(|seen| seen.authorization == "Bearer of-the-stranger").await;
        let is_presented = |seen: &Seen| seen.body.contains(secret) || seen.authorization.starts_with("Basic ");
        assert!(meant.seen().iter().any(is_presented), "{secret}: {:#?}", meant.seen());
        assert_eq!(named.seen().len(), 0, "{:#?}", named.seen());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_without_a_token_endpoint_is_a_fault() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"authorizationEndpoint": format!("{}/authorize", authority.url)});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));

    hub.until_told("write both endpoints, or neither").await;
    assert_eq!(authority.count("GET /authorize"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_registered_where_nobody_says_who_answers_has_a_redirect_uri_of_its_own() {
    let authorities = [Authority::start(Shape::PLAIN).await, Authority::start(Shape::PLAIN).await];
    let [one, other] = &authorities;
    let hub = Hub::start(&json!({"mcpServers": {"one": {"url": one.server()}, "other": {"url": other.server()}}}));
    for server in ["one", "other"] {
        hub.until(server, "login_required").await;
        sign_in(&hub, server).await;
    }

    let obtained = hub.home.json();
    let clients = obtained["obtained"]["clients"].as_array().expect("clients");
    let uris: BTreeSet<&str> = clients.iter().filter_map(|client| client["redirectUri"].as_str()).collect();
    assert_eq!(uris.len(), 2, "{clients:#?}");
    assert!(uris.iter().all(|uri| uri.contains("/oauth/callback/")), "{uris:?}");
    // What comes back to the address of one is no answer of the other.
    hub.post("/api/servers/one/logout").await;
    hub.until("one", "login_required").await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("one").await).await;
    let uri_of_other = uris.iter().find(|uri| !callback.as_str().starts_with(**uri)).expect("another one");
    let trip = browser.follow(&format!("{uri_of_other}?{}", callback.query().expect("a query"))).await;
    assert!(trip.page.contains("came to another address than the sign-in gave"), "{}", trip.page);
    assert_eq!(one.count("POST /token"), 1);
}
