//! What users of such hubs complain about: one test for each complaint that has no story of its own elsewhere.

use mcphub_tests::{Authority, Browser, Client, Core, Hub, Shape, text};
use serde_json::json;

use crate::sign_in;

async fn expect_issues(hub: &Hub, server: &str) {
    let client = Client::connect(&hub.mcp(server)).await;
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resource_stays_the_same_on_login_and_refresh_although_the_url_has_a_query() {
    // The authority refuses any other resource than the published one, at every step.
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": format!("{}?workspace=1", authority.server())}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;
    authority.forget_access_tokens();

    expect_issues(&hub, "notes").await;
    assert_eq!(authority.asked("resource"), Some(authority.server()));
    assert_eq!(authority.count("POST /token"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_access_is_asked_for_where_it_is_listed_and_nowhere_else() {
    const SCOPES: &[&str] = &["read", "write", "offline_access"];
    let authority = Authority::start(Shape { scopes: SCOPES, ..Shape::PLAIN }).await;
    authority.patch_resource(json!({"scopes_supported": ["read"]}));
    authority.patch_metadata(json!({"scopes_supported": SCOPES}));
    let silent = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start(&json!({"mcpServers": {
        "notes": {"url": authority.server()}, "silent": {"url": silent.server()},
    }}));
    hub.until("notes", "login_required").await;
    hub.until("silent", "login_required").await;

    sign_in(&hub, "notes").await;
    sign_in(&hub, "silent").await;

    assert_eq!(authority.asked("scope").as_deref(), Some("read offline_access"));
    assert_eq!(silent.asked("scope").as_deref(), Some("read write"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_token_and_no_lifetime_are_no_end() {
    let authority = Authority::start(Shape { tokens_end: false, ..Shape::PLAIN }).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;

    core.advance(300 * 24 * 3600);
    let used = core.call(|header| authority.opens(header)).await.expect("the token is used until it is refused");

    assert!(authority.opens(mcphub_tests::core::authorization(&used)));
    assert_eq!(authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_endpoint_that_is_null_leads_to_the_guide() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"registration_endpoint": null}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "setup_required").await;
    let page = Browser::new().follow(&hub.link("notes").await).await.page;

    assert!(text(&view, "/problem").contains("registers no clients by itself"), "{view:#}");
    assert!(page.contains(&format!("{}/oauth/callback", hub.url)), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_spelled_with_a_lone_slash_is_the_same_issuer() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_resource(json!({"authorization_servers": [format!("{}/", authority.url)]}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    expect_issues(&hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_another_issuer_is_refused_with_a_remedy() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"issuer": "https://evil.example"}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "failed").await;

    let problem = text(&view, "/problem");
    assert!(problem.contains("https://evil.example answered") && problem.contains("oauth.provider"), "{problem}");
    assert_eq!(authority.count("POST /register"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_one_issuer_share_a_registration() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": {"scopes": ["read"]}}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    let mut settings = hub.home.json();
    settings["mcpServers"]["more"] = json!({"url": authority.server(), "oauth": {"scopes": ["write"]}});
    std::fs::write(hub.home.settings(), settings.to_string()).expect("saved");
    hub.until("more", "login_required").await;
    sign_in(&hub, "more").await;

    expect_issues(&hub, "more").await;
    assert_eq!(authority.count("POST /register"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_in_a_list_of_one_and_an_empty_list_of_scopes_are_understood() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_resource(json!({"resource": [authority.server()], "scopes_supported": []}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    expect_issues(&hub, "notes").await;
    assert_eq!(authority.asked("scope"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_of_another_origin_is_refused_before_anybody_is_sent_anywhere() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_resource(json!({"resource": "https://evil.example/mcp"}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "failed").await;

    assert!(text(&view, "/problem").contains("https://evil.example"), "{view:#}");
    assert_eq!(authority.count("POST /register"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_never_assumed_where_somebody_named_an_issuer() {
    let authority = Authority::start(Shape { metadata: false, ..Shape::PLAIN }).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "failed").await;

    let problem = text(&view, "/problem");
    assert!(problem.contains("publishes no authorization server metadata") && problem.contains("oauth."), "{problem}");
    assert_eq!(authority.count("POST /register"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_asked_for_again_after_its_time_and_the_old_one_serves_while_it_cannot_be_had() {
    let authority = Authority::start(Shape::PLAIN).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    let asked = || authority.count("GET /.well-known/oauth-authorization-server");
    let first = asked();

    for _ in 0..3 {
        core.advance(2 * 3600);
        authority.forget_access_tokens();
        core.call(|header| authority.opens(header)).await.expect("refreshed");
    }
    let (later, moved) = (asked(), json!({"issuer": "https://evil.example"}));
    authority.patch_metadata(moved);
    core.advance(2 * 3600);
    authority.forget_access_tokens();
    let used = core.call(|header| authority.opens(header)).await.expect("refreshed with what was known");

    assert_eq!((first, later), (1, 4));
    assert!(authority.opens(mcphub_tests::core::authorization(&used)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_authorization_servers_the_first_that_works_is_used_and_that_is_said() {
    let authority = Authority::start(Shape::PLAIN).await;
    let silent = Authority::start(Shape { metadata: false, ..Shape::PLAIN }).await;
    authority.patch_resource(json!({"authorization_servers": [silent.url, authority.url]}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let events = hub.view("notes").await["events"].to_string();
    assert!(events.contains("2 authorization servers") && events.contains("is used"), "{events}");
    expect_issues(&hub, "notes").await;
}
