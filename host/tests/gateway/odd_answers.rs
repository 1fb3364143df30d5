//! Answers that break the specification: used where their meaning is clear, and notes where it is not.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::odd::{Odd, answer, posted};
use crate::scripted::Scripted;

fn json_answer(message: &Value) -> Response {
    answer(200, "application/json", message.to_string())
}

#[tokio::test]
async fn a_null_beside_a_result_or_an_error_is_ignored() {
    let odd = Odd::start(|request| {
        posted(request, |mut message| {
            message["error"] = Value::Null;
            message["method"] = Value::Null;
            if request.body["params"]["name"] == "fails" {
                message["error"] = json!({ "code": -32603, "message": "it failed" });
                message["result"] = Value::Null;
            }
            json_answer(&message)
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let did = client.call("echo", json!({})).await;
    let failed = client.call("fails", json!({})).await;

    assert_eq!(client.tools().await, ["echo"]);
    assert_eq!((text(&did), did.get("error")), ("did", None));
    assert_eq!((&failed["error"]["message"], failed.get("result")), (&json!("it failed"), None));
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_awaited_less_long_than_an_answer() {
    let odd = Odd::start(|request| match request.body["method"].as_str() {
        Some("tools/call") => {
            let never = futures::stream::pending::<Result<String, Infallible>>();
            answer(422, "application/json", Body::from_stream(never))
        }
        _ => posted(request, |message| json_answer(&message)),
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let call = tokio::time::timeout(Duration::from_secs(30), client.call("echo", json!({}))).await;

    let refused = call.expect("in time");
    assert!(text(&refused).contains("a answered with HTTP status 422"), "{refused}");
}

#[tokio::test]
async fn an_answer_that_is_no_list_counts_as_empty_and_is_noted_once() {
    let answers = [
        (json!({ "tools": null }), "tools is null"),
        (json!({ "tools": { "a": {} } }), "tools is an object"),
        (json!({}), "tools is missing"),
        (Value::Null, "the result is null"),
        (json!([{ "name": "a" }]), "the result is an array"),
    ];

    for (result, said) in answers {
        let server =
            Scripted::start(move |method, _| Some(if method == "tools/list" { result.clone() } else { json!({}) }))
                .await;
        let hub = Hub::of(&[("a", &server.url)]).await;
        let client = Client::connect(&hub.url("/mcp")).await;

        assert!(client.tools().await.is_empty() && client.tools().await.is_empty());
        let notes = hub.gateway.notes("a");
        assert!(notes.len() == 1 && notes[0].contains(said) && notes[0].contains("tools/list"), "{notes:?}");
    }
}

#[tokio::test]
async fn events_that_are_no_messages_do_not_end_a_call() {
    let odd = Odd::start(|request| {
        posted(request, |message| {
            let junk = ": a comment\n\nevent: ping\ndata: {}\n\ndata: keep-alive\n\ndata: {\"not\":\"a message\"}\n\n\
                        data: [1, {\ndata\n\nretry: x\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}\n\n";
            answer(200, "text/event-stream", format!("{junk}data: {message}\n\ndata: after it\n\n"))
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.tools().await, ["echo"]);
    assert_eq!(text(&client.call("echo", json!({})).await), "did");
    assert_eq!((odd.count("initialize"), odd.count("tools/call")), (1, 1));
}

#[tokio::test]
async fn a_server_that_wants_a_revision_of_another_date_works_and_the_client_keeps_its_own() {
    for (revision, seen) in [("2024-10-07", "2025-06-18"), ("2024-09-01", "2025-06-18"), ("2024-11-05", "2024-11-05")] {
        let odd = Odd::start(move |request| {
            posted(request, |mut message| {
                if request.body["method"] == "initialize" {
                    message["result"]["protocolVersion"] = json!(revision);
                }
                json_answer(&message)
            })
        })
        .await;
        let hub = Hub::of(&[("a", &odd.url)]).await;
        let client = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-06-18").await;

        assert_eq!(text(&client.call("echo", json!({})).await), "did", "{revision}");
        assert_eq!(client.greeting["protocolVersion"], seen);
        assert_eq!(client.greeting["serverInfo"]["name"], "odd");
    }
}

#[tokio::test]
async fn a_client_of_the_first_revision_keeps_it() {
    let odd = Odd::start(|request| posted(request, |message| json_answer(&message))).await;
    let hub = Hub::of(&[("a", &odd.url)]).await;

    for path in ["/mcp", "/mcp/a"] {
        let client = Client::connect_as(&hub.url(path), json!({}), "2024-10-07").await;
        assert_eq!(client.greeting["protocolVersion"], "2024-10-07");
    }
}

#[tokio::test]
async fn a_revision_that_is_no_date_is_refused() {
    let odd = Odd::start(|request| {
        posted(request, |mut message| {
            message["result"]["protocolVersion"] = json!("draft");
            json_answer(&message)
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;

    let failure = hub.gateway.tools_of("a").await.expect_err("refused");

    assert!(failure.to_string().contains("\"draft\""), "{failure}");
}

#[tokio::test]
async fn a_greeting_that_clients_refuse_is_repaired_and_noted() {
    let odd = Odd::start(|request| {
        posted(request, |mut message| {
            if request.body["method"] == "initialize" {
                message["result"]["instructions"] = Value::Null;
                message["result"]["serverInfo"] = json!({ "name": "s", "version": 2, "title": null });
                message["result"]["capabilities"] = json!({ "tools": {}, "completions": true, "experimental": [] });
            }
            json_answer(&message)
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;

    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert!(client.greeting.get("instructions").is_none());
    assert_eq!(client.greeting["serverInfo"], json!({ "name": "s", "version": "2" }));
    assert_eq!(client.greeting["capabilities"], json!({ "tools": { "listChanged": true }, "completions": {} }));
    assert!(hub.gateway.notes("a").join("\n").contains("initialize"));
}

#[tokio::test]
async fn an_answer_that_is_compressed_without_being_asked_fails_with_a_remedy() {
    let odd = Odd::start(|request| {
        posted(request, |message| {
            let mut response = json_answer(&message);
            if request.body["method"] == "tools/call" {
                response.headers_mut().insert("content-encoding", "gzip".parse().expect("a value"));
            }
            response
        })
    })
    .await;
    let hub = Hub::of(&[("a", &odd.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let refused = client.call("echo", json!({})).await;

    assert!(text(&refused).contains("compresses its answers (gzip)"), "{refused}");
}

#[tokio::test]
async fn a_list_with_a_cursor_beyond_the_limit_is_cut_and_noted() {
    let server = Scripted::start(|_, _| {
        let tool = json!({ "name": "x", "inputSchema": { "type": "object" } });
        Some(json!({ "tools": [tool], "nextCursor": "c".repeat(9000) }))
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;

    assert_eq!(hub.gateway.tools_of("a").await.expect("tools").len(), 1);

    assert_eq!(server.count("tools/list"), 1);
    assert!(hub.gateway.notes("a").join("\n").contains("a cursor of more than 8192 bytes"));
}

#[tokio::test]
async fn a_header_of_the_connection_in_the_settings_does_not_break_requests() {
    let odd = Odd::start(|request| posted(request, |message| json_answer(&message))).await;
    let hub = Hub::with(&[("a", &odd.url)], |server| {
        let headers =
            [("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("X-Own", "1")];
        server.headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    })
    .await;

    assert_eq!(hub.gateway.tools_of("a").await.expect("tools").len(), 1);
}
