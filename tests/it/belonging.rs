//! Tokens and secrets go only where they belong, whatever a server says of itself and of others.

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET, Registration};
use mcphub_tests::hostile::Seen;
use mcphub_tests::{Authority, Browser, Client, Home, Hostile, Hub, Shape, text};
use serde_json::{Value, json};
use url::Url;

use crate::sign_in;

mod documents;
mod links;
mod pages;

/// A server whose metadata names this authorization server.
async fn server_that_names(issuer: &str) -> Hostile {
    let server = Hostile::start().await;
    server.demand_login("/mcp");
    names(&server, "/mcp", &format!("{}/mcp", server.url), issuer);
    server
}

fn names(server: &Hostile, path: &str, resource: &str, issuer: &str) {
    let document = json!({"resource": resource, "authorization_servers": [issuer]});
    server.answer(&format!("/.well-known/oauth-protected-resource{path}"), &document);
}

fn metadata(issuer: &str, login: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": login,
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
    })
}

fn edit(hub: &Hub, settings: &Value) {
    let mut kept = hub.home.json();
    for (name, value) in settings.as_object().expect("members") {
        kept[name] = value.clone();
    }
    std::fs::write(hub.home.settings(), format!("{kept:#}")).expect("written");
}

fn issues() -> (String, bool) {
    ("three issues".to_owned(), false)
}

async fn call(hub: &Hub) -> (String, bool) {
    Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_sent_to_another_address_under_the_same_name() {
    let authority = Authority::start(Shape::PLAIN).await;
    let evil = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    for path in ["/mcp", "/"] {
        evil.demand_login(path);
        edit(&hub, &json!({"mcpServers": {"notes": {"url": format!("{}{path}", evil.url)}}}));
        hub.until("notes", "login_required").await;
    }

    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()), "{:#?}", evil.seen());
    // Where the address is what it was, so is the login.
    edit(&hub, &json!({"mcpServers": {"notes": {"url": authority.server()}}}));
    hub.until("notes", "connected").await;
    assert_eq!((call(&hub).await, authority.count("GET /authorize")), (issues(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_changes_the_address_takes_no_token_along() {
    let authority = Authority::start(Shape::PLAIN).await;
    let evil = server_that_names(&authority.url).await;
    let home = Home::new(r#"{"mcpServers": {"notes": {"url": "${NOTES_URL}"}}}"#);
    let hub = Hub::start_in(home, 0, &[("NOTES_URL", &authority.server())]);
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    let hub = Hub::start_in(hub.kill(), 0, &[("NOTES_URL", &format!("{}/mcp", evil.url))]);

    hub.until("notes", "login_required").await;
    assert!(evil.count("POST /mcp") > 0);
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()), "{:#?}", evil.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resource_indicator_is_never_left_out_for_a_server_elsewhere() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let evil = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", evil.url)}));
    hub.until("notes", "login_required").await;

    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("resource indicator") && trip.page.contains("oauth.resource"), "{}", trip.page);
    assert_eq!((authority.count("GET /authorize"), authority.count("POST /token")), (1, 0));
    assert_eq!(hub.view("notes").await["learned"], json!([]));
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_say_that_no_resource_indicator_is_sent() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let server = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": {"resource": false}}));
    hub.until("notes", "login_required").await;

    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    assert_eq!(authority.asked("resource"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_of_one_resource_holds_for_no_other() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let evil = server_that_names(&authority.url).await;
    let settings =
        json!({"mcpServers": {"notes": {"url": authority.server()}, "evil": {"url": format!("{}/mcp", evil.url)}}});
    let hub = Hub::start(&settings);
    hub.until("notes", "login_required").await;
    hub.until("evil", "login_required").await;
    sign_in(&hub, "notes").await;

    Browser::new().follow(&hub.link("evil").await).await;

    assert_eq!(authority.asked("resource"), Some(format!("{}/mcp", evil.url)));
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_a_secret_goes_to_no_issuer_that_only_the_server_names() {
    let thief = Hostile::start().await;
    thief.answer("/.well-known/oauth-authorization-server", &metadata(&thief.url, &format!("{}/authorize", thief.url)));
    let server = server_that_names(&thief.url).await;
    let url = format!("{}/mcp", server.url);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary-assertion";
    let client = json!({"grantType": "client_credentials", "clientId": "mine", "clientSecret": "canary-secret"});
    let assertion = json!({"grantType": "jwt-bearer", "assertion": jwt, "clientId": "mine"});
    let refresh = json!({"accessToken": "old", "refreshToken": "canary-refresh", "clientId": "mine"});
    let initial = json!({"dynamicRegistration": {"initialAccessToken": "canary-initial"}});
    let entry = |oauth: Value| json!({"url": url, "oauth": oauth});
    let hub = Hub::start(&json!({"mcpServers": {
        "client": entry(client), "assertion": entry(assertion), "refresh": entry(refresh), "initial": entry(initial),
    }}));

    for server in ["client", "assertion", "initial"] {
        let view = hub.until(server, "failed").await;
        assert!(text(&view, "/problem").contains(&format!("write oauth.issuer: \"{}\"", thief.url)), "{view:#}");
    }
    hub.until("refresh", "login_required").await;
    assert_eq!(thief.count("POST "), 0, "{:#?}", thief.seen());
    for secret in ["canary-secret", "canary-assertion", "canary-refresh", "canary-initial"] {
        assert!(!thief.was_sent(secret) && !server.was_sent(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_the_person_wrote_gets_the_secret_and_no_other_does() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let server = server_that_names(&authority.url).await;
    let secret = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let entry = |issuer: &str| {
        let mut oauth = secret.clone();
        oauth["issuer"] = json!(issuer);
        json!({"url": format!("{}/mcp", server.url), "oauth": oauth})
    };
    let elsewhere = "https://as.example";
    let hub = Hub::start(&json!({"mcpServers": {"right": entry(&authority.url), "wrong": entry(elsewhere)}}));

    authority.until("POST /token", 1).await;
    let view = hub.until("wrong", "failed").await;

    let problem = text(&view, "/problem");
    assert!(problem.contains("belongs to https://as.example"), "{view:#}");
    server.until(|seen| seen.authorization.starts_with("Bearer canary-")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_client_stays_with_the_issuer_that_it_was_first_used_with() {
    let authority = Authority::start(Shape::PLAIN).await;
    let thief = Hostile::start().await;
    thief.answer("/.well-known/oauth-authorization-server", &metadata(&thief.url, &format!("{}/authorize", thief.url)));
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    // Nothing of the secret stands there by which it could be guessed.
    let bound = json!([{"server": "notes", "secret": "oauth.clientSecret", "issuer": authority.url}]);
    assert_eq!(hub.home.json()["obtained"]["issuers"], bound);

    authority.patch_resource(json!({"authorization_servers": [thief.url]}));
    authority.forget_all_tokens();
    let (told, failed) = call(&hub).await;

    assert!(failed, "{told}");
    let view = hub.until("notes", "failed").await;
    let problem = text(&view, "/problem");
    assert!(problem.contains(&format!("now names {}", thief.url)) && problem.contains("oauth.issuer"), "{problem}");
    assert_eq!(thief.count("POST /token"), 0);
    assert!(!thief.was_sent(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_of_one_host_share_no_login() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let host = Hostile::start().await;
    for path in ["/victim/mcp", "/evil/mcp"] {
        host.demand_login(path);
        names(&host, path, &host.url, &authority.url);
    }
    let at = |path: &str| json!({"url": format!("{}{path}", host.url)});
    let hub = Hub::start(&json!({"mcpServers": {"victim": at("/victim/mcp"), "evil": at("/evil/mcp")}}));
    hub.until("victim", "login_required").await;
    hub.until("evil", "login_required").await;

    let trip = Browser::new().follow(&hub.link("victim").await).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    Client::connect(&hub.mcp("evil")).await;

    let to_evil: Vec<_> = host.seen().into_iter().filter(|seen| seen.request.ends_with("/evil/mcp")).collect();
    assert!(!to_evil.is_empty() && to_evil.iter().all(|seen| seen.authorization.is_empty()), "{to_evil:#?}");
    let with_token = |seen: &Seen| seen.authorization.starts_with("Bearer canary-");
    host.until(|seen| seen.request.ends_with("/victim/mcp") && with_token(seen)).await;
    assert_eq!(hub.home.json()["obtained"]["shared"], Value::Null);
}
