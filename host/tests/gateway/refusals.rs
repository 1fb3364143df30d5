//! What a server prints when it fails does not reach clients; the sentence of a JSON-RPC error does.

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::odd::{Odd, OddRequest, answer, posted};

/// Bodies of refusals, each with the canary.
const BODIES: [(&str, &str); 6] = [
    ("text/plain", "Traceback: canary at /srv/app/secret.py"),
    ("text/html", "<h1>canary</h1>"),
    ("application/json", r#"{"message": "canary", "detail": "canary"}"#),
    ("application/json", r#"{"error": "canary", "error_description": "canary"}"#),
    ("application/json", r#"{"error": {"code": 1, "message": "canary"}}"#),
    ("application/json", r#"{"canary"#),
];

/// A server that refuses requests of this method with this status and body.
async fn refusing(method: &'static str, status: u16, (kind, body): (&'static str, &'static str)) -> Odd {
    Odd::start(move |request: &OddRequest| match request.body["method"].as_str() {
        Some(asked) if asked == method => answer(status, kind, body),
        None if request.method == Method::GET => answer(status, kind, body),
        _ => posted(request, |message| json_answer(&message)),
    })
    .await
}

fn json_answer(message: &Value) -> Response {
    answer(200, "application/json", message.to_string())
}

/// All that a client gets of a server that refuses in this way.
async fn got(method: &'static str, status: u16, refusal: (&'static str, &'static str)) -> String {
    let odd = refusing(method, status, refusal).await;
    let hub = Hub::with(&[("a", &odd.url)], |server| server.headers.push(("Authorization".into(), "x".into()))).await;
    let (one, all) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp")).await);
    let mut got = String::new();
    for (client, tool) in [(&one, "echo"), (&all, "a-echo")] {
        got += &client.greeting.to_string();
        got += &client.request("tools/list", json!({})).await.to_string();
        got += &client.request("resources/read", json!({ "uri": "x://y" })).await.to_string();
        got += &client.call(tool, json!({})).await.to_string();
    }
    got += &hub.gateway.tools_of("a").await.map_or_else(|failure| failure.to_string(), |_| String::new());
    got
}

#[tokio::test]
async fn the_body_of_a_refusal_does_not_reach_a_client() {
    for method in ["initialize", "tools/list", "tools/call", "notifications/initialized"] {
        for refusal in BODIES {
            for status in [400, 401, 403, 500, 503] {
                let got = got(method, status, refusal).await;
                assert!(!got.contains("canary"), "{method} {status} {refusal:?}: {got}");
            }
        }
    }
}

#[tokio::test]
async fn the_sentence_of_a_json_rpc_error_does() {
    let refusal = r#"{"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "the canary is asleep"}}"#;

    for method in ["initialize", "tools/call"] {
        let got = got(method, 500, ("application/json", refusal)).await;

        assert!(got.contains("the canary is asleep"), "{method}: {got}");
    }
}
