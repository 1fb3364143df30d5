//! What a provider refuses once is done otherwise, remembered, shown and can be cleared; nobody has to start over.

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::{Authority, Browser, Client, Hub, Shape, text};
use serde_json::json;

use crate::sign_in;

async fn start(shape: Shape) -> (Authority, Hub) {
    let authority = Authority::start(shape).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

async fn expect_issues(hub: &Hub) {
    let client = Client::connect(&hub.mcp("notes")).await;
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_resource_indicator_is_left_out_and_the_person_does_not_notice() {
    let (authority, hub) = start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;

    sign_in(&hub, "notes").await;

    assert_eq!(authority.count("GET /authorize"), 2);
    let learned = hub.view("notes").await["learned"].to_string();
    assert!(learned.contains("refuses the resource indicator"), "{learned}");
    authority.forget_access_tokens();
    expect_issues(&hub).await;
    assert_eq!(authority.count("GET /authorize"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_outlives_a_restart_and_ends_with_a_logout() {
    let (authority, hub) = start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    sign_in(&hub, "notes").await;
    authority.forget_all_tokens();

    let hub = hub.restart();
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    let asked = authority.count("GET /authorize");
    hub.post("/api/servers/notes/logout").await;

    // The hub looked once itself: a login that ended may be that of a purged client.
    assert_eq!(asked, 4);
    assert_eq!(hub.view("notes").await["learned"], json!([]));
    sign_in(&hub, "notes").await;
    assert_eq!(authority.count("GET /authorize"), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_way_to_authenticate_is_replaced_by_the_other_listed_one() {
    let authority =
        Authority::start(Shape { clients: mcphub_tests::authority::Clients::SecretInBody, ..Shape::PLAIN }).await;
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    assert_eq!(authority.count("POST /token"), 2);
    let learned = hub.view("notes").await["learned"].to_string();
    assert!(learned.contains("client_secret_post"), "{learned}");
    authority.forget_access_tokens();
    expect_issues(&hub).await;
    assert_eq!(authority.count("POST /token"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_the_person_wrote_is_not_replaced() {
    let authority =
        Authority::start(Shape { clients: mcphub_tests::authority::Clients::SecretInBody, ..Shape::PLAIN }).await;
    let oauth = json!({
        "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "tokenEndpointAuthMethod": "client_secret_basic",
    });
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;

    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert_eq!(trip.status, 502, "{trip:#?}");
    assert_eq!(authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_purged_during_the_login_is_registered_anew_and_the_login_goes_on() {
    let (authority, hub) = start(Shape::PLAIN).await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;

    authority.forget_clients();
    let trip = browser.follow(callback.as_str()).await;

    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    assert_eq!(authority.count("POST /register"), 2);
    expect_issues(&hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_that_refuses_a_purged_client_is_not_shown_twice() {
    let (authority, hub) = start(Shape::PLAIN).await;
    authority.forget_clients();
    let first = Browser::new().follow(&hub.link("notes").await).await;

    let second = Browser::new().follow(&hub.link("notes").await).await;

    assert_eq!(first.status, 400, "{first:#?}");
    assert!(second.page.contains("Signed in to notes"), "{second:#?}");
    assert_eq!(authority.count("POST /register"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_purged_later_leads_to_one_new_login() {
    let (authority, hub) = start(Shape::PLAIN).await;
    sign_in(&hub, "notes").await;
    authority.forget_clients();
    authority.forget_access_tokens();
    let client = Client::connect(&hub.mcp("notes")).await;

    let (told, failed) = client.call("list_issues", json!({})).await;
    sign_in(&hub, "notes").await;

    assert!(failed && told.contains("needs a login"), "{told}");
    assert_eq!(authority.count("POST /register"), 2);
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    let events = hub.view("notes").await["events"].to_string();
    assert!(text(&hub.view("notes").await, "/status") == "connected" && events.contains("does not know"), "{events}");
}
