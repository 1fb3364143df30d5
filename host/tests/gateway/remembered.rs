//! What is remembered of a server's generation, and when it is asked again.

use std::time::Duration;

use mcphub::gateway::GatewayLimits;
use serde_json::{Value, json};

use crate::bridging::complete;
use crate::client::{Client, text};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::scripted::said;
use crate::sessionless::Sessionless;

async fn answering() -> Sessionless {
    Sessionless::start(|method, _| (method == "tools/call").then(|| complete(said("without one")))).await
}

fn unsupported() -> Value {
    let data = json!({ "supported": ["2025-11-25"], "requested": "2026-07-28" });
    json!({ "code": -32022, "message": "Unsupported protocol version", "data": data })
}

#[tokio::test]
async fn a_server_that_is_known_is_opened_with_one_request() {
    let server = answering().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    Client::connect(&hub.url("/mcp/a")).await.call("t", json!({})).await;
    let asked = server.seen("server/discover").len();

    Client::connect(&hub.url("/mcp/a")).await.call("t", json!({})).await;

    assert_eq!((asked, server.seen("server/discover").len()), (1, 2));
    assert!(server.seen("initialize").is_empty());
}

#[tokio::test]
async fn a_server_that_has_sessions_now_gets_the_same_call_in_one() {
    let no_session = json!({ "code": -32000, "message": "Bad Request: No valid session ID provided" });
    for (status, error) in [(400, unsupported()), (400, no_session)] {
        let server = answering().await;
        let hub = Hub::of(&[("a", &server.url)]).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;
        let before = client.call("t", json!({})).await;

        server.becomes_older(status, error.clone());
        let after = client.call("t", json!({})).await;
        let later = Client::connect(&hub.url("/mcp/a")).await.call("t", json!({})).await;

        assert_eq!((text(&before), text(&after), text(&later)), ("without one", "in a session", "in a session"));
        assert_eq!(client.call("t", json!({})).await["result"].get("resultType"), None, "{error}");
    }
}

#[tokio::test]
async fn a_client_of_the_revision_does_not_notice_that_its_server_has_sessions_now() {
    let server = answering().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));
    let call = || client.request("tools/call", json!({ "name": "t", "arguments": {} }));
    let (_, before) = call().await;

    server.becomes_older(400, unsupported());
    let (status, after) = call().await;

    assert_eq!((text(&before), status, text(&after)), ("without one", 200, "in a session"));
    assert_eq!(after["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_server_that_has_no_sessions_any_more_is_found_again() {
    let server = answering().await;
    server.becomes_older(400, unsupported());
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let before = client.call("t", json!({})).await;

    server.becomes_newer();
    let after = client.call("t", json!({})).await;

    assert_eq!((text(&before), text(&after)), ("in a session", "without one"));
}

#[tokio::test]
async fn a_server_that_has_sessions_is_asked_again_in_time_and_nobody_waits_for_that() {
    let server = answering().await;
    server.becomes_older(400, unsupported());
    let limits = GatewayLimits { generation_age: Duration::ZERO, ..Hub::limits() };
    let hub = Hub::limited(limits, &[("a", &server.url)], |_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let before = client.call("t", json!({})).await;
    let asked = server.seen("server/discover").len();

    server.speaks_both();
    let mut clients = 0;
    let after = hub.until_some(async || {
        clients += 1;
        // Clients of other capabilities have other sessions with the server.
        let other = ModernClient::new(&hub.url("/mcp/a"), json!({ "experimental": { clients.to_string(): {} } }));
        let (_, answer) = other.request("tools/call", json!({ "name": "t", "arguments": {} })).await;
        Some(answer).filter(|answer| text(answer) == "without one")
    });

    assert_eq!(text(&after.await), "without one");
    assert_eq!((text(&before), asked), ("in a session", 1));
    assert_eq!(text(&client.call("t", json!({})).await), "in a session", "its session goes on");
}

#[tokio::test]
async fn a_server_that_is_in_trouble_is_not_taken_for_an_older_one() {
    let server = answering().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    server.becomes_older(503, json!({ "code": -32603, "message": "restarting" }));
    let during = client.call("t", json!({})).await;
    server.becomes_newer();
    let after = client.call("t", json!({})).await;

    assert!(during.to_string().contains("restarting"), "{during}");
    assert_eq!(text(&after), "without one");
    assert!(server.seen("initialize").is_empty());
}

/// A tool whose server wants a header that the hub does not know of yet.
async fn expect_other_headers(refuses_on_streams: bool) {
    let properties = json!({ "region": { "type": "string", "x-mcp-header": "Region" } });
    let server = Sessionless::checking(
        |headers, body| {
            (body["method"] == "tools/call" && !headers.contains_key("mcp-param-region"))
                .then(|| "mcp-param-region is missing".to_owned())
        },
        move |method, _| {
            let tool = json!({ "name": "t", "inputSchema": { "type": "object", "properties": properties } });
            Some(complete(match method {
                "tools/list" => json!({ "tools": [tool] }),
                _ => said("done"),
            }))
        },
    )
    .await;
    if refuses_on_streams {
        server.refuses_on_streams();
    }
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let answer = client.call("t", json!({ "region": "eu" })).await;
    let refused = client.call("t", json!({})).await;

    assert_eq!(text(&answer), "done");
    assert_eq!(server.seen("tools/call").pop().expect("a call").headers.get("mcp-param-region"), None);
    assert_eq!(refused["error"]["code"], -32603, "the client sent no headers: {refused}");
}

#[tokio::test]
async fn a_tool_that_wants_other_headers_now_is_listed_again_and_called_once_more() {
    expect_other_headers(false).await;
}

#[tokio::test]
async fn the_same_holds_where_the_server_says_so_on_a_stream() {
    expect_other_headers(true).await;
}

#[tokio::test]
async fn a_server_that_says_on_a_stream_that_it_has_sessions_now_gets_the_same_call_in_one() {
    let server = answering().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let before = client.call("t", json!({})).await;
    server.refuses_on_streams();

    server.becomes_older(400, unsupported());
    let after = client.call("t", json!({})).await;

    assert_eq!((text(&before), text(&after)), ("without one", "in a session"));
}

#[tokio::test]
async fn errors_have_the_codes_of_the_clients_revision() {
    let server = Sessionless::start(|method, params| {
        let error = |code: i64, data: Value| json!({ "error": { "code": code, "message": "no", "data": data } });
        match method {
            "resources/read" => Some(error(-32602, json!({ "uri": params["uri"] }))),
            "tools/call" => Some(error(-32021, json!({ "requiredCapabilities": { "sampling": {} } }))),
            _ => None,
        }
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let older = Client::connect(&hub.url("/mcp/a")).await;
    let modern = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    let read = older.request("resources/read", json!({ "uri": "x://y" })).await;
    let (_, read_modern) = modern.request("resources/read", json!({ "uri": "x://y" })).await;
    let (status, lacking) = modern.request("tools/call", json!({ "name": "t" })).await;

    assert_eq!(read["error"], json!({ "code": -32002, "message": "no", "data": { "uri": "x://y" } }));
    assert_eq!(read_modern["error"], json!({ "code": -32602, "message": "no", "data": { "uri": "x://y" } }));
    assert_eq!((status, &lacking["error"]["code"]), (400, &json!(-32021)));
    assert_eq!(lacking["error"]["data"], json!({ "requiredCapabilities": { "sampling": {} } }));
}
