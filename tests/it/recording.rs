//! A real login, written down as a case and played back, with no secret in it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use mcphub_tests::{Authority, Browser, Home, Hub, Shape};
use serde_json::json;

/// Runs `auth login notes --record cases` and signs in where it says. What it printed, and what it wrote.
async fn record(home: &Home) -> (String, String) {
    let cases = home.settings().with_file_name("cases");
    let place = cases.display().to_string();
    let mut command = home.command(&["--listen", "127.0.0.1:0", "auth", "login", "notes"]);
    let command: &mut Command = command.args(["--record", &place]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command runs");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines().map_while(Result::ok);
    let link = lines.by_ref().map(|line| line.trim().to_owned()).find(|line| line.contains("/connect/"));
    let trip = Browser::new().follow(&link.expect("a link")).await;
    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
    let printed = lines.collect::<Vec<_>>().join("\n");
    assert!(child.wait().expect("ends").success(), "{printed}");
    (printed, std::fs::read_to_string(cases.join("notes-login.toml")).expect("a case"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_recorded_without_its_secrets_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = Home::new(&json!({"mcpServers": {"notes": {"url": authority.server()}}}).to_string());

    let (printed, case) = record(&home).await;

    assert!(printed.contains("values of it replaced by slots"), "{printed}");
    assert!(printed.contains("played back, it goes as it went"), "{printed}");
    // Everything that the authority keeps secret has this word in it.
    assert!(!case.contains("canary"), "{case}");
    for part in ["{{client-id}}", "{{state}}", "{{code}}", "{{code-verifier}}", "{{access-token}}", "{{refresh-token}}"]
    {
        assert!(case.contains(part), "{part}: {case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_running_hub_nothing_is_recorded() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    let listen = hub.url.replace("http://localhost", "127.0.0.1");

    let output = hub.home.run(&["--listen", &listen, "auth", "login", "notes", "--record", "cases"]);

    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stop it meanwhile"), "{output:?}");
}
