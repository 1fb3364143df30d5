//! Messages of clients that are no JSON-RPC, or say something twice. Each is refused in one sentence or understood, and the
//! session goes on.

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::TestServer;
use crate::raw::{Generation, RawServer};

/// A body that is refused, and a part of the sentence.
type Refusal = (&'static [u8], &'static str);

const REFUSED: [Refusal; 19] = [
    (br#"{"id":1,"method":"ping"}"#, "its jsonrpc is not"),
    (br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "its jsonrpc is not"),
    (br#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, "its jsonrpc is not"),
    (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "its id is neither a short string nor a number"),
    (br#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, "its id is neither a short string nor a number"),
    (br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "its id is neither a short string nor a number"),
    (br#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, "its id is neither a short string nor a number"),
    (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, "its method is not a string"),
    (br#"{"jsonrpc":"2.0","id":1,"method":null}"#, "its method is not a string"),
    (br#"{"jsonrpc":"2.0","id":1}"#, "neither a method nor a result nor an error"),
    (br"{}", "its jsonrpc is not"),
    (b"7", "it is not an object"),
    (b"null", "it is not an object"),
    (br#""ping""#, "it is not an object"),
    (b"", "the message is not JSON"),
    (br#"{"jsonrpc":"2.0","id":1,"method":"ping""#, "the message is not JSON"),
    (br#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}"#, "the message is not JSON"),
    (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":\"\xff\"}}", "the message is not JSON"),
    (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":NaN}}", "the message is not JSON"),
];

/// Posts these bytes: the status and the answer.
async fn posted(client: &Client, body: &[u8]) -> (u16, String) {
    let request = client.http.post(&client.url).header("accept", "application/json, text/event-stream");
    let request = match &client.session {
        Some(session) => request.header("mcp-session-id", session),
        None => request,
    };
    let answer = request.header("content-type", "application/json").body(body.to_vec()).send().await.expect("sent");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn what_is_no_message_is_refused_in_a_sentence_with_and_without_a_session() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let (client, stranger) = (Client::connect(&hub.url("/mcp/a")).await, Client::new(&hub.url("/mcp/a")));

    for (body, sentence) in REFUSED {
        for from in [&client, &stranger] {
            let (status, answer) = posted(from, body).await;
            let shown = String::from_utf8_lossy(body);
            assert!(status == 400 && answer.contains(sentence), "{shown}: {status} {answer}");
            let error: Value = serde_json::from_str(&answer).expect("JSON");
            assert!(error["error"]["code"].is_i64() && error["jsonrpc"] == "2.0", "{shown}: {answer}");
        }
    }
    assert_eq!(text(&client.call("echo", json!({})).await), "{}");
    assert_eq!(peer.seen("tools/call").len(), 1, "the server saw nothing of it");
}

#[tokio::test]
async fn an_answer_to_nothing_is_taken_and_changes_nothing() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let before = peer.change(|state| state.seen.len());

    for body in [
        r#"{"jsonrpc":"2.0","id":"mcphub-99","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"both"}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}"#,
        r#"{"jsonrpc":"2.0","result":{}}"#,
    ] {
        assert_eq!(posted(&client, body.as_bytes()).await, (202, String::new()), "{body}");
    }

    assert_eq!(peer.change(|state| state.seen.len()), before, "no server was asked for it");
    assert_eq!(text(&client.call("echo", json!({})).await), "{}");
}

#[tokio::test]
async fn parameters_in_an_array_are_refused_in_a_sentence() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;

    for path in ["/mcp", "/mcp/a"] {
        let client = Client::connect(&hub.url(path)).await;
        for method in ["tools/call", "prompts/get", "resources/read", "tools/list"] {
            let answer = client.request(method, json!(["echo", {}])).await;
            let told = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(told.contains("params") && told.contains("object"), "{path}, {method}: {answer}");
        }
        assert_eq!(client.tools().await.len(), 7);
    }
    assert!(peer.seen("tools/call").is_empty() && peer.seen("prompts/get").is_empty());
}

#[tokio::test]
async fn arguments_that_are_nested_ten_thousand_deep_reach_the_server_as_they_are() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for generation in Generation::BOTH {
        let server = RawServer::speaking(generation, |_| None).await;
        let hub = Hub::of(&[("a", &server.url)]).await;
        for (path, tool) in [("/mcp", "a-echo"), ("/mcp/a", "echo")] {
            let client = Client::connect(&hub.url(path)).await;
            let params = format!(r#"{{"name":"{tool}","arguments":{{"deep":{deep}}}}}"#);

            let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            let (status, answer) = posted(&client, call.as_bytes()).await;

            assert!(status == 200 && answer.contains(r#""text":"did""#), "{generation:?}, {path}: {status} {answer}");
            assert!(server.seen().last().expect("a request").contains(&deep), "{generation:?}, {path}");
        }
    }
}

#[tokio::test]
async fn a_name_that_stands_twice_does_not_lead_to_a_tool_that_is_switched_off() {
    for generation in Generation::BOTH {
        let server = RawServer::speaking(generation, |_| None).await;
        let hub = Hub::with(&[("a", &server.url)], |entry| {
            entry.tools.insert("echo".to_owned(), Hub::tool(Some(false), None));
        })
        .await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        for (params, is_refused) in [
            (r#"{"name":"echo","arguments":{},"name":"other"}"#, false),
            (r#"{"name":"other","arguments":{},"n\u0061me":"echo"}"#, true),
        ] {
            let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            let (status, answer) = posted(&client, call.as_bytes()).await;
            assert!(status == 200 && answer.contains("\"error\"") == is_refused, "{params}: {answer}");
        }

        let calls: Vec<String> = server.seen().into_iter().filter(|body| body.contains("tools/call")).collect();
        assert!(calls.len() == 1 && !calls[0].contains("echo"), "{generation:?}: no server sees two names: {calls:?}");
    }
}

#[tokio::test]
async fn of_an_id_or_a_method_that_stands_twice_the_last_one_counts_for_everybody() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let call = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"name":"echo","arguments":{"n":1}},"id":"two","method":"tools/call"}"#;
    let (status, answer) = posted(&client, call.as_bytes()).await;

    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!((status, &answer["id"], text(&answer)), (200, &json!("two"), r#"{"n":1}"#));
}
