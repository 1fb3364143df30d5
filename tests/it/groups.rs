//! Groups: some servers, each under one of its accounts, at an address of their own.

use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

async fn start(groups: &Value) -> (Authority, Authority, Hub) {
    let (authority, other) = (Authority::start(Shape::PLAIN).await, Authority::start(Shape::PLAIN).await);
    let hub = Hub::start(&json!({
        "mcpServers": {
            "notes": {"url": authority.server(), "oauth": {"accounts": ["work"]}},
            "other": {"url": other.server()},
        },
        "groups": groups,
    }));
    for server in ["notes@work", "other"] {
        hub.until(server, "login_required").await;
        sign_in(&hub, server).await;
        hub.until(server, "connected").await;
    }
    (authority, other, hub)
}

async fn group(hub: &Hub, name: &str) -> Client {
    Client::connect(&format!("{}/mcp/{name}", hub.url)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_chooses_the_account_its_servers_are_used_with() {
    let groups = json!([{"id": "g-1", "name": "office", "servers": ["notes@work", "other"]}]);
    let (_authority, _other, hub) = start(&groups).await;

    for name in ["office", "g-1"] {
        let client = group(&hub, name).await;
        assert_eq!(client.tools().await, ["notes_work-list_issues", "other-list_issues"]);
        let called = client.call("notes_work-list_issues", json!({})).await;
        assert_eq!(called, ("three issues".to_owned(), false));
    }
    let (told, failed) = Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await;
    assert!(failed && told.contains("notes needs a login"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_only_the_tools_it_lists_under_the_names_it_gives() {
    let groups = json!({
        "short": {"servers": [{"name": "notes@work", "alias": "n"}, {"name": "other", "tools": ["nothing"]}]},
        "bare": {"servers": [{"name": "notes@work", "alias": ""}, {"name": "other", "alias": ""}]},
    });
    let (_authority, _other, hub) = start(&groups).await;

    let short = group(&hub, "short").await;
    assert_eq!(short.tools().await, ["n-list_issues"]);
    let hidden = short.request("tools/call", json!({"name": "other-list_issues", "arguments": {}})).await.1;
    assert!(text(&hidden, "/error/message").contains("no tool is called"), "{hidden:#}");

    let bare = group(&hub, "bare").await;
    assert_eq!(bare.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    assert_eq!(bare.tools().await, ["list_issues", "other-list_issues"]);
    assert_eq!(bare.call("other-list_issues", json!({})).await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_wins_over_a_server_of_its_name_and_changes_while_the_hub_runs() {
    let (_authority, _other, hub) = start(&json!([{"name": "notes", "servers": ["other"]}])).await;
    let client = group(&hub, "notes").await;
    assert_eq!(client.tools().await, ["other-list_issues"]);

    let mut settings = hub.home.json();
    settings["groups"][0]["servers"] = json!(["other", "notes@work"]);
    std::fs::write(hub.home.settings(), settings.to_string()).expect("saved");
    hub.until_told("the settings were changed").await;

    assert_eq!(client.tools().await, ["other-list_issues", "notes_work-list_issues"]);
}
