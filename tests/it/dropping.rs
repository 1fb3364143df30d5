//! A plugin that is dropped into the directory of a running hub: no restart, no lost call, and nothing taken over silently.

use std::path::PathBuf;

use mcphub::bundled::BUNDLED;
use mcphub_tests::{Authority, CHAMELEON, Client, Home, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

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
async fn one_that_knows_a_server_only_by_its_issuer_waits_when_that_is_found_out() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = Home::new("{}");
    let quirks = json!({"_mode": "MCP_OAUTH2", "match.issuer": authority.url});
    std::fs::write(folder(&home).join("own.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let settings = home.settings();
    let hub = Hub::start_in(home, 0, &[]);
    assert_eq!(text(&dropped(&hub).await, "/status"), "ready");

    let entry = json!({"mcpServers": {"notes": {"url": authority.server()}}});
    std::fs::write(&settings, entry.to_string()).expect("written");
    hub.until_told("waits from now on: it would serve notes, which the bundled plugin rfc8414 serves now").await;
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    assert_eq!(text(&hub.view("notes").await, "/provider"), "rfc8414");
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
}

/// A hub whose plugin knows servers by this authority's issuer, approved for `notes`.
async fn start_approved_by_issuer(authority: &Authority) -> Hub {
    let home = Home::new("{}");
    std::fs::write(folder(&home).join("own.wasm"), CHAMELEON.with(&by_issuer(&authority.url))).expect("written");
    let settings = home.settings();
    let hub = Hub::start_in(home, 0, &[]);
    let entry = json!({"mcpServers": {"notes": {"url": authority.server()}}});
    std::fs::write(&settings, entry.to_string()).expect("written");
    hub.until_told("waits from now on: it would serve notes, which the bundled plugin rfc8414 serves now").await;
    hub.until("notes", "login_required").await;
    approve(&hub).await;
    hub.until_told("was approved and serves").await;
    hub
}

fn by_issuer(issuer: &str) -> Value {
    json!({"_mode": "MCP_OAUTH2", "match.issuer": issuer})
}

/// The entries of the dropped file: the one that serves and the one that waits.
async fn statuses(hub: &Hub) -> Vec<(String, Value)> {
    let plugins = hub.get("/api/plugins").await;
    let own = plugins.as_array().into_iter().flatten().filter(|plugin| text(plugin, "/origin").ends_with("own.wasm"));
    own.map(|plugin| (text(plugin, "/status"), plugin["servers"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_one_takes_over_no_further_server_that_only_its_issuer_tells() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = start_approved_by_issuer(&authority).await;
    sign_in(&hub, "notes").await;
    assert_eq!(text(&hub.view("notes").await, "/provider"), "chameleon");

    let other = Authority::start(Shape::PLAIN).await;
    other.patch_resource(json!({"authorization_servers": [authority.url]}));
    let entries = json!({"notes": {"url": authority.server()}, "more": {"url": other.server()}});
    let mut settings = hub.home.json();
    settings["mcpServers"] = entries;
    std::fs::write(hub.home.settings(), settings.to_string()).expect("written");
    hub.until_told("waits with a further server: it would serve more, which the bundled plugin rfc8414 serves now")
        .await;

    assert_eq!(text(&hub.view("notes").await, "/provider"), "chameleon");
    let (ready, waits) = ("ready".to_owned(), "waits to be approved".to_owned());
    assert_eq!(statuses(&hub).await, [(ready.clone(), json!(["notes"])), (waits, json!(["more", "notes"]))]);
    let output = command(&hub, &["approve", "chameleon", "--yes"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(statuses(&hub).await.len(), 1);
    let hub = hub.restart();
    let view = hub.until("more", "login_required").await;
    assert_eq!(text(&view, "/provider"), "chameleon");
    assert_eq!(statuses(&hub).await.first().map(|(status, _)| status.clone()), Some(ready));
    assert!(!hub.log().contains("waits with a further server"), "{}", hub.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_build_that_matches_more_than_the_approved_one_waits() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = start_approved_by_issuer(&authority).await;

    put(&hub, &CHAMELEON.with(&by_issuer("https://elsewhere.example")));

    hub.until_told("it matches what it did not match before: issuer is https://elsewhere.example").await;
    let serving = dropped(&hub).await;
    assert_eq!((text(&serving, "/status"), &serving["matches"]), ("ready".to_owned(), &json!([authority.url])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_swapped_since_is_not_approved() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve in place of the bundled one").await;
    let looked_at = dropped(&hub).await["sha256"].clone();

    put(&hub, &[component(), &[0, 2, 1, b'x']].concat());
    let (swapped, told) = hub.post_json("/api/plugins/rfc8414/approve", &json!({"sha256": looked_at})).await;

    assert_eq!(swapped, 409, "{told}");
    assert!(text(&told, "/error").contains("is not the one you looked at"), "{told}");
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_at_is_what_comes_to_serve() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve in place of the bundled one").await;
    let looked_at = dropped(&hub).await["sha256"].clone();
    put(&hub, &[component(), &[0, 2, 1, b'x']].concat());
    while dropped(&hub).await["sha256"] == looked_at {
        tokio::task::yield_now().await;
    }
    let digest = text(&dropped(&hub).await, "/sha256");
    let path = "/api/plugins/rfc8414/approve";

    let (unsaid, _) = hub.post(path).await;
    let (other, told) = hub.post_json(path, &json!({"sha256": looked_at})).await;
    let by_command = command(&hub, &["approve", "rfc8414", "--sha256", looked_at.as_str().expect("a digest")]);
    let (right, _) = hub.post_json(path, &json!({"sha256": digest})).await;
    let (again, _) = hub.post_json(path, &json!({"sha256": digest})).await;

    assert_eq!((unsaid, other, right, again), (400, 409, 200, 404));
    assert!(text(&told, "/error").contains(&digest), "{told}");
    assert_eq!(by_command.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_what_is_approved_and_asks() {
    let (_authority, hub) = start().await;
    put(&hub, component());
    hub.until_told("waits to serve").await;
    let digest = text(&dropped(&hub).await, "/sha256");

    let unsaid = command(&hub, &["approve", "rfc8414"]);
    assert_eq!(unsaid.status.code(), Some(1), "{unsaid:?}");
    assert_eq!(text(&dropped(&hub).await, "/status"), "waits to be approved");
    let said = command(&hub, &["approve", "rfc8414", "--yes"]);

    assert!(said.status.success(), "{said:?}");
    let shown = String::from_utf8_lossy(&unsaid.stdout).into_owned();
    for part in [&digest, "own.wasm", "would serve", "notes", "let it serve? [y/N]"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(text(&dropped(&hub).await, "/status"), "ready");
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
