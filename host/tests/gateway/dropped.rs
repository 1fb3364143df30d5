//! A stream that breaks, from a server that drops the connection of whoever comes for the rest.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a peer of tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{Client, text};
use crate::hub::Hub;

/// A server whose stream breaks behind an event, and that drops the connection of whoever comes for the rest the first time.
async fn dropping_once() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let came = Arc::new(AtomicBool::new(false));
    let stream = move |asked: Request| {
        let came = came.clone();
        async move {
            let (head, body) = asked.into_parts();
            let body = to_bytes(body, 1 << 20).await.expect("a body");
            let message: Value = serde_json::from_slice(&body).unwrap_or_default();
            let event = |text: String| ([("content-type", "text/event-stream"), ("mcp-session-id", "s")], text);
            let answer = |id: &Value, result: &Value| {
                format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "id": id, "result": result }))
            };
            match message["method"].as_str() {
                Some("initialize") => {
                    let tools = json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                        "serverInfo": { "name": "d", "version": "1" } });
                    event(answer(&message["id"], &tools)).into_response()
                }
                Some("tools/call") => {
                    *ASKED.lock().expect("lock") = message["id"].clone();
                    event("id: 7\nretry: 1\ndata:\n\n".to_owned()).into_response()
                }
                Some("tools/list") => {
                    let tools = json!({ "tools": [{ "name": "x", "inputSchema": { "type": "object" } }] });
                    event(answer(&message["id"], &tools)).into_response()
                }
                Some(_) => StatusCode::ACCEPTED.into_response(),
                None if !head.headers.contains_key("last-event-id") => StatusCode::METHOD_NOT_ALLOWED.into_response(),
                None if !came.swap(true, Ordering::SeqCst) => panic!("the connection is dropped"),
                None => {
                    let id = ASKED.lock().expect("lock").clone();
                    event(answer(&id, &json!({ "content": [{ "type": "text", "text": "rest" }] }))).into_response()
                }
            }
        }
    };
    let routes = Router::new().route("/mcp", any(stream));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// The id of the call that waits for the rest.
static ASKED: Mutex<Value> = Mutex::new(Value::Null);

#[tokio::test]
async fn who_comes_for_the_rest_of_a_stream_and_finds_no_connection_comes_again() {
    let hub = Hub::of(&[("d", &dropping_once().await)]).await;
    let client = Client::connect(&hub.url("/mcp/d")).await;

    let answer = client.call("x", json!({})).await;

    assert_eq!(text(&answer), "rest");
}
