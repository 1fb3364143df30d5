//! The settings file is the person's: what the hub does not have to change keeps its bytes.

use mcphub_tests::{Authority, Home, Hub, Shape};

use crate::sign_in;

/// A person's file, with their own order, indentation, comments and keys that the hub does not know.
fn settings(server: &str) -> String {
    format!(
        "{{\n   // our servers\n   \"groups\": [ {{ \"id\": \"g1\",   \"servers\": [\"notes\"] }} ],\n   \"mcpServers\": {{\n\t\"notes\" : \
         {{ \"url\": \"{server}\",\n\t   \"owner\": \"ann\", \"x-unknown\": [1, 2.50, 1e3, \"\\u00e9\"],\n\t   \"env\": {{ \"A\": \
         \"${{HOME_OF_A}}\" }} }},\n\t\"off\": {{ \"enabled\": false, \"command\": \"true\", \"args\": [ ] }}\n   }},\n   \
         \"users\": [ ]\n}}\n"
    )
}

/// Whether every line is there, whole and in order; a comma may have been added at the end.
fn keeps(text: &str, original: &str) -> bool {
    let mut lines = text.lines();
    original.lines().all(|line| lines.any(|kept| kept == line || kept == format!("{line},")))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_the_person_wrote_is_lost_by_login_and_logout() {
    let authority = Authority::start(Shape::PLAIN).await;
    let original = settings(&authority.server());
    let hub = Hub::start_in(Home::new(&original), 0, &[]);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;
    let logged_in = hub.home.text();
    hub.post("/api/servers/notes/logout").await;
    let logged_out = hub.home.text();

    assert!(keeps(&logged_in, &original), "{logged_in}");
    assert!(keeps(&logged_out, &original), "{logged_out}");
    assert!(logged_in.contains("\"obtained\""), "{logged_in}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_made_while_the_hub_runs_is_kept() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority.server())), 0, &[]);
    hub.until("notes", "login_required").await;
    let edited = hub.home.text().replace("// our servers", "// our servers, and theirs");
    std::fs::write(hub.home.settings(), &edited).expect("saved");

    sign_in(&hub, "notes").await;

    assert!(keeps(&hub.home.text(), &edited), "{}", hub.home.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_person_may_read_the_file_once_it_holds_tokens() {
    use std::os::unix::fs::PermissionsExt;
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start_in(Home::new(&settings(&authority.server())), 0, &[]);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let mode = std::fs::metadata(hub.home.settings()).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
