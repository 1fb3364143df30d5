//! One login for several servers of the settings: where issuer, client, resource and account are the same.

use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

async fn start(shape: Shape, second: &Value) -> (Authority, Hub) {
    let authority = Authority::start(shape).await;
    let mut other = json!({"url": authority.server()});
    other.as_object_mut().expect("an entry").extend(second.as_object().cloned().expect("members"));
    let hub = Hub::start(&json!({"mcpServers": {"notes": {"url": authority.server()}, "second": other}}));
    hub.until("notes", "login_required").await;
    hub.until("second", "login_required").await;
    (authority, hub)
}

async fn says(hub: &Hub, server: &str) -> (String, bool) {
    Client::connect(&hub.mcp(server)).await.call("list_issues", json!({})).await
}

fn three_issues() -> (String, bool) {
    ("three issues".to_owned(), false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_once_for_both_and_one_refresh_serves_both() {
    let (authority, hub) = start(Shape::PLAIN, &json!({})).await;

    sign_in(&hub, "notes").await;
    hub.until("second", "connected").await;
    let before = (says(&hub, "notes").await, says(&hub, "second").await);
    authority.forget_access_tokens();
    let after = (says(&hub, "second").await, says(&hub, "notes").await);

    assert_eq!((before, after), ((three_issues(), three_issues()), (three_issues(), three_issues())));
    assert_eq!((authority.count("GET /authorize"), authority.count("POST /token")), (1, 2));
    let kept = hub.home.json();
    assert_eq!(kept["obtained"]["grants"].as_array().map(Vec::len), Some(1), "{kept:#}");
    assert!(hub.view("second").await.to_string().contains("it is shared: address, issuer, client and resource"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_login_outlives_a_restart() {
    let (authority, hub) = start(Shape::PLAIN, &json!({})).await;
    sign_in(&hub, "second").await;
    hub.until("notes", "connected").await;

    let hub = hub.restart();

    hub.until("notes", "connected").await;
    hub.until("second", "connected").await;
    assert_eq!((says(&hub, "notes").await, says(&hub, "second").await), (three_issues(), three_issues()));
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_it_for_both_and_says_so() {
    let (_authority, hub) = start(Shape::PLAIN, &json!({})).await;
    sign_in(&hub, "notes").await;
    hub.until("second", "connected").await;

    let (_, answer) = hub.post("/api/servers/second/logout").await;

    assert!(answer.to_string().contains("second and notes (they share one login) are logged out"), "{answer:#}");
    hub.until("notes", "login_required").await;
    hub.until("second", "login_required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_needs_more_scopes_has_a_login_of_its_own() {
    let shape = Shape { scopes: &["read", "write"], ..Shape::PLAIN };
    let authority = Authority::start(shape).await;
    let of = |scope: &str| json!({"url": authority.server(), "oauth": {"scopes": [scope]}});
    let hub = Hub::start(&json!({"mcpServers": {"notes": of("read"), "second": of("write")}}));
    hub.until("notes", "login_required").await;
    hub.until("second", "login_required").await;

    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    let (told, failed) = says(&hub, "second").await;

    assert!(failed && told.contains("second needs a login"), "{told}");
    sign_in(&hub, "second").await;
    assert_eq!(hub.home.json()["obtained"]["grants"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_client_of_its_own_shares_nothing() {
    use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
    let own = json!({"oauth": {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}});
    let (_authority, hub) = start(Shape::PLAIN, &own).await;

    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    let (told, failed) = says(&hub, "second").await;

    assert!(failed && told.contains("second needs a login"), "{told}");
    assert_eq!(text(&hub.view("second").await, "/status"), "login_required");
}
