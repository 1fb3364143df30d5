//! Where servers stand: the same steps in the API, on the command line and in the log.

use mcphub_tests::{Authority, Browser, Client, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

fn stages(view: &Value) -> Vec<String> {
    let events = view["events"].as_array().expect("events");
    events.iter().map(|event| format!("{} {}", text(event, "/stage"), text(event, "/outcome"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_login_is_an_event() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let view = hub.view("notes").await;
    let stages = stages(&view);
    for stage in ["discovery done", "registration done", "authorization waiting", "authorization done", "exchange done"]
    {
        assert!(stages.contains(&stage.to_owned()), "{stage} is not in {stages:?}");
    }
    for event in view["events"].as_array().expect("events") {
        assert!(event["elapsed_ms"].is_u64() && text(event, "/at").ends_with('Z'), "{event}");
        assert!(!text(event, "/asked").is_empty() && !text(event, "/answered").is_empty(), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_is_told_by_the_api() {
    let authority = Authority::start(Shape::PLAIN).await;
    let (other, closed) = (Authority::start(Shape::PLAIN).await, Authority::start(Shape::GITHUB).await);
    let hub = Hub::start(&json!({"mcpServers": {
        "in": {"url": authority.server()},
        "out": {"url": other.server()},
        "manual": {"url": closed.server(), "oauth": {"provider": "github", "inputs": {"web": closed.url}}},
        "off": {"url": authority.server(), "enabled": false},
        "gone": {"url": "http://127.0.0.1:1/mcp"},
        "wrong": {"url": "htp://nowhere"},
    }}));
    hub.until("in", "login_required").await;
    sign_in(&hub, "in").await;

    for (server, status) in [
        ("out", "login_required"),
        ("manual", "setup_required"),
        ("off", "disabled"),
        ("gone", "failed"),
        ("wrong", "failed"),
    ] {
        hub.until(server, status).await;
    }

    let all = hub.get("/api/servers").await;
    assert_eq!(all.as_array().map(Vec::len), Some(6), "{all:#}");
    assert!(text(&hub.view("wrong").await, "/problem").contains("mcpServers.wrong.url"));
    assert_eq!(hub.post("/api/servers/off/login").await.0, 409);
    assert_eq!(hub.post("/api/servers/unknown/login").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_shows_what_the_api_shows() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    let listen = hub.url.replace("http://localhost", "127.0.0.1");

    let shown = hub.home.run(&["--listen", &listen, "auth", "status", "--json"]);
    let called = hub.home.run(&["tools", "call", "notes", "list_issues", "{}"]);
    let tools = hub.home.run(&["tools", "list", "--json"]);

    let shown: Value = serde_json::from_slice(&shown.stdout).expect("one JSON document");
    assert_eq!(shown, hub.get("/api/servers").await);
    assert!(String::from_utf8_lossy(&called.stdout).contains("three issues"), "{called:?}");
    let tools: Value = serde_json::from_slice(&tools.stdout).expect("one JSON document");
    assert_eq!(text(&tools, "/0/name"), "list_issues", "{tools}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_examines_a_server_and_changes_nothing() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start(&json!({"mcpServers": {}}));
    let before = hub.home.text();

    let examined = hub.home.run(&["auth", "doctor", &authority.server(), "--json"]);

    let diagnosis: Value = serde_json::from_slice(&examined.stdout).expect("one JSON document");
    assert!(examined.status.success(), "{diagnosis:#}");
    assert_eq!(hub.home.text(), before);
    assert_eq!(authority.count("POST /register"), 0);
    let spoken = hub.home.run(&["auth", "doctor", &authority.server()]);
    let shown = String::from_utf8_lossy(&spoken.stdout).replace(&authority.url, "https://as.example");
    insta::assert_snapshot!(shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_the_steps_too() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let log = hub.log();
    for stage in ["discovery", "registration", "authorization", "exchange"] {
        let told = log.lines().any(|line| line.contains("notes") && line.contains(stage) && line.contains("INFO"));
        assert!(told, "{stage} is not in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_name_looks_like_an_address_is_logged_in_to_and_called() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start(&json!({"mcpServers": {"github.com/notes?a#b%2F": {"url": authority.server()}}}));
    let name = "github.com%2Fnotes%3Fa%23b%252F";
    hub.until(name, "login_required").await;

    let trip = Browser::new().follow(&hub.link(name).await).await;

    assert!(trip.page.contains("Signed in to github.com/notes?a#b%2F"), "{}", trip.page);
    hub.until(name, "connected").await;
    let client = Client::connect(&hub.mcp(name)).await;
    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
}
