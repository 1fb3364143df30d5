//! What waits for a person outlives the hub: links, logins at the provider's page, and open questions.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use mcphub_tests::{Authority, Browser, CHAMELEON, Home, Hub, Shape, text};
use serde_json::json;

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

fn pending_file(hub: &Hub) -> PathBuf {
    hub.home.settings().with_file_name(".mcp_settings.json.pending")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_the_providers_page_comes_back_to_a_restarted_hub_and_is_signed_in() {
    let (authority, hub) = start().await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let mode = std::fs::metadata(pending_file(&hub)).expect("kept").permissions().mode();

    let hub = hub.restart();
    hub.until("notes", "login_required").await;
    let trip = browser.follow(callback.as_str()).await;

    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
    hub.until("notes", "connected").await;
    assert_eq!(authority.count("POST /register"), 1);
    assert_eq!(mode & 0o777, 0o600);
    assert!(!pending_file(&hub).exists(), "nothing waits any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_outlives_a_killed_hub_and_still_belongs_to_its_browser() {
    let (_authority, hub) = start().await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let port = hub.url.rsplit(':').next().expect("a port").parse().expect("a port");
    let settings = hub.home.text();

    let hub = Hub::start_in(hub.kill(), port, &[]);
    hub.until("notes", "login_required").await;
    let elsewhere = Browser::new().follow(callback.as_str()).await;
    let trip = browser.follow(callback.as_str()).await;
    let twice = browser.follow(callback.as_str()).await;

    assert!(!settings.contains("verifier"), "what waits is not in the person's file: {settings}");
    assert_eq!((elsewhere.status, twice.status), (403, 403));
    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_from_before_a_restart_works() {
    let (_authority, hub) = start().await;
    let link = hub.link("notes").await;

    let hub = hub.restart();
    hub.until("notes", "login_required").await;
    let trip = Browser::new().follow(&link).await;

    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_for_another_address_of_the_server_is_begun_anew() {
    let (authority, hub) = start().await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let moved = format!("{}/moved", authority.server());

    let port = hub.url.rsplit(':').next().expect("a port").parse().expect("a port");
    let home = hub.stop();
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": {"url": moved}}}).to_string()).expect("written");
    let hub = Hub::start_in(home, port, &[]);
    let trip = browser.follow(callback.as_str()).await;

    assert_eq!(trip.status, 403);
    assert!(trip.page.contains("Get a fresh link"), "{}", trip.page);
    assert_eq!(authority.count("POST /token"), 0);
    drop(hub);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_open_during_a_restart_is_answered_after_it() {
    let authority = Authority::start(Shape::PLAIN).await;
    let entry = json!({"url": authority.server(), "oauth": {"provider": "chameleon"}});
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    let quirks = json!({"_mode": "MCP_OAUTH2", "ask": ["eu", "us"]});
    std::fs::write(folder.join("chameleon.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "login_required").await;
    let browser = Browser::new();
    let asked = browser.follow(&hub.link("notes").await).await;
    let ticket = asked.page.split("name=\"ticket\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let ticket = ticket.expect("a ticket").to_owned();

    let hub = hub.restart();
    hub.until("notes", "login_required").await;
    let url = format!("{}/oauth/choose", hub.url);
    let trip = browser.submit(&url, &[("ticket", ticket.as_str()), ("value", "us")]).await;

    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
    let view = hub.until("notes", "connected").await;
    assert_eq!(text(&view, "/account"), "us", "{view:#}");
    assert_eq!(authority.count("POST /token"), 1, "the code is not used a second time");
}
