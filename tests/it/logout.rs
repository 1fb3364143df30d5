//! Logging out: taken back at the provider, forgotten here.

use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::json;

use crate::{World, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_revokes_and_the_next_call_gets_a_link() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;

    let (status, answer) = world.hub.post("/api/servers/notes/logout").await;
    let (told, failed) = client.call("echo", json!({"text": "hi"})).await;

    assert_eq!(status, 200, "{answer}");
    assert!(failed && told.contains("/connect/"), "{told}");
    assert!(world.authority.count("revocations").await >= 1);
    assert_eq!(world.hub.home.json().pointer("/obtained/grants/0"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_logs_out_the_running_hub() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    let done =
        hub.home.run(&["--listen", &hub.url.replace("http://localhost", "127.0.0.1"), "auth", "logout", "notes"]);

    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(authority.living_tokens(), 0);
    let (told, failed) = Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await;
    assert!(failed && told.contains("/connect/"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_of_an_unknown_server_names_those_there_are() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let (status, answer) = hub.post("/api/servers/nots/logout").await;

    assert_eq!(status, 404);
    assert!(text(&answer, "/error").contains("notes"), "{answer}");
}
