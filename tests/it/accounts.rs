//! More than one login on one server, each at an address of its own.

use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

async fn start(accounts: &Value) -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": {"accounts": accounts}}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

async fn says(hub: &Hub, server: &str) -> (String, bool) {
    Client::connect(&hub.mcp(server)).await.call("list_issues", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_has_a_login_and_an_address_of_its_own() {
    let (authority, hub) = start(&json!(["work"])).await;
    hub.until("notes@work", "login_required").await;

    sign_in(&hub, "notes@work").await;

    assert_eq!(says(&hub, "notes@work").await, ("three issues".to_owned(), false));
    let (told, failed) = says(&hub, "notes").await;
    assert!(failed && told.contains("notes needs a login"), "{told}");
    sign_in(&hub, "notes").await;
    assert_eq!(authority.count("POST /register"), 1);
    let grants = hub.home.json().pointer("/obtained/grants").cloned().unwrap_or_default();
    let accounts: Vec<String> =
        grants.as_array().expect("grants").iter().map(|grant| text(grant, "/account")).collect();
    assert_eq!(accounts, ["work", "default"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_servers_are_in_scope_each_tool_is_there_once() {
    let (_authority, hub) = start(&json!(["work"])).await;
    sign_in(&hub, "notes").await;
    sign_in(&hub, "notes@work").await;

    let tools = Client::connect(&format!("{}/mcp", hub.url)).await.tools().await;

    assert_eq!(tools, ["notes-list_issues"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_of_one_account_leaves_the_other_logged_in() {
    let (_authority, hub) = start(&json!(["work"])).await;
    sign_in(&hub, "notes").await;
    sign_in(&hub, "notes@work").await;

    hub.post("/api/servers/notes@work/logout").await;

    hub.until("notes@work", "login_required").await;
    assert_eq!(says(&hub, "notes").await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_is_written_into_the_settings_and_there_at_once() {
    let (_authority, hub) = start(&json!([])).await;

    let (status, answer) = hub.post_json("/api/servers/notes/accounts", &json!({"account": "home"})).await;

    assert_eq!((status, text(&answer, "/server")), (200, "notes@home".to_owned()));
    assert_eq!(hub.home.json().pointer("/mcpServers/notes/oauth/accounts"), Some(&json!(["home"])));
    sign_in(&hub, "notes@home").await;
    assert_eq!(says(&hub, "notes@home").await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_fits_into_no_address_is_refused() {
    let (_authority, hub) = start(&json!([])).await;

    for name in ["", "a/b", "a@b", "default"] {
        let (status, answer) = hub.post_json("/api/servers/notes/accounts", &json!({"account": name})).await;

        assert_eq!(status, 422, "{name}: {answer:#}");
        assert!(text(&answer, "/error").contains("cannot name an account"), "{answer:#}");
    }
    assert_eq!(hub.home.json().pointer("/mcpServers/notes/oauth/accounts"), Some(&json!([])));
}
