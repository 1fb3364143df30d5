//! Servers that are commands: what they get, how long they may take, what is told of their end, and that they do end.

mod ends;

use mcphub_tests::{Client, Home, Hub, Processes, command, text};
use serde_json::{Value, json};

/// An entry with more in it.
fn with(mut entry: Value, more: &Value) -> Value {
    entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    entry
}

async fn connected(entry: &Value) -> (Hub, Client) {
    let hub = Hub::of_one(entry);
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    (hub, client)
}

async fn failed(entry: &Value) -> (Hub, String) {
    let hub = Hub::of_one(entry);
    let problem = text(&hub.until("notes", "failed").await, "/problem");
    (hub, problem)
}

fn hub_with_secrets(entry: &Value) -> Hub {
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let variables = [
        ("OTHER_SERVERS_TOKEN", "t"),
        ("MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "a-passphrase-of-sixteen-and-more"),
        ("LC_PAPER", "C"),
        ("no_proxy", "a"),
    ];
    Hub::start_in(home, 0, &variables)
}

async fn variables_of(hub: &Hub) -> Vec<String> {
    hub.until("notes", "connected").await;
    let (said, _) = Client::connect(&hub.mcp("notes")).await.call("variables", json!({})).await;
    said.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gets_what_programs_need_and_its_own_variables_and_no_secret_of_others() {
    let hub = hub_with_secrets(&with(command("", ""), &json!({"env": {"OWN": "1"}})));

    let variables = variables_of(&hub).await;

    for name in ["PATH", "HOME", "LC_PAPER", "no_proxy", "OWN"] {
        assert!(variables.iter().any(|variable| variable == name), "{name} is not in {variables:?}");
    }
    for name in ["OTHER_SERVERS_TOKEN", "MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "RUST_LOG", "CARGO"] {
        assert!(!variables.iter().any(|variable| variable == name), "{name} is in {variables:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_inherits_the_environment_gets_all_but_the_hubs_own_key() {
    let hub = hub_with_secrets(&with(command("", ""), &json!({"inheritEnv": true})));

    let variables = variables_of(&hub).await;

    assert!(variables.iter().any(|variable| variable == "OTHER_SERVERS_TOKEN"), "{variables:?}");
    assert!(!variables.iter().any(|variable| variable == "MCPHUB_CREDENTIAL_ENCRYPTION_KEY"), "{variables:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_in_its_cwd_which_begins_at_the_settings_file() {
    let home = Home::new(&json!({"mcpServers": {"notes": with(command("", ""), &json!({"cwd": "work"}))}}).to_string());
    std::fs::create_dir(home.path().join("work")).expect("made");
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;

    let (directory, _) = Client::connect(&hub.mcp("notes")).await.call("directory", json!({})).await;

    let expected = hub.home.path().join("work").canonicalize().expect("there");
    assert_eq!(directory, expected.display().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_start_is_waited_for_whatever_a_call_may_take_and_is_made_once() {
    let home = Home::empty();
    let processes = Processes(home.path().join("pids"));
    let entry = with(command(&format!("{}\nsleep 3", processes.enter()), ""), &json!({"options": {"timeout": 1000}}));
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");

    let hub = Hub::start_in(home, 0, &[]);
    let first = text(&hub.view("notes").await, "/status");
    hub.until("notes", "connected").await;

    assert_eq!((first.as_str(), processes.started()), ("connecting", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_does_not_answer_initialize_is_told_with_its_last_words() {
    let entry = command("echo 'waiting for the database' >&2; sleep 600", "");
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let hub = Hub::start_in(home, 0, &[("INIT_TIMEOUT", "1500")]);

    let problem = text(&hub.until("notes", "failed").await, "/problem");

    assert!(problem.contains("did not answer initialize within 1.5 seconds"), "{problem}");
    assert!(problem.contains("INIT_TIMEOUT") && problem.contains("waiting for the database"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_command_ended_is_told_and_no_secret_with_it() {
    let before = "printf 'ACME_API_KEY is required, not %s\\n\\033[31mred\\n' \"$secret\" >&2; exit 1";
    let (hub, problem) = failed(&with(command(before, ""), &json!({"env": {"secret": "hunter2-hunter2"}}))).await;

    assert!(problem.contains("exit status 1"), "{problem}");
    assert!(problem.contains("ACME_API_KEY is required, not ***"), "{problem}");
    assert!(problem.contains("\\u{1b}[31mred"), "{problem}");
    assert!(hub.log_lines().contains("ACME_API_KEY is required") && !hub.log().contains("hunter2-hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_killed_is_told_by_its_signal() {
    let (_hub, problem) = failed(&command("kill -9 $$", "")).await;

    assert!(problem.contains("signal 9 (SIGKILL)"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_ends_in_a_call_says_why_in_the_answer_and_the_next_call_has_a_new_one() {
    let (hub, client) = connected(&with(command("", ""), &json!({"env": {"secret": "hunter2-hunter2"}}))).await;

    let (told, is_error) = client.call("die", json!({})).await;
    let (next, _) = client.call("count", json!({})).await;

    assert!(is_error && told.contains("exit status 3") && told.contains("out of cheese: ***"), "{told}");
    assert!(next.ends_with(" 1"), "{next}");
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_command_cannot_be_started_is_told() {
    let home = Home::empty();
    let plain = home.path().join("plain");
    std::fs::write(&plain, "").expect("written");
    let cases = [
        (json!({"command": "no-such-program-anywhere"}), "\"no-such-program-anywhere\" was not found in PATH"),
        (json!({"command": plain}), "is not executable"),
        (json!({"command": home.path().join("none")}), "there is no file"),
        (json!({"command": "sh", "cwd": home.path().join("nowhere")}), "nowhere is no directory"),
    ];

    for (entry, words) in cases {
        let (_hub, problem) = failed(&entry).await;
        assert!(problem.contains(words), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_over_the_limit_fails_its_call_and_the_command_goes_on() {
    let (_hub, client) = connected(&command("", "")).await;
    let (first, _) = client.call("count", json!({})).await;

    let (told, is_error) = client.call("big", json!({})).await;
    let (second, _) = client.call("count", json!({})).await;

    assert!(is_error && told.contains("more than 16777216 bytes"), "{told}");
    let process = first.split_whitespace().next().expect("a number").to_owned();
    assert_eq!((first, second), (format!("{process} 1"), format!("{process} 2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_ways_to_write_lines_do_not_cost_the_answer() {
    for before in [
        "printf '\\357\\273\\277'",
        "q='\"'",
        "eol='\\r'",
        "echo Welcome; echo; echo '[info] {\"level\":\"info\"}'; printf 'Loading... '",
    ] {
        let (_hub, client) = connected(&with(command(before, ""), &json!({"options": {"timeout": 20000}}))).await;

        let (said, is_error) = client.call("count", json!({})).await;

        assert!(!is_error && said.ends_with(" 1"), "{before}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_closes_its_output_has_ended() {
    let (_hub, client) = connected(&command("", "")).await;

    let (told, is_error) = client.call("mute", json!({})).await;
    let (next, _) = client.call("count", json!({})).await;

    assert!(is_error && told.contains("closed its standard streams"), "{told}");
    assert!(next.ends_with(" 1"), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_ends_while_nobody_asks_is_told_and_started_again() {
    let home = Home::empty();
    let processes = Processes(home.path().join("pids"));
    let entry = command(&format!("{}\n(sleep 1; echo 'licence expired' >&2; kill -15 $$) &", processes.enter()), "");
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");

    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    let problem = text(&hub.until("notes", "failed").await, "/problem");
    hub.until("notes", "connected").await;

    assert!(problem.contains("signal 15 (SIGTERM)") && problem.contains("licence expired"), "{problem}");
    assert!(processes.started() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_told_once_and_so_is_its_end() {
    let home = Home::empty();
    let mended = home.path().join("mended");
    let entry = command(&format!("[ -e '{}' ] || exit 7", mended.display()), "");
    std::fs::write(home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("written");
    let hub = Hub::start_in(home, 0, &[]);

    hub.until_told("still: notes ended with exit status 7").await;
    std::fs::write(mended, "").expect("written");
    hub.until("notes", "connected").await;

    let log = hub.log();
    assert_eq!(log.lines().filter(|line| line.contains("WARN") && line.contains("exit status 7")).count(), 1);
    hub.until_told("notes answers again").await;
}
