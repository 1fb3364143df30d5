//! What servers say is printed, not obeyed: neither the log nor a command passes on what steers a terminal.

use mcphub_tests::scripted::{Answer, Asked, Scripted};
use mcphub_tests::{Home, Hub};
use serde_json::json;

/// Clears the screen, sets its title, turns the text around, forges a line.
const WILD: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}txt\u{2066}\r\nINFO all is well";

fn failing(asked: &Asked) -> Answer {
    let error = json!({"code": -32603, "message": format!("bad{WILD}")});
    Answer::json(500, &json!({"jsonrpc": "2.0", "id": asked.message()["id"], "error": error}))
}

/// A server whose tool has a wild name and description.
fn wild_tools(asked: &Asked) -> Answer {
    let message = asked.message();
    if message["method"] != "tools/list" {
        return asked.as_mcp();
    }
    let tool = json!({"name": format!("a{WILD}"), "description": WILD, "inputSchema": {"type": "object"}});
    Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [tool]}}))
}

fn expect_tame(text: &str) {
    let is_wild =
        |character: char| character.is_control() && character != '\n' || "\u{202e}\u{2066}".contains(character);
    assert!(!text.contains(is_wild), "{}", text.escape_debug());
    assert!(!text.lines().any(|line| line.starts_with("INFO all is well")), "{text}");
}

fn settings(server: &Scripted) -> String {
    json!({"mcpServers": {"notes": {"url": format!("{}/mcp", server.url)}}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_what_steers_a_terminal_as_text() {
    for format in ["text", "json"] {
        let server = Scripted::start(failing).await;
        let hub = Hub::start_as(Home::new(&settings(&server)), 0, (&[], &["--log-format", format]));
        let view = hub.until("notes", "failed").await;

        let log = hub.log();

        expect_tame(&log);
        assert!(log.contains("bad\\\\u001b[2J") || log.contains("bad\\u001b[2J"), "{}", hub.log_lines());
        expect_tame(view["problem"].as_str().expect("a problem"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_show_what_steers_a_terminal_as_text() {
    for (script, arguments) in [
        (failing as fn(&Asked) -> Answer, &["auth", "status"][..]),
        (failing, &["auth", "status", "--json"]),
        (wild_tools, &["tools", "list"]),
        (wild_tools, &["tools", "list", "--json"]),
    ] {
        let server = Scripted::start(script).await;
        let text = settings(&server);
        let words: Vec<String> = ["--listen", "127.0.0.1:0"].iter().chain(arguments).map(ToString::to_string).collect();
        let output = tokio::task::spawn_blocking(move || {
            Home::new(&text).run(&words.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let output = output.await.expect("ends");

        let printed = String::from_utf8(output.stdout).expect("text");

        expect_tame(&printed);
        expect_tame(&String::from_utf8(output.stderr).expect("text"));
        assert!(printed.contains("u001b"), "{printed}");
    }
}
