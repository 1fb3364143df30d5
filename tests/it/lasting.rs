//! What keeps a login alive: restarts, refreshes, and a server that forgets.

use mcphub_tests::client::link_in;
use mcphub_tests::{Browser, Client};
use serde_json::json;

use crate::{World, expect_echo, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_nobody_has_to_sign_in_again() {
    let Some(mut world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;

    world.hub = world.hub.restart();

    world.hub.until("notes", "connected").await;
    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("registrations").await, 1);
    assert_eq!(world.authority.count("grant:authorization_code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refreshed_before_its_end_and_calls_never_notice() {
    let Some(world) = World::with(&json!({"accessTokenTTL": 4}), json!({}), |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;

    while world.authority.count("grant:refresh_token").await < 2 {
        expect_echo(&client).await;
    }

    let refused = world.server.count("refused").await;
    expect_echo(&client).await;
    assert_eq!(world.server.count("refused").await, refused);
    assert_eq!(world.authority.count("grants_refused").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_hub_refreshes_with_what_it_kept() {
    let Some(mut world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    world.server.forget().await;

    world.hub = world.hub.restart();

    world.hub.until("notes", "connected").await;
    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("grant:refresh_token").await, 1);
    assert_eq!(world.authority.count("grant:authorization_code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_token_is_renewed_and_the_refused_call_replayed_once() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;
    expect_echo(&client).await;
    let refused = world.server.count("refused").await;

    world.server.forget().await;
    expect_echo(&client).await;

    assert!(world.server.count("refused").await > refused);
    assert_eq!(world.authority.count("grant:refresh_token").await, 1);
    assert_eq!(world.authority.count("grant:authorization_code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_again_and_again_is_healed_each_time() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;

    for _ in 0..3 {
        expect_echo(&client).await;
        world.server.forget().await;
        expect_echo(&client).await;
    }

    assert_eq!(world.authority.count("grant:refresh_token").await, 3);
    assert_eq!(world.authority.count("grant:authorization_code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_refresh_once() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(world.client().await);
    }
    for client in &clients {
        expect_echo(client).await;
    }

    world.server.forget().await;
    let calls = clients.into_iter().map(|client| tokio::spawn(async move { expect_echo(&client).await }));
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("the call goes through");
    }

    assert_eq!(world.authority.count("grant:refresh_token").await, 1);
    assert_eq!(world.authority.count("grants_refused").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_the_provider_ended_leads_to_a_fresh_link() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;
    world.server.forget().await;
    world.authority.set(json!({"forgetGrants": true})).await;

    let (told, failed) = client.call("echo", json!({"text": "hi"})).await;
    assert!(failed, "{told}");
    world.hub.until("notes", "login_required").await;
    let trip = Browser::new().follow(&link_in(&told)).await;

    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    expect_echo(&client).await;
    assert_eq!(world.authority.count("registrations").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_deleted_by_hand_is_asked_for_again() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let mut settings = world.hub.home.json();
    settings.as_object_mut().expect("an object").remove("obtained").expect("what the hub obtained");
    std::fs::write(world.hub.home.settings(), settings.to_string()).expect("written");

    let client = Client::connect(&world.hub.mcp("notes")).await;
    // What another program writes is seen a moment later.
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
    for _ in 0..100 {
        pace.tick().await;
        let (told, failed) = client.call("echo", json!({"text": "hi"})).await;
        if failed {
            assert!(told.contains("/connect/"), "{told}");
            return;
        }
    }
    panic!("the login is still used");
}
