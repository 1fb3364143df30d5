//! Answers of a hundred megabytes: refused in one sentence, with no more of the hub's memory than a message may have.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use mcphub_tests::{Client, Home, Hub};
use serde_json::{Value, json};

/// Bytes of an answer.
const HUGE: usize = 100 * 1024 * 1024;
const PART: usize = 64 * 1024;
/// Bytes of the largest message that the hub passes on.
const LIMIT: usize = 16 * 1024 * 1024;
/// How much larger the hub may become while it reads one: what it keeps of the message, in a buffer that doubles as it
/// grows and is copied while it does.
const ROOM: usize = 4 * LIMIT;

/// A server whose tools answer with a hundred megabytes, each in its own form. `list` makes its list of tools as long.
async fn start(list: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let router = axum::Router::new().fallback(move |request: Request| answer(request, list));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn answer(request: Request, list: bool) -> Response {
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = &body["id"];
    let whole = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string().into();
    let begun = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"");
    let info = json!({"name": "huge", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info});
    match (body["method"].as_str(), body["params"]["name"].as_str()) {
        (Some("initialize"), _) => response(200, "application/json", whole(hello)),
        (Some("tools/list"), _) if list => {
            response(200, "application/json", huge("{\"jsonrpc\":\"2.0\",\"result\":{\"tools\":[\""))
        }
        (Some("tools/list"), _) => response(
            200,
            "application/json",
            whole(json!({"tools": [{"name": "small", "inputSchema": {"type": "object"}}]})),
        ),
        (_, Some("json")) => response(200, "application/json", huge(&begun)),
        (_, Some("event")) => response(200, "text/event-stream", huge(&format!("data: {begun}"))),
        (_, Some("line")) => response(200, "text/event-stream", huge(": a comment without an end")),
        (_, Some("error")) => response(500, "application/json", huge(&begun)),
        (_, Some("page")) => response(200, "text/html", huge("<html>")),
        (_, Some(_)) => response(200, "application/json", whole(json!({"content": [{"type": "text", "text": "did"}]}))),
        _ => response(202, "text/plain", Body::empty()),
    }
}

fn response(status: u16, kind: &str, body: Body) -> Response {
    Response::builder().status(status).header("content-type", kind).body(body).expect("a response")
}

fn huge(begun: &str) -> Body {
    let part = Bytes::from(vec![b'x'; PART]);
    let parts = futures::stream::iter(0..HUGE / PART).map(move |_| Ok::<_, Infallible>(part.clone()));
    let first = Bytes::from(begun.to_owned());
    Body::from_stream(futures::stream::once(async { Ok(first) }).chain(parts))
}

/// Without the log of every byte.
fn start_hub(settings: &Value) -> Hub {
    Hub::start_in(Home::new(&settings.to_string()), 0, &[("RUST_LOG", "info")])
}

/// Bytes of the hub's memory: now, or the most since [`forget_most`].
fn memory(hub: &Hub, line: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.id())).expect("the hub runs");
    let of = |text: &str| text.strip_prefix(line)?.split_whitespace().next()?.parse::<usize>().ok();
    status.lines().find_map(of).expect("a number") * 1024
}

fn forget_most(hub: &Hub) {
    std::fs::write(format!("/proc/{}/clear_refs", hub.id()), "5").expect("the hub runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_a_hundred_megabytes_is_refused_in_a_sentence_and_does_not_fill_the_memory() {
    let hub = start_hub(&json!({"mcpServers": {"notes": {"url": start(false).await}}}));
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    let other = Client::connect(&hub.mcp("notes")).await;
    let too_large = "notes sent a message of more than 16777216 bytes, which is the largest that the hub passes on";
    let refused = "notes answered with HTTP status 500 Internal Server Error";
    let page = "notes does not speak MCP at its url: the answer is neither JSON nor an event stream";

    for (tool, told) in
        [("json", too_large), ("event", too_large), ("line", too_large), ("error", refused), ("page", page)]
    {
        forget_most(&hub);
        let before = memory(&hub, "VmRSS:");

        let (huge, beside) = futures::join!(client.call(tool, json!({})), other.call("small", json!({})));

        let most = memory(&hub, "VmHWM:");
        assert_eq!(huge, (told.to_owned(), true), "{tool}");
        assert_eq!(beside, ("did".to_owned(), false), "others go on beside {tool}");
        assert!(most < before + ROOM, "{tool}: {} MB more", (most - before) / 1024 / 1024);
        assert_eq!(client.call("small", json!({})).await, ("did".to_owned(), false), "{tool}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_hundred_megabytes_costs_neither_the_memory_nor_the_lists_of_others() {
    let (long, other) = (start(true).await, start(false).await);
    let hub = start_hub(&json!({"mcpServers": {"long": {"url": long}, "notes": {"url": other}}}));
    hub.until("notes", "connected").await;
    forget_most(&hub);
    let before = memory(&hub, "VmRSS:");

    let tools = Client::connect(&format!("{}/mcp", hub.url)).await.tools().await;

    assert_eq!(tools, ["notes-small"]);
    assert!(memory(&hub, "VmHWM:") < before + ROOM);
    let view = hub.until_any("long", &["failed", "unstable", "connected"]).await.to_string();
    assert!(view.contains("more than 16777216 bytes"), "{view}");
}

/// A command that writes a line of a hundred megabytes to the one call, and answers others.
const COMMAND: &str = r#"
import json, sys
for line in sys.stdin:
    message = json.loads(line); method, id = message.get("method"), message.get("id")
    if id is None:
        continue
    result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "h", "version": "1"}}
    if method == "tools/list":
        result = {"tools": [{"name": "small", "inputSchema": {"type": "object"}}]}
    elif method == "tools/call":
        result = {"content": [{"type": "text", "text": "did"}]}
    text = json.dumps({"jsonrpc": "2.0", "id": id, "result": result})
    if method == "tools/call" and message["params"]["name"] == "line":
        text = text[:-3]
        sys.stdout.write(text)
        for _ in range(1600):
            sys.stdout.write("x" * 65536)
        text = '"}]}}'
    sys.stdout.write(text + "\n"); sys.stdout.flush()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_hundred_megabytes_is_refused_in_a_sentence_and_does_not_fill_the_memory() {
    let hub = start_hub(&json!({"mcpServers": {"notes": {"command": "python3", "args": ["-c", COMMAND]}}}));
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    forget_most(&hub);
    let before = memory(&hub, "VmRSS:");

    let (told, failed) = client.call("line", json!({})).await;

    assert!(failed && told.contains("more than 16777216 bytes"), "{told}");
    assert!(memory(&hub, "VmHWM:") < before + ROOM);
    assert_eq!(client.call("small", json!({})).await, ("did".to_owned(), false));
}
