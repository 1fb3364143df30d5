//! `mcphub tools` beside a running hub: the hub is asked, so that no server is started twice and no tool is called twice.

use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{any, get};
use mcphub::presence::{HubToken, Presence, Role};
use mcphub::random::Random;
use mcphub_tests::{Client, Home, Hub, Processes, command};
use serde_json::{Value, json};

/// A server that enters its processes, with more in its entry.
fn home(more: &Value) -> (Home, Processes) {
    let home = Home::empty();
    let processes = Processes(home.path().join("pids"));
    let mut entry = command(&processes.enter(), "");
    entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");
    (home, processes)
}

/// Runs `mcphub tools` with the usual log, and says how it ended, what it printed, and what it said beside.
fn tools(home: &Home, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = home.command(&["tools"]);
    let Output { status, stdout, stderr } = command.args(arguments).env("RUST_LOG", "warn").output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// Calls `count`, which answers with the id of its process and how often that was called.
fn count(home: &Home) -> String {
    let (code, result, said) = tools(home, &["call", "notes", "count", "{}"]);
    assert_eq!(code, Some(0), "{said}");
    let result: Value = serde_json::from_str(&result).expect("JSON");
    result["content"][0]["text"].as_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_hub_is_asked_and_no_second_process_is_started() {
    let (home, processes) = home(&json!({}));
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    let process = Client::connect(&hub.mcp("notes")).await.call("count", json!({})).await.0.replace(" 1", "");

    let (code, listed, said) = tools(&hub.home, &["list", "--json"]);
    let calls = [count(&hub.home), count(&hub.home)];

    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(serde_json::from_str::<Value>(&listed).expect("JSON")[0]["full_name"], "notes-count");
    assert_eq!(calls, [format!("{process} 2"), format!("{process} 3")]);
    assert_eq!(processes.started(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_demand_is_started_once_and_by_the_hub() {
    let (home, processes) = home(&json!({"startOnDemand": true}));
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    let before = processes.started();

    let first = count(&hub.home);
    let (code, listed, _) = tools(&hub.home, &["list"]);
    let second = count(&hub.home);

    assert_eq!((before, code, processes.started()), (0, Some(0), 1));
    assert!(listed.starts_with("notes  count"), "{listed}");
    assert_eq!(second, first.replace(" 1", " 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_rests_is_not_started_for_its_list() {
    let (home, processes) = home(&json!({"startOnDemand": true}));
    let hub = Hub::start_in(home, 0, &[]);
    count(&hub.home);
    let (_, before, _) = tools(&hub.home, &["list", "--json"]);
    // Told to stop, so that it writes its lists.
    let hub = Hub::start_in(hub.stop(), 0, &[]);

    let (code, listed, said) = tools(&hub.home, &["list", "--json"]);
    let (_, of_one, _) = tools(&hub.home, &["list", "--server", "notes", "--json"]);

    assert_eq!((code, said.as_str(), processes.started()), (Some(0), "", 1));
    assert_eq!([&listed, &of_one], [&before, &before]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_says_the_same_with_a_running_hub_and_without() {
    let (home, _) = home(&json!({}));
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    let all: [&[&str]; 5] = [
        &["list"],
        &["list", "--server", "notes", "--json"],
        &["call", "nobody", "count", "{}"],
        &["call", "notes", "nothing", "{}"],
        &["call", "notes", "count", "[]"],
    ];

    let with = all.map(|arguments| tools(&hub.home, arguments));
    let home = hub.stop();
    let without = all.map(|arguments| tools(&home, arguments));

    assert_eq!(with, without);
    assert_eq!(with.map(|(code, ..)| code), [0, 0, 1, 1, 1].map(Some));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_switched_off_is_not_used_through_the_hub_either() {
    let (home, processes) = home(&json!({"enabled": false}));
    let hub = Hub::start_in(home, 0, &[]);

    let (listed, called) = (tools(&hub.home, &["list"]), tools(&hub.home, &["call", "notes", "count", "{}"]));

    assert_eq!((listed.0, listed.1.trim()), (Some(0), ""));
    assert!(called.0 == Some(1) && called.2.contains("no server is called notes"), "{}", called.2);
    assert_eq!(processes.started(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_named_and_not_waited_for() {
    let home = Home::new(&json!({"mcpServers": {"notes": command("", ""), "down": command("exit 3", "")}}).to_string());
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    hub.until("down", "failed").await;

    let (code, listed, said) = tools(&hub.home, &["list"]);

    assert!(code == Some(0) && listed.contains("notes  count"), "{listed}");
    assert!(said.starts_with("down ") && said.contains("exit status 3"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_of_other_settings_is_not_asked() {
    let (first, processes) = home(&json!({}));
    let (second, own) = home(&json!({}));
    let hub = Hub::start_in(first, 0, &[]);
    hub.until("notes", "connected").await;

    count(&second);

    assert_eq!((processes.started(), own.started()), (1, 1));
}

/// A hub of a server whose tool never answers, and whether that server was sent these words.
async fn hub_of_a_hanging_server() -> (Hub, impl Fn(&str) -> bool) {
    let home = Home::empty();
    let heard = home.path().join("heard");
    let script = format!("tee -a '{}' | sh -c \"$0\"", heard.display());
    let entry = json!({"command": "sh", "args": ["-c", script, command("", "")["args"][1]]});
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    (hub, move |words| std::fs::read_to_string(&heard).is_ok_and(|heard| heard.contains(words)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_stopped_cancels_its_call() {
    let (hub, words) = hub_of_a_hanging_server().await;
    let mut command = hub.home.command(&["tools", "call", "notes", "hang", "{}"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    until(|| words("\"hang\"")).await;

    let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();

    assert!(told.expect("told").success());
    assert_eq!(child.wait().expect("ends").signal(), Some(15));
    until(|| words("notifications/cancelled")).await;
}

/// Waits until something holds: processes are looked at, and there is nothing to be woken by.
async fn until(holds: impl Fn() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    let limit = tokio::time::Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(pace.tick().await < limit, "it does not come to hold");
    }
}

/// A hub of another version: it proves to be the one that is meant, and answers everything else with this status.
async fn other_version(home: &Home, status: StatusCode) -> Presence {
    let token = HubToken::new(&Random::system());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let prover = token.clone();
    let prove =
        async move |Path(challenge): Path<String>| axum::Json(json!({"proof": prover.proof(Role::Hub, &[&challenge])}));
    let router = Router::new().route("/api/proof/{challenge}", get(prove)).fallback(any(async move || status));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Presence::announce(home.path().join(".mcp_settings.json.running"), &[address], &token).expect("announced")
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_hub_that_cannot_be_asked_for_tools_a_command_goes_on_by_itself_and_says_so() {
    let (home, processes) = home(&json!({}));
    let _presence = other_version(&home, StatusCode::NOT_FOUND).await;

    let (code, result, said) = tools(&home, &["call", "notes", "count", "{}"]);

    assert!(code == Some(0) && result.contains(" 1\""), "{result}");
    assert!(said.contains("of another version") && said.contains("restart the hub"), "{said}");
    assert_eq!(processes.started(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_hub_may_have_called_a_tool_the_command_does_not_call_it_again() {
    for (status, words) in [(StatusCode::INTERNAL_SERVER_ERROR, "HTTP status 500"), (StatusCode::OK, "another version")]
    {
        let (home, processes) = home(&json!({}));
        let _presence = other_version(&home, status).await;

        let (code, _, said) = tools(&home, &["call", "notes", "count", "{}"]);

        assert!(code == Some(1) && said.contains(words), "{said}");
        assert_eq!(processes.started(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_ends_in_a_call_leaves_it_open_whether_the_tool_was_called() {
    let (hub, words) = hub_of_a_hanging_server().await;
    let mut command = hub.home.command(&["tools", "call", "notes", "hang", "{}"]);
    command.env("RUST_LOG", "mcphub=info").stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("runs");
    until(|| words("\"hang\"")).await;

    let home = hub.kill();

    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.code() == Some(1) && said.contains("the tool may have been called"), "{said}");
    assert!(said.contains("the running hub is asked"), "{said}");
    let heard = std::fs::read_to_string(home.path().join("heard")).expect("read");
    assert_eq!(heard.matches("\"hang\"").count(), 1, "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_command_that_proved_to_be_one_is_answered() {
    let (home, processes) = home(&json!({"startOnDemand": true}));
    let hub = Hub::start_in(home, 0, &[]);

    let call = json!({"server": "notes", "tool": "count", "arguments": {}});
    let (status, told) = hub.post_json("/api/tools/call", &call).await;

    assert!(status == 403 && told["error"].as_str().expect("text").contains("MCP clients use /mcp"), "{told}");
    assert_eq!(processes.started(), 0);
}
