//! `${VAR}` in the settings: used when set; when it is not, the person is led to set the client up.

use std::io::Write;
use std::process::Stdio;

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::{Authority, Browser, Home, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

fn settings(authority: &Authority) -> String {
    let oauth = json!({"clientId": "${OUR_CLIENT_ID}", "clientSecret": "${OUR_CLIENT_SECRET}"});
    format!("{:#}\n", json!({"mcpServers": {"notes": {"url": authority.server(), "oauth": oauth}}}))
}

fn oauth(hub: &Hub) -> Value {
    hub.home.json().pointer("/mcpServers/notes/oauth").cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placeholder_is_filled_from_the_environment_and_stays_in_the_file() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = Home::new(&settings(&authority));
    let hub = Hub::start_in(home, 0, &[("OUR_CLIENT_ID", CLIENT_ID), ("OUR_CLIENT_SECRET", CLIENT_SECRET)]);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    assert_eq!(oauth(&hub), json!({"clientId": "${OUR_CLIENT_ID}", "clientSecret": "${OUR_CLIENT_SECRET}"}));
    assert!(!hub.home.text().contains(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unset_placeholder_leads_to_the_guide_that_names_it() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority)), 0, &[]);

    let view = hub.until("notes", "setup_required").await;
    let page = Browser::new().follow(&hub.link("notes").await).await.page;

    assert!(text(&view, "/problem").contains("OUR_CLIENT_ID"), "{view:#}");
    assert!(page.contains("OUR_CLIENT_ID") && page.contains("OUR_CLIENT_SECRET"), "{page}");
    assert!(page.contains(&format!("{}/oauth/callback", hub.url)), "{page}");
    assert_eq!(authority.count("POST /register"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_filled_into_the_form_is_kept_and_the_login_goes_on() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority)), 0, &[]);
    hub.until("notes", "setup_required").await;
    let (browser, link) = (Browser::new(), hub.link("notes").await);
    browser.follow(&link).await;

    let incomplete = browser.submit(&link, &[("client_id", ""), ("client_secret", CLIENT_SECRET)]).await;
    let trip = browser.submit(&link, &[("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]).await;

    assert!(incomplete.page.contains("missing") && !incomplete.page.contains(CLIENT_SECRET), "{}", incomplete.page);
    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
    hub.until("notes", "connected").await;
    assert_eq!(oauth(&hub), json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}));
    let hub = hub.restart();
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_shows_the_same_guide_and_takes_the_same_values() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority)), 0, &[]);
    hub.until("notes", "setup_required").await;
    let listen = hub.url.replace("http://localhost", "127.0.0.1");
    let mut command = hub.home.command(&["--listen", &listen, "auth", "setup", "notes"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");

    let typed = format!("{CLIENT_ID}\n{CLIENT_SECRET}\n");
    child.stdin.take().expect("input").write_all(typed.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("ends");

    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("OUR_CLIENT_ID") && said.contains(&format!("{}/oauth/callback", hub.url)), "{said}");
    assert!(!said.contains(CLIENT_SECRET) && said.contains("/connect/"), "{said}");
    assert_eq!(oauth(&hub), json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}));
    sign_in(&hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_missing_at_the_terminal_changes_nothing() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority)), 0, &[]);
    hub.until("notes", "setup_required").await;
    let before = hub.home.text();

    let (status, answer) = hub.post_json("/api/servers/notes/setup", &json!({"client_id": ""})).await;

    assert_eq!(status, 422);
    assert!(text(&answer, "/error").contains("client id is missing"), "{answer:#}");
    assert_eq!(hub.home.text(), before);
}
