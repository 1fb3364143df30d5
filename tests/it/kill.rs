//! The settings file is whole whenever the hub is killed: old or new, and the person's own part untouched.

use std::time::Duration;

use mcphub_tests::{Authority, Browser, Home, Hub, Shape};
use serde_json::{Value, json};

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
