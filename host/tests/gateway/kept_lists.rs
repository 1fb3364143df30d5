//! Lists that are always there: after a restart, and of servers that are slow, hang or are down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use mcphub::connect::Status;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::TestServer;
use crate::scripted::{Scripted, tools};

/// Far more than anything here takes that waits for nobody, and less than the shortest wait.
const AT_ONCE: Duration = Duration::from_millis(900);

#[tokio::test]
async fn after_a_restart_the_lists_are_there_at_once_also_of_a_server_that_is_down() {
    let directory = tempfile::tempdir().expect("directory");
    let peer = TestServer::start().await;
    let before = Hub::keeping(directory.path(), &[("a", &peer.url)]).await;
    let known = Client::connect(&before.url("/mcp")).await.tools().await;
    before.gateway.stop().await;
    peer.change(|state| state.refuses_post = Some(StatusCode::BAD_GATEWAY));

    let hub = Hub::keeping(directory.path(), &[("a", &peer.url)]).await;
    let (all, one) = (Client::connect(&hub.url("/mcp")).await, Client::connect(&hub.url("/mcp/a")).await);

    assert_eq!((known.len(), &all.tools().await), (7, &known));
    assert_eq!(one.tools().await.len(), 7);
    assert_eq!(one.greeting["instructions"], "Be kind.", "the greeting is kept, too");
    let lists = hub.gateway.lists("a").expect("known");
    assert_eq!((lists.tools, lists.stale), (7, true));
}

#[tokio::test]
async fn a_shortened_name_leads_to_its_tool_after_a_restart() {
    let directory = tempfile::tempdir().expect("directory");
    let long = "l".repeat(70);
    let server = Scripted::start(move |method, params| {
        Some(match method {
            "tools/list" => json!({ "tools": tools(&[long.as_str()]) }),
            _ => crate::scripted::said(&params["name"].as_str().unwrap_or_default().len().to_string()),
        })
    })
    .await;
    let before = Hub::keeping(directory.path(), &[("a", &server.url)]).await;
    let name = Client::connect(&before.url("/mcp")).await.tools().await.remove(0);
    before.gateway.stop().await;

    let hub = Hub::keeping(directory.path(), &[("a", &server.url)]).await;
    let called = Client::connect(&hub.url("/mcp")).await.call(&name, json!({})).await;

    assert_eq!((name.len(), text(&called)), (64, "70"));
    assert_eq!(server.count("tools/list"), 1, "nobody had to ask for the list");
}

#[tokio::test]
async fn the_lists_of_another_address_are_not_shown() {
    let directory = tempfile::tempdir().expect("directory");
    let (peer, other) = (TestServer::start().await, TestServer::start().await);
    let before = Hub::keeping(directory.path(), &[("a", &peer.url)]).await;
    Client::connect(&before.url("/mcp")).await.tools().await;
    before.gateway.stop().await;
    other.change(|state| state.refuses_post = Some(StatusCode::BAD_GATEWAY));

    let hub = Hub::keeping(directory.path(), &[("a", &other.url)]).await;

    assert!(hub.gateway.lists("a").is_none());
    assert!(Client::connect(&hub.url("/mcp")).await.tools().await.is_empty());
}

/// A server that hangs for as long as the switch is on.
async fn hanging() -> (Scripted, Arc<AtomicBool>) {
    let hangs = Arc::new(AtomicBool::new(false));
    let is_hung = hangs.clone();
    let server = Scripted::start(move |method, _| match method {
        _ if is_hung.load(Ordering::Relaxed) => None,
        "tools/list" => Some(json!({ "tools": tools(&["x"]) })),
        "resources/read" => Some(json!({ "error": { "code": -32002, "message": "none" } })),
        _ => Some(json!({})),
    })
    .await;
    (server, hangs)
}

#[tokio::test]
async fn a_hung_server_delays_nobody_and_becomes_unstable() {
    let (slow, hangs) = hanging().await;
    let fine = TestServer::start().await;
    let servers = [("slow", slow.url.as_str()), ("fine", fine.url.as_str())];
    let hub = Hub::inquisitive(&servers, Duration::from_secs(1)).await;
    hub.gateway.start();
    let until = async |status: Status| {
        hub.until_some(async || hub.connector.view("slow").await.filter(|view| view.status == status)).await
    };
    until(Status::Connected).await;
    hub.until(|| hub.gateway.lists("fine").is_some()).await;
    hangs.store(true, Ordering::Relaxed);

    let begun = Instant::now();
    for _ in 0..3 {
        let client = Client::connect(&hub.url("/mcp")).await;
        assert_eq!(client.tools().await.len(), 8, "its last tools are there");
        assert_eq!(text(&client.call("fine-echo", json!({})).await), "{}");
        assert!(client.call("nobody-has-this", json!({})).await["error"].is_object());
    }
    let took = begun.elapsed();
    until(Status::Unstable).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let unknown =
        timeout(AT_ONCE, client.request("resources/read", json!({ "uri": "x://none" }))).await.expect("at once");

    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(unknown["error"]["code"], -32002);
    assert!(hub.gateway.lists("slow").expect("known").stale);
    hangs.store(false, Ordering::Relaxed);
    until(Status::Connected).await;
}

#[tokio::test]
async fn a_client_with_other_capabilities_sees_the_tools_that_are_for_it() {
    let server = Scripted::start_asking(|method, client, _| {
        let names: &[&str] = if client["capabilities"]["sampling"].is_object() { &["x", "sample"] } else { &["x"] };
        Some(match method {
            "tools/list" => json!({ "tools": tools(names) }),
            _ => json!({}),
        })
    })
    .await;
    let hub = Hub::of(&[("s", &server.url)]).await;
    hub.gateway.start();
    hub.until_some(async || hub.connector.view("s").await.filter(|view| view.status == Status::Connected)).await;

    let plain = Client::connect_as(&hub.url("/mcp"), json!({}), "2025-11-25").await;
    let able = Client::connect(&hub.url("/mcp")).await;

    assert_eq!(
        (plain.tools().await, able.tools().await),
        (vec!["s-x".to_owned()], vec!["s-x".into(), "s-sample".into()])
    );
    assert_eq!(plain.tools().await, ["s-x"]);
}

#[tokio::test]
async fn the_command_line_shows_what_is_at_hand_and_says_what_it_did_not_wait_for() {
    let directory = tempfile::tempdir().expect("directory");
    let (slow, hangs) = hanging().await;
    let before = Hub::keeping(directory.path(), &[("slow", &slow.url)]).await;
    assert!(before.gateway.tools_at_hand("slow").await.expect("tools").not_awaited.is_none());
    before.gateway.stop().await;
    hangs.store(true, Ordering::Relaxed);

    let hub = Hub::keeping(directory.path(), &[("slow", &slow.url), ("new", &slow.url)]).await;
    let (known, unknown) = (hub.gateway.tools_at_hand("slow").await, hub.gateway.tools_at_hand("new").await);

    let known = known.expect("tools");
    let sentence = known.not_awaited.expect("a sentence");
    assert!(known.tools.len() == 1 && sentence.contains("listed before"), "{sentence}");
    let sentence = unknown.expect("none").not_awaited.expect("a sentence");
    assert!(sentence.contains("mcphub tools list --server new"), "{sentence}");
}
