//! The settings file is whole whenever the hub is killed: old or new, and the person's own part untouched. Clients go on
//! with their sessions.

use std::time::Duration;

use mcphub_tests::{Authority, Browser, Client, Home, Hub, Shape, command, text};
use serde_json::{Value, json};

use crate::sign_in;

/// How often the hub is killed.
const KILLS: u32 = 100;
/// How far the moments of killing lie apart: together they span the write that follows a sign-in.
const STEP: Duration = Duration::from_micros(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_are_whole_however_often_the_hub_is_killed_while_it_writes() {
    let authority = Authority::start(Shape::PLAIN).await;
    let original = format!("{:#}\n", json!({"x-mine": ["kept"], "mcpServers": {"notes": {"url": authority.server()}}}));
    let own = original.strip_suffix("\n}\n").expect("an object").to_owned();
    let (mut home, mut unfinished) = (Home::new(&original), 0);
    for round in 0..KILLS {
        let hub = Hub::start_in(home, 0, &[]);
        sign_in_until(&authority, &hub, STEP * round).await;

        home = hub.kill();

        let text = home.text();
        assert!(text.starts_with(&own), "round {round}: {text}");
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "round {round}: {text}");
        unfinished += usize::from(home.path().join(".mcp_settings.json.tmp").exists());
    }

    assert!(unfinished > 0, "no write was ever interrupted, so nothing was shown");
}

/// Signs in, and comes back a `moment` after the provider was asked for the tokens that are then written.
async fn sign_in_until(authority: &Authority, hub: &Hub, moment: Duration) {
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let asked = authority.count("POST /token") + 1;
    let moment = async {
        authority.until("POST /token", asked).await;
        let _: Result<(), _> = tokio::time::timeout(moment, std::future::pending()).await;
    };
    tokio::select! {
        _ = browser.follow(callback.as_str()) => {}
        () = moment => {}
    }
}

/// Calls at once while the hub refreshes.
const CALLERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_outlives_a_hundred_kills_unless_the_providers_answer_was_lost() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    let (mut home, mut lost, mut survived) = (hub.kill(), 0, 0);
    for round in 0..KILLS {
        let hub = Hub::start_in(home, 0, &[]);
        let view = hub.until_any("notes", &["connected", "login_required"]).await;
        if text(&view, "/status") == "login_required" {
            // The old token was presented again: its successor was in the answer that nobody read.
            lost += 1;
            assert_eq!(authority.reused(), lost, "round {round}: {view:#}");
            assert!(text(&view, "/problem").contains("no longer accepts this login"), "round {round}: {view:#}");
            sign_in(&hub, "notes").await;
        }

        let went_through = storm_until(&authority, &hub, STEP * round).await;
        home = hub.kill();

        // Whoever was served was served with a token that was on the disk before.
        if went_through {
            survived += 1;
            let kept = home.json().pointer("/obtained/grants/0/tokens/main/accessToken").cloned();
            let kept = kept.and_then(|token| token.as_str().map(str::to_owned)).unwrap_or_default();
            assert!(authority.opens(&format!("Bearer {kept}")), "round {round}: a token was used before it was kept");
        }
    }

    assert!(survived > 0 && lost < usize::try_from(KILLS).expect("a number"), "{survived} survived, {lost} lost");
}

/// Calls from several sessions over a token that was just forgotten; comes back a `moment` after the refresh was asked for.
/// Whether a call went through by then.
async fn storm_until(authority: &Authority, hub: &Hub, moment: Duration) -> bool {
    let mut clients = Vec::new();
    for _ in 0..CALLERS {
        clients.push(Client::connect(&hub.mcp("notes")).await);
    }
    let asked = authority.count("POST /token") + 1;
    authority.forget_access_tokens();
    let moment = async {
        authority.until("POST /token", asked).await;
        let _: Result<(), _> = tokio::time::timeout(moment * 4, std::future::pending()).await;
    };
    let calls = clients.iter().map(|client| Box::pin(client.call("list_issues", json!({}))));
    tokio::select! {
        ((_, failed), _, _) = futures::future::select_all(calls) => !failed,
        () = moment => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_on_with_its_session_after_the_hub_was_killed() {
    let hub = Hub::of_one(&command("", ""));
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    let before = client.tools().await;

    let hub = hub.restart();

    assert_eq!(client.tools().await, before);
    assert!(!before.is_empty());
    assert!(!hub.log().contains("mcp-session-id"), "{}", hub.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_with_the_hub_where_the_settings_say_so() {
    let settings = json!({
        "mcpServers": {"notes": command("", "")},
        "systemConfig": {"sessions": {"maxAgeHours": 0}},
    });
    let hub = Hub::start(&settings);
    let client = Client::connect(&hub.mcp("notes")).await;

    let hub = hub.restart();

    assert_eq!(client.request("ping", json!({})).await.0, 404);
    assert!(!hub.kill().path().join(".mcp_settings.json.sessions").exists());
}
