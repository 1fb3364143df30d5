//! A real login, written down as a case and played back, with no secret in it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET, ODD_CLIENT_ID, ODD_CLIENT_SECRET};
use mcphub_tests::{Authority, Browser, Home, Hub, Shape};
use serde_json::{Value, json};

/// Any free port.
const ANYWHERE: &str = "127.0.0.1:0";

/// Runs `auth login notes --record DIRECTORY` with these variables and signs in where it says. What it printed, and
/// what it wrote.
async fn record_into(home: &Home, directory: &str, listen: &str, variables: &[(&str, &str)]) -> (String, String) {
    let cases = home.settings().with_file_name(directory);
    let place = cases.display().to_string();
    let mut command = home.command(&["--listen", listen, "auth", "login", "notes"]);
    let command: &mut Command = command.args(["--record", &place]).envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command runs");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines().map_while(Result::ok);
    let link = lines.by_ref().map(|line| line.trim().to_owned()).find(|line| line.contains("/connect/"));
    let trip = Browser::new().follow(&link.expect("a link")).await;
    assert!(trip.page.contains("Signed in to notes"), "{}", trip.page);
    let printed = lines.collect::<Vec<_>>().join("\n");
    assert!(child.wait().expect("ends").success(), "{printed}");
    (printed, std::fs::read_to_string(cases.join("notes-login.toml")).expect("a case"))
}

/// Records the login of a server with this `oauth`, and expects a case that plays and has no secret in it: everything
/// that the authority keeps secret has one word in it.
async fn recorded(url: &str, oauth: &Value, variables: &[(&str, &str)]) -> String {
    let home = Home::new(&json!({"mcpServers": {"notes": {"url": url, "oauth": oauth}}}).to_string());
    let (printed, case) = record_into(&home, "cases", ANYWHERE, variables).await;
    expect_clean(&printed, &case);
    case
}

fn expect_clean(printed: &str, case: &str) {
    assert!(!case.contains("canary"), "{case}");
    assert!(printed.contains("played back, it goes as it went"), "{printed}\n{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_recorded_without_its_secrets_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = Home::new(&json!({"mcpServers": {"notes": {"url": authority.server()}}}).to_string());

    let (printed, case) = record_into(&home, "cases", ANYWHERE, &[]).await;

    assert!(printed.contains("values of it replaced by slots"), "{printed}");
    expect_clean(&printed, &case);
    for part in ["{{client-id}}", "{{state}}", "{{code}}", "{{code-verifier}}", "{{access-token}}", "{{refresh-token}}"]
    {
        assert!(case.contains(part), "{part}: {case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_authentication_of_a_client_in_the_settings_is_recorded_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;

    for (id, secret) in [(CLIENT_ID, CLIENT_SECRET), (ODD_CLIENT_ID, ODD_CLIENT_SECRET)] {
        let case = recorded(&authority.server(), &json!({"clientId": id, "clientSecret": secret}), &[]).await;

        assert!(case.contains("Basic {{client-id}}:{{client-secret}}"), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_an_earlier_login_is_recorded_without_its_secret_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}));
    let home = Home::new(&json!({"mcpServers": {"notes": {"url": authority.server()}}}).to_string());
    // The client is registered for one address of the hub.
    let listen = TcpListener::bind(ANYWHERE).and_then(|listener| listener.local_addr()).expect("a port").to_string();

    record_into(&home, "first", &listen, &[]).await;
    let (printed, case) = record_into(&home, "second", &listen, &[]).await;

    assert_eq!(authority.count("POST /register"), 1);
    expect_clean(&printed, &case);
    assert!(case.contains("Basic {{client-id}}:{{client-secret}}"), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_placeholders_of_the_settings_stand_for_is_recorded_as_slots_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    let client = json!({"clientId": "${ACME_ID}", "clientSecret": "${ACME_SECRET}"});
    let variables = [("ACME_ID", CLIENT_ID), ("ACME_SECRET", CLIENT_SECRET)];

    let case = recorded(&authority.server(), &client, &variables).await;

    assert!(!case.contains("ACME"), "{case}");
    assert!(case.contains("Basic {{client-id}}:{{client-secret}}"), "{case}");

    authority.demand_initial_access_token("canary-initial");
    let registration = json!({"dynamicRegistration": {"initialAccessToken": "${ACME_TOKEN}"}});

    let case = recorded(&authority.server(), &registration, &[("ACME_TOKEN", "canary-initial")]).await;

    assert!(!case.contains("ACME"), "{case}");
    assert!(case.contains("Bearer {{initial-access-token}}"), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_servers_address_is_recorded_as_a_made_up_word_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    let server = format!("{}?api_key=canary-key-1&team=canary", authority.server());

    let case = recorded(&server, &json!({}), &[]).await;

    assert!(case.contains("/mcp?api_key=secret-1&team=secret-2"), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_comes_with_the_tokens_is_recorded_without_its_secrets_and_plays_back() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_tokens(json!({
        "incoming_webhook": {"url": "https://hooks.example/services/T0/B0/canary0123456789"},
        "avatar": "https://files.example/a.png?signature=canary&page=1",
        "profile": "{\"session_key\": \"canary\"}", "pin": 424_242, "status": "active", "session_kind": "active",
    }));

    let case = recorded(&authority.server(), &json!({}), &[]).await;

    assert!(!case.contains("424242"), "{case}");
    for kept in ["https://hooks.example/services/T0/B0/{{", "&page=1", "\"status\": \"active\""] {
        assert!(case.contains(kept), "{kept}: {case}");
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
