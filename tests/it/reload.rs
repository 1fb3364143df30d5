//! The settings are edited while the hub runs: it goes on with what they say.

use mcphub_tests::{Authority, Client, Home, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

fn save(hub: &Hub, servers: &Value) {
    std::fs::write(hub.home.settings(), json!({"mcpServers": servers}).to_string()).expect("saved");
}

/// Adds servers to what the file says, as a careful person would: what the hub obtained stays.
fn change(hub: &Hub, change: impl FnOnce(&mut Value)) {
    let mut settings = hub.home.json();
    change(&mut settings["mcpServers"]);
    std::fs::write(hub.home.settings(), settings.to_string()).expect("saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lines_added_while_the_hub_runs_are_enough() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::empty(), 0, &[]);

    save(&hub, &json!({"notes": {"url": authority.server()}}));

    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_over_changes_of_its_own_and_other_servers() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    let (one, all) = (Client::connect(&hub.mcp("notes")).await, Client::connect(&format!("{}/mcp", hub.url)).await);
    assert_eq!(all.tools().await, ["notes-list_issues"]);

    change(&hub, |servers| {
        servers["notes"]["tools"] = json!({"list_issues": {"description": "All of them."}});
        servers["more"] = json!({"url": authority.server()});
    });
    hub.until("more", "connected").await;
    hub.until("notes", "connected").await;

    assert_eq!(one.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    let (_, listed) = all.request("tools/list", json!({})).await;
    assert_eq!(text(&listed, "/result/tools/0/description"), "All of them.", "{listed:#}");
    assert_eq!(authority.count("POST /register"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_taken_out_is_gone_and_its_session_is_told() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let client = Client::connect(&hub.mcp("notes")).await;

    save(&hub, &json!({"other": {"url": authority.server()}}));
    hub.until("other", "login_required").await;

    let (_, answer) = client.request("tools/list", json!({})).await;
    assert!(text(&answer, "/error/message").contains("is called \"notes\""), "{answer:#}");
    assert!(text(&hub.view("notes").await, "/error").contains("other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_edit_leaves_the_last_good_settings_in_force() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let good = hub.home.text();

    std::fs::write(hub.home.settings(), "{ \"mcpServers\": { \"notes\": ").expect("saved");
    hub.until_told("the last good settings stay in force").await;
    assert_eq!(text(&hub.view("notes").await, "/status"), "login_required");
    std::fs::write(hub.home.settings(), good.replace(&authority.server(), "htp://a.example")).expect("saved");
    hub.until_told("has no http or https scheme").await;

    assert_eq!(text(&hub.view("notes").await, "/status"), "login_required");
    std::fs::write(hub.home.settings(), good).expect("saved");
    sign_in(&hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_that_is_gone_for_now_takes_no_login_along() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    let kept = hub.home.text();

    std::fs::remove_file(hub.home.settings()).expect("removed");
    let (told, failed) = client.call("list_issues", json!({})).await;
    hub.until_told("stay in force").await;
    std::fs::write(hub.home.settings(), &kept).expect("back again");

    assert_eq!((told.as_str(), failed), ("three issues", false));
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    assert_eq!(authority.count("GET /authorize"), 1);
}
