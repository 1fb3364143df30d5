//! What was obtained is sealed with a key of the environment.

use mcphub_tests::{Authority, Home, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

const KEY: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY";
const PREVIOUS: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS";
const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TWO: &str = "another key, which is a long passphrase";

fn settings(authority: &Authority) -> Home {
    Home::new(&format!("{:#}\n", json!({"mcpServers": {"notes": {"url": authority.server()}}})))
}

async fn logged_in(authority: &Authority, variables: &[(&str, &str)]) -> Hub {
    let hub = Hub::start_in(settings(authority), 0, variables);
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub
}

fn port(hub: &Hub) -> u16 {
    hub.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

/// Stops the hub, and starts it at the same port with these variables.
fn again(hub: Hub, variables: &[(&str, &str)]) -> Hub {
    let port = port(&hub);
    Hub::start_in(hub.kill(), port, variables)
}

fn obtained(hub: &Hub) -> Value {
    hub.home.json()["obtained"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_sealed_and_used_after_a_restart() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = logged_in(&authority, &[(KEY, ONE)]).await;

    let (file, kept) = (hub.home.text(), obtained(&hub));
    let hub = again(hub, &[(KEY, ONE)]);

    for secret in authority.secrets() {
        assert!(!file.contains(&secret), "{file}");
    }
    assert_eq!(text(&kept, "/grants/0/server"), "notes");
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_the_server_says_so_and_nothing_is_lost() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = logged_in(&authority, &[(KEY, ONE)]).await;
    let before = hub.home.text();

    let mut hub = hub;
    for variables in [&[][..], &[(KEY, TWO)]] {
        hub = again(hub, variables);
        let view = hub.until("notes", "failed").await;
        assert!(text(&view, "/problem").starts_with("the login of notes is sealed, and MCPHUB_CREDENTIAL"), "{view:#}");
        assert!(text(&view, "/problem").contains("Set MCPHUB_CREDENTIAL_ENCRYPTION_KEY"), "{view:#}");
        hub.until_told("what was obtained for notes is sealed").await;
        assert_eq!(hub.home.text(), before);
    }

    let hub = again(hub, &[(KEY, TWO), (PREVIOUS, ONE)]);
    hub.until("notes", "connected").await;
    let hub = again(hub, &[(KEY, TWO)]);
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_whose_key_is_lost_is_forgotten_by_a_logout() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = again(logged_in(&authority, &[(KEY, ONE)]).await, &[(KEY, TWO)]);
    hub.until("notes", "failed").await;

    let (status, answer) = hub.post("/api/servers/notes/logout").await;

    assert_eq!(status, 200, "{answer:#}");
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_the_clear_is_sealed_at_start() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = logged_in(&authority, &[]).await;
    assert!(authority.secrets().iter().any(|secret| hub.home.text().contains(secret.as_str())));

    let hub = again(hub, &[(KEY, ONE)]);
    hub.until("notes", "connected").await;

    hub.until_told("under obtained are sealed from now on").await;
    for secret in authority.secrets() {
        assert!(!hub.home.text().contains(&secret), "{}", hub.home.text());
    }
}

#[test]
fn a_key_that_could_be_guessed_ends_the_start_without_being_shown() {
    let home = Home::new("{}");

    let output = home.command(&["--listen", "127.0.0.1:0"]).env(KEY, "hunter2").output().expect("runs");

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("MCPHUB_CREDENTIAL_ENCRYPTION_KEY has 7 characters, which is too short"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
