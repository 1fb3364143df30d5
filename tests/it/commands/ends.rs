//! A wrapper's children end with it: when the entry changes or goes, when a start fails, and when the hub ends.

use mcphub_tests::{Client, Home, Hub, Processes, command};
use serde_json::{Value, json};

/// Beside the settings file.
fn processes(home: &Home) -> Processes {
    Processes(home.path().join("pids"))
}

/// A wrapper around a server that does not end when its input does. Both enter themselves.
fn wrapped(processes: &Processes, server: &Value, variable: &str) -> Value {
    let script = server["args"][1].as_str().expect("a script");
    let inner = format!("{}\n{script}\nsleep 600", processes.enter());
    let outer = format!("{}\nsh -c \"$inner\"\nexit 0", processes.enter());
    json!({"command": "sh", "args": ["-c", outer], "env": {"inner": inner, "V": variable}})
}

fn save(home: &Home, servers: &Value) {
    std::fs::write(home.settings(), json!({"mcpServers": servers}).to_string()).expect("saved");
}

async fn running() -> (Hub, Processes) {
    let home = Home::empty();
    let processes = processes(&home);
    save(&home, &json!({"notes": wrapped(&processes, &command("", ""), "1")}));
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "connected").await;
    processes.until_alive(2).await;
    (hub, processes)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_wrapper_end_when_its_entry_changes_and_when_it_goes() {
    let (hub, processes) = running().await;

    save(&hub.home, &json!({"notes": wrapped(&processes, &command("", ""), "2")}));
    hub.until_told("the settings were changed").await;
    processes.until_started(4).await;
    processes.until_alive(2).await;
    save(&hub.home, &json!({}));

    processes.until_alive(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_wrapper_end_with_the_hub() {
    let (hub, processes) = running().await;
    let client = Client::connect(&hub.mcp("notes")).await;
    client.call("count", json!({})).await;
    processes.until_alive(2).await;

    let _home = hub.stop();

    assert_eq!(processes.alive(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_wrapper_end_when_the_hub_is_killed() {
    let (hub, processes) = running().await;

    let _home = hub.kill();

    processes.until_alive(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_wrapper_that_does_not_come_up_end_before_the_next_try() {
    let home = Home::empty();
    let processes = processes(&home);
    let mute = json!({"args": ["-c", "trap '' TERM"]});
    save(&home, &json!({"notes": wrapped(&processes, &mute, "1")}));
    let hub = Hub::start_in(home, 0, &[("INIT_TIMEOUT", "1000")]);
    hub.until("notes", "failed").await;

    save(&hub.home, &json!({}));

    processes.until_alive(0).await;
}
