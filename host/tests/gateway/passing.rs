//! What passes through the hub, and how.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::{TestServer, events};
use crate::scripted::{Scripted, tools};

#[tokio::test]
async fn one_server_is_seen_as_it_is() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;

    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert_eq!(client.greeting["instructions"], "Be kind.");
    assert_eq!(client.greeting["serverInfo"]["x-extra"], true);
    assert_eq!(client.greeting["capabilities"]["x-new"], json!({ "a": 1 }));
    assert_eq!(client.greeting["capabilities"]["tools"], json!({ "listChanged": true }));
    assert_eq!(client.tools().await, ["echo", "stream", "ask", "huge", "break", "hang", "pause"]);
    assert_eq!(client.call("echo", json!({ "z": 1, "a": 2 })).await["result"]["x-new"], json!([1.5, null]));
}

#[tokio::test]
async fn the_server_sees_the_client_itself_but_none_of_its_headers() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "roots": {}, "x": 1 }), "2025-06-18").await;

    client.call("echo", json!({ "z": 1, "a": 2 })).await;

    let opened = &peer.seen("initialize")[0];
    let called = &peer.seen("tools/call")[0];
    assert_eq!(client.greeting["protocolVersion"], "2025-06-18");
    assert_eq!(opened.body["params"]["clientInfo"]["name"], "tester");
    assert_eq!(opened.body["params"]["capabilities"], json!({ "roots": {}, "x": 1 }));
    assert_eq!(called.body["params"].to_string(), r#"{"name":"echo","arguments":{"z":1,"a":2}}"#);
    assert_eq!(called.headers["mcp-protocol-version"], "2025-06-18");
    assert_eq!(called.headers["mcp-session-id"], "session-1");
    assert!(!called.headers.contains_key("authorization") && !called.headers.contains_key("cookie"));
}

#[tokio::test]
async fn many_servers_are_seen_as_one_with_prefixed_names() {
    let (first, second) = (TestServer::start().await, TestServer::start_with(|state| state.page_size = 4).await);
    let hub = Hub::of(&[("a", &first.url), ("b-c", &second.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let tools = client.tools().await;
    let answer = client.call("b-c-echo", json!({ "x": 1 })).await;
    let unknown = client.call("d-echo", json!({})).await;

    assert_eq!(tools.len(), 14);
    assert!(tools.contains(&"a-echo".to_owned()) && tools.contains(&"b-c-hang".to_owned()));
    assert_eq!(text(&answer), r#"{"x":1}"#);
    assert_eq!(second.seen("tools/call")[0].body["params"]["name"], "echo");
    assert!(first.seen("tools/call").is_empty());
    assert!(unknown["error"]["message"].as_str().expect("error").contains("a-, b-c-"), "{unknown}");
}

#[tokio::test]
async fn prompts_resources_and_completions_reach_the_server_they_belong_to() {
    let (first, second) = (TestServer::start().await, TestServer::start().await);
    let hub = Hub::of(&[("a", &first.url), ("b", &second.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let uri = &second.uri;

    let prompt = client.request("prompts/get", json!({ "name": "b-greet" })).await;
    let unlisted = client.request("resources/read", json!({ "uri": uri })).await;
    let asked_before = first.seen("resources/read").len();
    client.request("resources/list", json!({})).await;
    let listed = client.request("resources/read", json!({ "uri": uri })).await;
    let none = client.request("resources/read", json!({ "uri": "test://none" })).await;
    let reference = json!({ "type": "ref/prompt", "name": "a-greet" });
    let completion = client.request("completion/complete", json!({ "ref": reference, "argument": {} })).await;

    assert_eq!(prompt["result"]["was"]["name"], "greet");
    assert_eq!(unlisted["result"]["contents"][0]["text"], "here");
    assert_eq!(listed["result"]["contents"][0]["text"], "here");
    assert_eq!((asked_before, first.seen("resources/read").len()), (0, 1), "who listed it is asked, and nobody else");
    assert_eq!(none["error"]["code"], -32002);
    assert_eq!(completion["result"]["was"]["ref"]["name"], "greet");
}

#[tokio::test]
async fn a_streamed_answer_comes_event_by_event() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let params = json!({ "name": "a-stream", "arguments": {}, "_meta": { "progressToken": "t" } });

    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params })).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = events(response);
    let progress = events.next().await.expect("progress");
    // The server sends the rest only now, so the first part was not buffered.
    peer.change(|state| state.answers[0].try_send(Value::Null)).expect("sent");
    let answer = events.next().await.expect("answer");

    assert_eq!(progress["params"], json!({ "progressToken": "t", "progress": 1 }));
    assert_eq!(answer["id"], 9);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_request_of_the_server_reaches_the_client_and_its_answer_the_server() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let params = json!({ "name": "a-ask", "arguments": {} });

    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params })).await;
    let mut events = events(response);
    let question = events.next().await.expect("question");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "role": "assistant", "x-new": 1 } });
    assert_eq!(client.post(&answer).await.status(), 202);
    let result = events.next().await.expect("result");

    assert_eq!(question["method"], "sampling/createMessage");
    assert_ne!(question["id"], 0);
    assert_eq!(text(&result), r#"{"jsonrpc":"2.0","id":0,"result":{"role":"assistant","x-new":1}}"#);
}

#[tokio::test]
async fn notifications_of_a_server_come_on_the_get_stream() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut stream = client.listen().await;
    hub.until(|| peer.change(|state| !state.listeners.is_empty())).await;

    peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 1 } }))
        .await;
    let message = stream.next().await.expect("message");

    assert_eq!(message["params"]["data"], 1);
}

#[tokio::test]
async fn a_cancellation_goes_to_the_server_that_has_the_request() {
    let (first, second) = (TestServer::start().await, TestServer::start().await);
    let hub = Hub::of(&[("a", &first.url), ("b", &second.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    client.tools().await;
    let params = json!({ "name": "b-hang", "arguments": {} });
    let _open = client.post(&json!({ "jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": params })).await;

    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "x" } });
    assert_eq!(client.post(&cancel).await.status(), 202);

    assert_eq!(second.seen("notifications/cancelled").len(), 1);
    assert!(first.seen("notifications/cancelled").is_empty());
}

#[tokio::test]
async fn the_log_level_is_for_all_servers_including_later_ones() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let answer = client.request("logging/setLevel", json!({ "level": "debug" })).await;
    client.tools().await;

    assert_eq!(answer["result"], json!({}));
    assert_eq!(peer.seen("logging/setLevel")[0].body["params"]["level"], "debug");
}

#[tokio::test]
async fn tools_are_hidden_and_described_as_the_settings_say() {
    let peer = TestServer::start().await;
    let hub = Hub::with(&[("a", &peer.url)], |server| {
        server.tools.insert("echo".into(), Hub::tool(Some(false), None));
        server.tools.insert("ask".into(), Hub::tool(None, Some("Asks you.")));
    })
    .await;
    let (one, all) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp")).await);

    let listed = one.request("tools/list", json!({})).await;

    assert!(!one.tools().await.contains(&"echo".to_owned()));
    assert!(!all.tools().await.contains(&"a-echo".to_owned()));
    assert_eq!(listed["result"]["tools"][1]["description"], "Asks you.");
    assert!(one.call("echo", json!({})).await["error"].is_object());
    assert!(all.call("a-echo", json!({})).await["error"].is_object());
    assert!(peer.seen("tools/call").is_empty());
}

#[tokio::test]
async fn the_progress_of_two_requests_with_one_token_reaches_each_server() {
    let (first, second) = (TestServer::start().await, TestServer::start().await);
    let hub = Hub::of(&[("a", &first.url), ("b", &second.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    for (id, tool) in [(7, "a-ask"), (8, "b-ask")] {
        let params = json!({ "name": tool, "arguments": {} });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let mut events = events(client.post(&call).await);
        tokens.push(events.next().await.expect("question")["params"]["_meta"]["progressToken"].clone());
        open.push(events);
    }

    let params = json!({ "progressToken": tokens[1], "progress": 1 });
    client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })).await;

    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(second.seen("notifications/progress")[0].body["params"]["progressToken"], "same");
    assert!(first.seen("notifications/progress").is_empty());
}

#[tokio::test]
async fn a_request_without_an_id_reaches_no_server_and_a_notification_does() {
    let server = Scripted::of_tools("a", tools(&["t"])).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.call("t", json!({})).await;

    client.notify("tools/call", json!({ "name": "hidden" })).await;
    client.notify("notifications/of-an-extension", json!({})).await;

    hub.until(|| server.count("notifications/of-an-extension") == 1).await;
    assert_eq!(server.count("tools/call"), 1);
}
