//! Plugins that know servers only by their issuer.

use super::*;

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
