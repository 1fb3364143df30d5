//! Real servers that break the specification. Each of them works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use axum::response::Response;
use mcphub::connect::Status;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::odd::{Odd, answer, posted};

fn json_answer(message: &Value) -> Response {
    answer(200, "application/json", message.to_string())
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

#[tokio::test]
async fn an_error_of_a_tool_is_passed_on_and_nothing_is_sent_twice() {
    let odd = Odd::start(|request| {
        posted(request, |message| match request.body["method"].as_str() {
            Some("tools/call") => json_answer(&error(&message["id"], -32602, "Session not found: 7")),
            _ => json_answer(&message),
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("echo", json!({})).await;

    assert_eq!(answer["error"]["message"], "Session not found: 7");
    assert_eq!(odd.count("tools/call"), 1);
}

#[tokio::test]
async fn servers_see_whole_numbers_as_ids_and_clients_get_their_own_back() {
    let odd = Odd::start(|request| posted(request, |message| json_answer(&message))).await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let ask = json!({ "jsonrpc": "2.0", "id": "text-7", "method": "tools/call", "params": { "name": "echo" } });
    let body = client.post(&ask).await.bytes().await.expect("a body");
    let answered: Value = serde_json::from_slice(&body).expect("JSON");

    assert_eq!(answered["id"], "text-7");
    let seen = odd.seen.lock().expect("seen").clone();
    assert!(seen.iter().filter_map(|body| body.get("id")).all(Value::is_u64), "{seen:?}");
}

#[tokio::test]
async fn a_string_id_a_byte_order_mark_and_a_batch_do_not_cost_the_answer() {
    let shapes: [fn(Value) -> Response; 5] = [
        |message| json_answer(&message),
        |message| json_answer(&json!([message])),
        |message| answer(200, "application/json", format!("\u{feff}{message}")),
        |message| answer(200, "text/event-stream", format!("\u{feff}data: {message}\n\n")),
        |message| answer(200, "text/event-stream", format!("data: \u{feff}{message}\r\n\r\n")),
    ];

    for shape in shapes {
        let odd = Odd::start(move |request| {
            posted(request, |mut message| {
                message["id"] = json!(message["id"].to_string());
                shape(message)
            })
        })
        .await;
        let hub = Hub::of(&[("a", &odd.url)]).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        assert_eq!(text(&client.call("echo", json!({})).await), "did");
    }
}

#[tokio::test]
async fn a_refusal_of_the_get_stream_alone_asks_for_no_login() {
    for status in [401, 403, 404, 405, 500] {
        let listened = Arc::new(AtomicBool::new(false));
        let heard = listened.clone();
        let odd = Odd::start(move |request| {
            if request.method == Method::GET {
                heard.store(true, Ordering::Relaxed);
                return answer(status, "text/plain", "no");
            }
            posted(request, |message| json_answer(&message))
        })
        .await;
        let hub = Hub::of(&[("a", &odd.url)]).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;
        client.tools().await;

        let _stream = client.listen().await;
        hub.until(|| listened.load(Ordering::Relaxed)).await;

        assert_eq!(text(&client.call("echo", json!({})).await), "did", "{status}");
        let view = hub.connector.view("a").await.expect("a view");
        assert!(!matches!(view.status, Status::LoginRequired | Status::SetupRequired), "{status}: {view:?}");
    }
}

#[tokio::test]
async fn a_server_that_declares_nothing_is_asked_for_its_tools_all_the_same() {
    let odd = Odd::start(|request| {
        posted(request, |mut message| {
            if request.body["method"] == "initialize" {
                message["result"]["capabilities"] = json!({});
            }
            if request.body["method"] == "prompts/list" {
                message = error(&message["id"], -32601, "Method not found");
            }
            json_answer(&message)
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    assert_eq!(client.tools().await, ["a-echo"]);
    assert_eq!(client.request("prompts/list", json!({})).await["result"]["prompts"], json!([]));
}

#[tokio::test]
async fn an_event_over_the_limit_fails_its_call_and_the_session_goes_on() {
    let odd = Odd::start(|request| {
        posted(request, |mut message| {
            if request.body["params"]["arguments"]["big"] == true {
                message["result"] = json!({ "pad": "x".repeat(70_000) });
            }
            answer(200, "text/event-stream", format!("data: {message}\n\n"))
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let big = client.call("echo", json!({ "big": true })).await;
    let small = client.call("echo", json!({})).await;

    assert!(text(&big).contains("more than 65536 bytes"), "{big}");
    assert_eq!((text(&small), odd.count("initialize")), ("did", 1));
}

#[tokio::test]
async fn a_server_that_answers_a_list_with_an_error_is_up_and_not_opened_again() {
    for code in [-32603, -32602, -32000] {
        let odd = Odd::start(move |request| {
            posted(request, |message| match request.body["method"].as_str() {
                Some("tools/list") => json_answer(&error(&message["id"], code, "API key missing")),
                _ => json_answer(&message),
            })
        })
        .await;
        let hub = Hub::of(&[("a", &odd.url)]).await;
        hub.gateway.start();
        let client = Client::connect(&hub.url("/mcp")).await;

        hub.until_some(async || hub.connector.view("a").await.filter(|view| view.status == Status::Connected)).await;
        for _ in 0..5 {
            assert!(client.tools().await.is_empty());
        }

        let notes = hub.gateway.notes("a");
        assert_eq!(notes, ["a answered tools/list with an error: API key missing"]);
        assert_eq!(text(&client.call("a-echo", json!({})).await), "did");
        assert_eq!(odd.count("initialize"), 2, "the hub's own session and the client's");
    }
}

#[tokio::test]
async fn a_server_that_hangs_keeps_its_lists_and_is_unstable_until_it_answers_again() {
    let is_hanging = Arc::new(AtomicBool::new(false));
    let hangs = is_hanging.clone();
    let odd = Odd::start(move |request| {
        if hangs.load(Ordering::Relaxed) {
            let never = futures::stream::pending::<Result<String, std::convert::Infallible>>();
            return answer(200, "application/json", axum::body::Body::from_stream(never));
        }
        posted(request, |message| json_answer(&message))
    })
    .await;
    let hub = Hub::inquisitive(&[("a", &odd.url)], std::time::Duration::from_secs(1)).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp")).await;
    let until = async |status: Status| {
        hub.until_some(async || hub.connector.view("a").await.filter(|view| view.status == status)).await
    };
    until(Status::Connected).await;
    client.tools().await;

    is_hanging.store(true, Ordering::Relaxed);
    client.tools().await;
    let view = until(Status::Unstable).await;
    let request = odd.seen.lock().expect("seen").len();
    let hung = client.tools().await;
    let asked_since = odd.seen.lock().expect("seen").len() - request;
    is_hanging.store(false, Ordering::Relaxed);
    until(Status::Connected).await;

    assert!(view.problem.is_some_and(|problem| problem.contains("did not answer within 1 second")));
    assert!(hung == ["a-echo"] && asked_since <= 1, "{hung:?}, request {asked_since} times");
    assert_eq!(client.tools().await, ["a-echo"]);
}
