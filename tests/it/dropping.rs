//! A plugin that is dropped into the directory of a running hub: no restart, no lost call, and nothing taken over silently.

use std::path::PathBuf;

use mcphub::bundled::BUNDLED;
use mcphub_tests::{Authority, CHAMELEON, Client, Home, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

mod approving;
mod issuers;

/// The generic plugin, as a file that somebody drops in.
fn component() -> &'static [u8] {
    BUNDLED.iter().find(|(name, _)| *name == "rfc8414").expect("bundled").1
}

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

fn folder(home: &Home) -> PathBuf {
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn put(hub: &Hub, bytes: &[u8]) {
    let folder = folder(&hub.home);
    std::fs::write(folder.join("draft"), bytes).expect("written");
    std::fs::rename(folder.join("draft"), folder.join("own.wasm")).expect("moved");
}

/// A hub with a plugin of its own in `own.wasm`, which the server names.
async fn start_with(quirks: Value, arguments: &[&str]) -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let entry = json!({"url": authority.server(), "oauth": {"provider": "chameleon"}});
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    std::fs::write(folder(&home).join("own.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_as(home, 0, (&[], arguments));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

fn wider() -> Value {
    json!({"_mode": "MCP_OAUTH2", "as.authorize_host_differs_from_token_host": ["other.example"]})
}

/// The entry of the dropped file.
async fn dropped(hub: &Hub) -> Value {
    let plugins = hub.get("/api/plugins").await;
    let own = |plugin: &&Value| text(plugin, "/origin").ends_with("own.wasm");
    plugins.as_array().into_iter().flatten().find(own).cloned().unwrap_or_default()
}

async fn expect_issues(client: &Client) {
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}

/// What a person does who has looked at it.
async fn approve(hub: &Hub) {
    hub.until_told("Look at it and let it serve with: mcphub plugins approve").await;
    let entry = dropped(hub).await;
    let digest = json!({"sha256": entry["sha256"]});
    let (status, answer) = hub.post_json(&format!("/api/plugins/{}/approve", text(&entry, "/id")), &digest).await;
    assert_eq!(status, 200, "{answer:#}");
}

fn command(hub: &Hub, arguments: &[&str]) -> std::process::Output {
    let address = hub.url.replace("http://localhost", "127.0.0.1");
    hub.home.run(&[&["--listen", &address, "plugins"], arguments].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_its_server_names_serves_at_once_and_the_hub_says_who_it_is() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": {"provider": "chameleon"}}));

    put(&hub, &CHAMELEON.with(&json!({"_mode": "MCP_OAUTH2"})));
    hub.until_told("names *.provider.example) serves").await;

    let entry = dropped(&hub).await;
    assert_eq!((text(&entry, "/status"), &entry["servers"]), ("ready".to_owned(), &json!(["notes"])), "{entry:#}");
    let told = hub.log();
    let line = told.lines().find(|line| line.contains(") serves")).expect("a line");
    for part in ["plugin chameleon ", "own.wasm", "contract 0.1,", &text(&entry, "/sha256"), "matches", "names"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let output = command(&hub, &["list"]);
    let table = String::from_utf8_lossy(&output.stdout);
    let line = table.lines().find(|line| line.contains("own.wasm")).expect("a line");
    let digest = text(&entry, "/sha256");
    for part in ["chameleon", " 0.1 ", &digest[..12], "ready"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_would_take_a_server_over_waits_for_a_word_though_nobody_is_logged_in() {
    let (authority, hub) = start().await;

    put(&hub, component());
    hub.until_told("it would serve notes, which the bundled plugin rfc8414 serves now. Look at it").await;

    let entry = dropped(&hub).await;
    assert_eq!(text(&entry, "/status"), "waits to be approved", "{entry:#}");
    assert_eq!((&entry["servers"], &entry["overrides"]), (&json!(["notes"]), &json!(["rfc8414"])), "{entry:#}");
    sign_in(&hub, "notes").await;
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_would_take_over_a_login_waits_for_a_word_and_calls_go_on() {
    let (authority, hub) = start().await;
    sign_in(&hub, "notes").await;
    let client = Client::connect(&hub.mcp("notes")).await;

    put(&hub, component());
    hub.until_told("serves now, and is logged in. Look at it").await;
    expect_issues(&client).await;
    let entry = dropped(&hub).await;
    assert_eq!(text(&entry, "/status"), "waits to be approved", "{entry:#}");
    let approved = command(&hub, &["approve", "rfc8414", "--yes"]);
    let again = command(&hub, &["approve", "rfc8414", "--yes"]);

    assert!(approved.status.success(), "{approved:?}");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("no plugin \"rfc8414\" waits"), "{again:?}");
    assert_eq!(text(&dropped(&hub).await, "/overrides/0"), "rfc8414");
    authority.forget_access_tokens();
    expect_issues(&client).await;

    // What was approved once is not asked about again.
    let hub = hub.restart();
    hub.until("notes", "connected").await;
    assert_eq!(text(&dropped(&hub).await, "/status"), "ready");
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_leaves_its_predecessor_and_its_end_the_bundled_one() {
    let (authority, hub) = start().await;
    put(&hub, component());
    approve(&hub).await;
    sign_in(&hub, "notes").await;
    let client = Client::connect(&hub.mcp("notes")).await;

    put(&hub, b"half a plugin");
    hub.until_told("own.wasm is no WebAssembly file").await;
    expect_issues(&client).await;
    std::fs::remove_file(hub.home.settings().with_file_name("plugins").join("own.wasm")).expect("removed");
    hub.until_told("the bundled one serves again").await;
    authority.forget_access_tokens();

    expect_issues(&client).await;
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_under_way_finishes_on_the_plugin_it_began_with() {
    let (_authority, hub) = start_with(json!({"_mode": "MCP_OAUTH2"}), &[]).await;
    let browser = mcphub_tests::Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;

    // With this one the authorization server would not find the code.
    put(&hub, &CHAMELEON.with(&json!({"_mode": "MCP_OAUTH2", "token.param_renames": {"code": "auth_code"}})));
    hub.until_told("no longer what the file was before").await;
    let trip = browser.follow(callback.as_str()).await;

    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    expect_issues(&Client::connect(&hub.mcp("notes")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_names_more_hosts_waits_for_a_word_and_its_predecessor_serves() {
    let (_authority, hub) = start_with(json!({"_mode": "MCP_OAUTH2"}), &[]).await;

    put(&hub, &CHAMELEON.with(&wider()));
    hub.until_told("it names hosts that it did not name before: other.example. Look at it").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    let waiting = hub.get("/api/plugins").await;
    let waiting = waiting.as_array().into_iter().flatten().find(|entry| entry["reasons"][0].is_string()).cloned();
    let digest = json!({"sha256": waiting.expect("one waits")["sha256"]});
    let (status, answer) = hub.post_json("/api/plugins/chameleon/approve", &digest).await;

    assert_eq!(status, 200, "{answer:#}");
    hub.until_told("was approved and serves").await;
    let hosts = dropped(&hub).await["hosts"].to_string();
    assert!(hosts.contains("other.example"), "{hosts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_plugins_are_trusted_none_waits() {
    let (_authority, hub) = start_with(json!({"_mode": "MCP_OAUTH2"}), &["--trust-plugins"]).await;

    put(&hub, &CHAMELEON.with(&wider()));

    hub.until_told("names *.provider.example, other.example) serves").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_back_is_asked_about_again() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    approve(&hub).await;
    std::fs::remove_file(folder(&hub.home).join("own.wasm")).expect("removed");
    hub.until_told("the bundled one serves again").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    put(&hub, component());

    hub.until_told("it would serve notes, which the bundled plugin rfc8414 serves now, and is logged in. Look at it")
        .await;
}
