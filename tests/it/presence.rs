//! How a command finds the hub that runs with its settings, and that it tells nobody else anything.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcphub_tests::{Authority, Home, Hub, Shape, http};
use serde_json::json;

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"registration_endpoint": null}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "setup_required").await;
    (authority, hub)
}

fn file(home: &Home) -> PathBuf {
    home.path().join(".mcp_settings.json.running")
}

/// Runs a command that is given a secret; what it says.
fn set_up(home: &Home) -> String {
    let mut command = home.command(&["--listen", "127.0.0.1:0", "auth", "setup", "notes"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("RUST_LOG", "warn");
    let mut child = command.spawn().expect("the command runs");
    let mut input = child.stdin.take().expect("input");
    // A command that has ended takes nothing.
    let _ = writeln!(input, "ours\ncanary-secret-of-ours");
    drop(input);
    let output = child.wait_with_output().expect("ends");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A program that has the port of a hub that was killed, and notes down what it is told.
fn squat(port: u16, answer: &'static str) -> Arc<Mutex<String>> {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let heard = Arc::new(Mutex::new(String::new()));
    let book = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let book = book.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    book.lock().expect("a book").push_str(&String::from_utf8_lossy(&buffer[..length]));
                    let lines = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
                    if write!(stream, "{lines} {}\r\n\r\n{answer}", answer.len()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    heard
}

/// Whether `mcphub ready` says that a hub is ready, and what it says.
fn ready(home: &Home) -> (bool, String) {
    let output = home.command(&["ready"]).output().expect("the command runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn ready_succeeds_while_the_hub_runs_and_fails_otherwise_without_starting_one() {
    let hub = Hub::start(&json!({}));

    let (while_it_runs, said) = ready(&hub.home);
    let home = hub.stop();
    let (afterwards, refusal) = ready(&home);

    assert!(while_it_runs && said.contains("ready"), "{said}");
    assert!(!afterwards && refusal.contains("start it with `mcphub serve`"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_finds_the_hub_wherever_it_listens() {
    let (_authority, hub) = start().await;

    let said = set_up(&hub.home);

    assert!(said.contains(&format!("{}/connect/", hub.url)), "{said}");
    assert!(!said.contains("no hub is running"), "{said}");
    assert!(hub.home.text().contains("canary-secret-of-ours"));
    assert_eq!(file(&hub.home).metadata().expect("a file").permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_the_place_of_a_killed_hub_is_told_nothing() {
    let (_authority, hub) = start().await;
    let port: u16 = hub.url.rsplit(':').next().expect("a port").parse().expect("a number");
    let token = std::fs::read_to_string(file(&hub.home)).expect("a file");
    let token =
        serde_json::from_str::<serde_json::Value>(&token).expect("JSON")["token"].as_str().expect("text").to_owned();
    let home = hub.kill();
    let settings = home.settings().display().to_string();
    assert!(file(&home).exists(), "a killed hub leaves its file");
    let answer =
        json!({"name": "mcphub", "status": "ok", "settings": settings, "proof": "AAAA", "fields": []}).to_string();
    let heard = squat(port, answer.leak());

    let said = set_up(&home);

    let heard = heard.lock().expect("heard").clone();
    assert!(heard.contains("GET /api/proof/"), "it was asked: {heard}");
    assert!(!heard.contains("POST") && !heard.contains("canary") && !heard.contains(&token), "{heard}");
    assert!(said.contains("no hub is running with these settings"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_killed_hub_left_is_no_obstacle() {
    let (_authority, hub) = start().await;
    let home = hub.kill();

    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "setup_required").await;
    let said = set_up(&hub.home);

    assert!(said.contains(&format!("{}/connect/", hub.url)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_goes_when_the_hub_is_told_to_stop() {
    let (_authority, hub) = start().await;

    let home = hub.stop();

    assert!(!file(&home).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_else_may_have_put_there_is_not_used() {
    let (_authority, hub) = start().await;
    std::fs::set_permissions(file(&hub.home), std::fs::Permissions::from_mode(0o644)).expect("changed");

    let said = set_up(&hub.home);

    assert!(said.contains("may belong to another user") && said.contains("no hub is running"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_meant_for_another_hub_is_refused() {
    let (_authority, hub) = start().await;

    for proof in ["nonce.AAAA", "nonsense", ""] {
        let request = http().post(format!("{}/api/servers/notes/login", hub.url)).header("mcphub-proof", proof);
        let answer = request.send().await.expect("answers");
        let (status, told) = (answer.status(), answer.text().await.expect("text"));
        assert!(status == 403 && told.contains("this is not the hub"), "{proof:?}: {told}");
    }
}

/// Waits until something holds: the hub is another process, and there is nothing to be woken by.
async fn until(holds: impl Fn() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(1));
    let limit = tokio::time::Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(pace.tick().await < limit, "it does not come to hold");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_told_to_stop_right_after_its_start_leaves_no_file() {
    let home = Home::new("{\"mcpServers\": {}}\n");
    let mut command = home.command(&["--listen", "127.0.0.1:0", "serve"]);
    let mut hub = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the hub starts");

    until(|| std::fs::read(file(&home)).is_ok_and(|bytes| !bytes.is_empty())).await;
    let told = std::process::Command::new("kill").arg(hub.id().to_string()).status();

    assert!(told.expect("told").success() && hub.wait().expect("ends").success());
    assert!(!file(&home).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_place_of_the_file_keeps_no_command_waiting() {
    let home = Home::new("{\"mcpServers\": {\"notes\": {\"url\": \"http://127.0.0.1:1/mcp\"}}}\n");
    let made = std::process::Command::new("mkfifo").arg(file(&home)).status();
    assert!(made.expect("made").success());

    let said = set_up(&home);

    assert!(said.contains("is not the file of a running hub"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hubs_with_the_same_settings_the_first_is_found_again_when_the_second_ends() {
    let (_authority, first) = start().await;
    let listen = ["--listen", "127.0.0.1:0", "serve"];
    let mut command = first.home.command(&listen);
    let before = std::fs::read(file(&first.home)).expect("a file");
    let mut second = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the hub starts");
    until(|| std::fs::read(file(&first.home)).is_ok_and(|now| now != before)).await;

    let told = std::process::Command::new("kill").arg(second.id().to_string()).status();
    assert!(told.expect("told").success() && second.wait().expect("ends").success());

    let said = set_up(&first.home);
    assert!(said.contains(&format!("{}/connect/", first.url)), "{said}");
}
