//! From two lines of JSON to a call that goes through.

use mcphub_tests::client::{call, link_in};
use mcphub_tests::{Browser, Client, peers, text};
use serde_json::json;

use crate::{World, expect_echo, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_once_and_the_same_session_goes_on() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    let client = world.client().await;

    let (told, failed) = client.call("echo", json!({"text": "hi"})).await;
    assert!(failed && told.contains("notes"), "{told}");
    let trip = Browser::new().follow(&link_in(&told)).await;

    assert_eq!(trip.status, 200);
    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    expect_echo(&client).await;
    assert!(client.tools().await.contains(&"add".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_has_a_button_that_leads_to_the_login() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    let browser = Browser::new();

    let overview = browser.follow(&world.hub.url).await;
    let trip = browser.submit(&format!("{}/connect", world.hub.url), &[("server", "notes")]).await;
    let unknown = browser.submit(&format!("{}/connect", world.hub.url), &[("server", "other")]).await;

    assert!(overview.page.contains("Log in"), "{}", overview.page);
    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    assert!(unknown.status == 404 && unknown.page.contains("the settings name notes"), "{unknown:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_servers_tools_are_at_one_endpoint_under_their_servers_names() {
    let Some(world) = World::start() else { return };
    let client = Client::connect(&format!("{}/mcp", world.hub.url)).await;
    world.hub.until("notes", "login_required").await;
    let before = client.tools().await;

    sign_in(&world.hub, "notes").await;

    assert!(!before.contains(&"notes-add".to_owned()), "{before:?}");
    assert!(client.tools().await.contains(&"notes-add".to_owned()));
    assert_eq!(client.call("notes-add", json!({"a": 2, "b": 3})).await, ("5".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_login_is_never_a_401() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;

    let client = world.client().await;
    let (listed, _) = client.request("tools/list", json!({})).await;
    let (pinged, _) = client.request("ping", json!({})).await;
    let (called, answer) = client.request("tools/call", call("echo", &json!({"text": "hi"}))).await;

    assert_eq!((listed, pinged, called), (200, 200, 200));
    assert_eq!(answer["result"]["isError"], true, "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdks_client_needs_nothing_special() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;

    let Some(seen) = peers::sdk_client(&world.hub.mcp("notes"), "echo") else { return };

    assert_eq!(text(&seen, "/text"), "hello");
    assert!(seen["tools"].to_string().contains("\"add\""), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_arrives_while_the_tool_still_works() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;

    let mut exchange = client.send("tools/call", call("hold", &json!({}))).await;
    let first = exchange.next().await.expect("progress before the end");
    world.server.go().await;
    let last = exchange.next().await.expect("the result");

    assert_eq!(text(&first, "/method"), "notifications/progress", "{first:#}");
    assert!(exchange.is_response(&last), "{last:#}");
    assert_eq!(text(&last, "/result/content/0/text"), "let go");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_the_client_gets_its_answer() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;

    let told = world.client().await.call("ask", json!({})).await;

    assert_eq!(told, ("the client says Ann".to_owned(), false));
}
