//! Settings pasted from other programs, and files as editors and systems leave them.

use std::os::unix::fs::PermissionsExt as _;

use mcphub_tests::{Authority, Client, Home, Hub, Shape, text};
use serde_json::json;

use crate::sign_in;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_another_programs_spelling_switches_off_is_not_run() {
    let home = Home::empty();
    let mark = home.path().join("was-run");
    let entry = |switch: &str, value: serde_json::Value| {
        let mut entry = json!({"command": "touch", "args": [mark]});
        entry[switch] = value;
        entry
    };
    let servers = json!({
        "one": entry("disabled", json!(true)), "two": entry("isActive", json!(false)), "three": entry("disabled", json!("yes")),
    });
    std::fs::write(home.settings(), json!({"mcpServers": servers}).to_string()).expect("saved");

    let hub = Hub::start_in(home, 0, &[]);

    for (name, status) in [("one", "disabled"), ("two", "disabled"), ("three", "failed")] {
        hub.until(name, status).await;
    }
    assert_eq!(Client::connect(&format!("{}/mcp", hub.url)).await.tools().await, [""; 0]);
    assert!(!mark.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_switches_a_server_off_counts_even_where_it_is_wrong() {
    let authority = Authority::start(Shape::PLAIN).await;
    for switch in [json!({"disabled": "yes"}), json!({"enabled": false, "headers": 5})] {
        let hub = Hub::of_one(&json!({"url": authority.server()}));
        hub.until("notes", "login_required").await;
        let mut entry = switch.clone();
        entry["url"] = json!(authority.server());

        std::fs::write(hub.home.settings(), json!({"mcpServers": {"notes": entry}}).to_string()).expect("saved");

        hub.until("notes", "disabled").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_another_programs_spelling_switches_off_is_gone() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"serverUrl": authority.server(), "disabledTools": ["list_issues"]}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    let client = Client::connect(&hub.mcp("notes")).await;

    assert_eq!(client.tools().await, [""; 0]);
    let (_, answer) = client.request("tools/call", json!({"name": "list_issues", "arguments": {}})).await;
    assert!(!answer.to_string().contains("three issues"), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_under_another_key_are_told_in_the_log_and_by_the_list() {
    let home = Home::new(&json!({"servers": {"s": {"url": "http://127.0.0.1:9/mcp"}}}).to_string());
    let expected = "servers: holds servers (s), and the hub reads mcpServers; rename it to mcpServers.";

    let listed = home.run(&["servers", "list"]);
    let hub = Hub::start_in(home, 0, &[]);

    assert!(String::from_utf8_lossy(&listed.stderr).contains(expected), "{listed:?}");
    hub.until_told(expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_ignored_and_kept() {
    let authority = Authority::start(Shape::PLAIN).await;
    let settings = json!({"mcpServers": {"notes": {"url": authority.server()}}});
    let hub = Hub::start_in(Home::new(&format!("\u{feff}{settings:#}\r\n")), 0, &[]);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let text = hub.home.text();
    assert!(text.starts_with("\u{feff}{") && text.contains("obtained") && text.ends_with("}\r\n"), "{text:?}");
}

#[test]
fn a_file_that_cannot_be_settings_is_refused_in_words() {
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, said) in [(utf16.as_slice(), "it is UTF-16 text; save it as UTF-8"), (b"{\0}\0", "UTF-16")] {
        let home = Home::new("");
        std::fs::write(home.settings(), bytes).expect("saved");

        let output = home.run(&["servers", "list"]);

        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
        assert_eq!(std::fs::read(home.settings()).expect("read"), bytes);
    }
    let folder = Home::empty();
    std::fs::create_dir(folder.settings()).expect("made");
    let output = folder.run(&["servers", "list"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("name a file with --settings"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_may_read_and_plugins_that_others_may_write_are_told_at_start() {
    let home = Home::new("{}");
    let plugins = home.path().join("plugins");
    std::fs::create_dir(&plugins).expect("made");
    for (path, mode) in [(home.settings(), 0o644), (plugins.clone(), 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("mode");
    }
    let expected = [format!("chmod 600 {}", home.settings().display()), format!("chmod go-w {}", plugins.display())];

    let hub = Hub::start_in(home, 0, &[]);

    for command in expected {
        hub.until_told(&command).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_editor_would_fill_is_not_sent_and_told() {
    let authority = Authority::start(Shape::PLAIN).await;
    let headers = json!({"Authorization": "Bearer ${input:token}"});
    let hub = Hub::of_one(&json!({"url": authority.server(), "headers": headers}));

    let view = hub.until("notes", "login_required").await;

    hub.until_told("uses ${input:token}, which only an editor can fill").await;
    assert_eq!(text(&view, "/status"), "login_required");
}
