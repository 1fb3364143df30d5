//! Servers that have forgotten a session. Each says so in its own words, and a new session is opened.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::Method;
use axum::response::Response;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::odd::{Odd, OddRequest, answer, plain, posted};
use crate::peer::events;

fn json_answer(message: &Value) -> Response {
    answer(200, "application/json", message.to_string())
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// An event stream that says this and then refuses the session.
fn refused_after(said: &str, request: &OddRequest) -> Response {
    let refusal = error(&request.body["id"], -32001, "Session not found");
    answer(200, "text/event-stream", format!("{said}data: {refusal}\n\n"))
}

/// A server that was restarted: it refuses sessions from before in its own way.
async fn restarted(refuse: impl Fn(&OddRequest) -> Response + Send + Sync + 'static) -> (Odd, Arc<AtomicU32>) {
    let run = Arc::new(AtomicU32::new(1));
    let runs = run.clone();
    let odd = Odd::start(move |request| {
        let session = format!("run-{}", runs.load(Ordering::Relaxed));
        if request.body["method"] == "initialize" {
            let mut response = json_answer(&plain(request).expect("an answer"));
            response.headers_mut().insert("mcp-session-id", session.parse().expect("a value"));
            return response;
        }
        if request.method == Method::POST && request.session.as_deref() != Some(&session) {
            return refuse(request);
        }
        posted(request, |message| json_answer(&message))
    })
    .await;
    (odd, run)
}

async fn expect_recovery(refuse: impl Fn(&OddRequest) -> Response + Send + Sync + 'static, what: &str) {
    let (odd, run) = restarted(refuse).await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.call("echo", json!({})).await;

    run.store(2, Ordering::Relaxed);
    let answer = client.call("echo", json!({})).await;

    assert_eq!(text(&answer), "did", "{what}");
    assert_eq!(odd.count("initialize"), 2, "{what}");
}

#[tokio::test]
async fn a_session_that_a_restarted_server_refuses_in_its_own_words_is_opened_again() {
    let refusals: [(u16, &str); 9] = [
        (404, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#),
        (
            400,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}"#,
        ),
        (400, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}"#),
        (400, "Invalid or missing session ID"),
        (400, r#"{"detail":"unknown session"}"#),
        (410, ""),
        (422, "Unexpected message, expect initialize request"),
        (401, "Unauthorized: Session not found"),
        (500, "session has expired"),
    ];

    for (status, body) in refusals {
        let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
        expect_recovery(move |_| answer(status, kind, body), body).await;
    }
}

#[tokio::test]
async fn a_session_that_is_refused_with_a_good_status_is_opened_again() {
    let refusal = |request: &OddRequest| error(&request.body["id"], -32001, "Session not found");

    expect_recovery(move |request| json_answer(&refusal(request)), "JSON").await;
    expect_recovery(move |request| answer(200, "text/event-stream", format!("data: {}\n\n", refusal(request))), "SSE")
        .await;
}

#[tokio::test]
async fn a_server_that_refuses_every_session_is_asked_once_more_and_not_again() {
    let odd = Odd::start(|request| match request.body["method"].as_str() {
        Some("initialize") => {
            let mut response = json_answer(&plain(request).expect("an answer"));
            response.headers_mut().insert("mcp-session-id", "s".parse().expect("a value"));
            response
        }
        _ => answer(404, "text/plain", ""),
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("echo", json!({})).await;

    assert!(text(&answer).contains("a ended the session"), "{answer}");
    assert_eq!(odd.count("tools/call"), 2);
}

#[tokio::test]
async fn a_session_that_is_refused_after_other_messages_on_a_stream_is_opened_again() {
    let log = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 1 } });
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let beginnings = [
        "id: 1\nretry: 10\ndata:\n\n".to_owned(),
        ": a comment\n\nevent: keep-alive\ndata: {}\n\ndata: ready\n\n".to_owned(),
        format!("data: {log}\n\n"),
        format!("id: 1\ndata:\n\ndata: {ping}\n\ndata: {log}\n\n"),
    ];

    for beginning in beginnings {
        let what = beginning.clone();
        expect_recovery(move |request| refused_after(&beginning, request), &what).await;
    }
}

#[tokio::test]
async fn a_session_that_is_refused_late_is_opened_again_and_the_call_goes_through() {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let (odd, run) = restarted(move |request| {
        let (gate, refusal) = (held.clone(), error(&request.body["id"], -32001, "Session not found"));
        let late = futures::stream::once(async move {
            gate.acquire().await.expect("open").forget();
            Ok::<_, Infallible>(format!("data: {refusal}\n\n"))
        });
        answer(200, "text/event-stream", Body::from_stream(late))
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.call("echo", json!({})).await;
    run.store(2, Ordering::Relaxed);

    let ask = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "echo" } });
    let response = client.post(&ask).await;
    gate.add_permits(1);
    let all: Vec<Value> = events(response).collect().await;

    assert_eq!((text(&all[0]), &all[0]["id"], all.len()), ("did", &json!(7), 1));
    assert_eq!((odd.count("initialize"), odd.count("tools/call")), (2, 3));
}

#[tokio::test]
async fn a_session_with_an_uninitialised_server_is_opened_again_whatever_the_code() {
    for code in [-32002, -32602, -32600, -32000] {
        let refusal =
            move |request: &OddRequest| json_answer(&error(&request.body["id"], code, "Server not initialized"));
        expect_recovery(refusal, &code.to_string()).await;
    }
}

#[tokio::test]
async fn a_refusal_without_words_is_about_the_session_if_a_ping_is_refused_too() {
    expect_recovery(|_| answer(400, "text/plain", ""), "every request").await;

    let odd = Odd::start(|request| {
        if request.body["params"]["arguments"]["bad"] == true {
            return answer(400, "text/plain", "");
        }
        posted(request, |message| {
            let mut response = json_answer(&message);
            response.headers_mut().insert("mcp-session-id", "s".parse().expect("a value"));
            response
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let refused = client.call("echo", json!({ "bad": true })).await;

    assert!(text(&refused).contains("a answered with HTTP status 400"), "{refused}");
    assert_eq!((odd.count("initialize"), odd.count("tools/call"), odd.count("ping")), (1, 1, 1));
}

#[tokio::test]
async fn a_server_that_refuses_every_session_on_its_streams_is_asked_once_more_and_not_again() {
    let odd = Odd::start(|request| match request.body["method"].as_str() {
        Some("tools/call") => refused_after("id: 1\ndata:\n\n", request),
        _ => posted(request, |message| json_answer(&message)),
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("echo", json!({})).await;

    assert!(text(&answer).contains("a ended the session"), "{answer}");
    assert_eq!(odd.count("tools/call"), 2);
}

#[tokio::test]
async fn a_call_that_the_server_worked_on_is_not_repeated_but_the_next_one_has_a_new_session() {
    let (odd, run) = restarted(|request| {
        let progress = json!({ "progressToken": request.body["params"]["_meta"]["progressToken"], "progress": 1 });
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": progress });
        refused_after(&format!("data: {progress}\n\n"), request)
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.call("echo", json!({})).await;
    run.store(2, Ordering::Relaxed);

    let params = json!({ "name": "echo", "_meta": { "progressToken": "p" } });
    let refused = client.request("tools/call", params).await;
    let again = client.call("echo", json!({})).await;

    assert_eq!(refused["error"]["message"], "Session not found");
    assert_eq!(text(&again), "did");
    assert_eq!((odd.count("initialize"), odd.count("tools/call")), (2, 3));
}

#[tokio::test]
async fn a_list_that_is_refused_on_a_stream_is_requested_again_in_a_new_session() {
    let (odd, run) = restarted(|request| refused_after("id: 1\ndata:\n\n", request)).await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    run.store(2, Ordering::Relaxed);

    assert_eq!(client.tools().await, ["echo"]);
    assert_eq!(odd.count("initialize"), 2);
}

#[tokio::test]
async fn a_session_whose_server_answers_something_else_than_mcp_is_not_used_again() {
    let answers: [fn() -> Response; 4] = [
        || answer(200, "application/json", ""),
        || answer(202, "text/plain", ""),
        || answer(204, "text/plain", ""),
        || {
            let mut moved = answer(302, "text/plain", "");
            moved.headers_mut().insert("location", "/login".parse().expect("a value"));
            moved
        },
    ];

    for refuse in answers {
        let (odd, run) = restarted(move |_| refuse()).await;
        let hub = Hub::of(&[("a", &odd.url)]).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;
        client.call("echo", json!({})).await;
        run.store(2, Ordering::Relaxed);

        let refused = client.call("echo", json!({})).await;
        let again = client.call("echo", json!({})).await;

        assert_eq!((&refused["result"]["isError"], text(&again)), (&json!(true), "did"), "{refused}");
        assert_eq!((odd.count("initialize"), odd.count("tools/call")), (2, 3));
    }
}
