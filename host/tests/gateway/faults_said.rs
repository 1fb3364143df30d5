//! Answers of servers that are no JSON-RPC, or only nearly. Clients wait for ever for an answer that their libraries cannot
//! read, so each becomes one that they can, or a sentence.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::run;
use crate::hub::Hub;
use crate::raw::{RawServer, closing, head, response};

/// What the client gets.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// The text of the tool's result has these words.
    Text(&'static str),
    /// An error of this code and message.
    Error(i64, &'static str),
    /// A result that says that it failed, where the sentence begins so.
    Told(&'static str),
}

use Outcome::{Error, Text, Told};

const NOT_MCP: Outcome = Told("a does not speak MCP at its url: ");
const CLOSED: Outcome = Told("a closed the connection before it answered; try again");
const LATE: Outcome = Told("a did not answer within ");
const ODD: Outcome = Told("a answered tools/call with a result that is no object; ");

/// An answer, where `$ID` stands for the request's id and `$DID` for a good result, and what it comes to as JSON, in an
/// event and in a line of a command.
type Answer = (&'static str, [Outcome; 3]);

const ANSWERS: [Answer; 21] = [
    (r#"{"jsonrpc":"1.0","id":$ID,"result":$DID}"#, [NOT_MCP, CLOSED, LATE]),
    (r#"{"id":$ID,"result":$DID}"#, [NOT_MCP, CLOSED, LATE]),
    (r#"{"jsonrpc":"2.0","id":$ID}"#, [NOT_MCP, CLOSED, LATE]),
    (r#"{"jsonrpc":"2.0","id":999999,"result":$DID}"#, [NOT_MCP, CLOSED, LATE]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":$DID"#, [NOT_MCP, CLOSED, LATE]),
    ("Internal Server Error", [NOT_MCP, CLOSED, LATE]),
    (r#"{"jsonrpc":"2.0","result":$DID}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":null,"result":$DID}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":999999,"id":$ID,"result":$DID}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":{},"result":$DID}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":$DID,"error":""}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":$DID,"error":{}}"#, [Text("did"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":$DID,"error":{"code":5,"message":"boom"}}"#, [Error(5, "boom"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"error":"boom"}"#, [Error(-32603, "boom"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"error":{"message":"boom"}}"#, [Error(-32603, "boom"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":"-32001","message":"boom"}}"#, [Error(-32001, "boom"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"error":{"code":-32001}}"#, [Error(-32001, "an error without a message"); 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":7}"#, [ODD; 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":[$DID]}"#, [ODD; 3]),
    (r#"{"jsonrpc":"2.0","id":$ID,"result":null}"#, [ODD; 3]),
    // The bytes of a text that are no UTF-8.
    (
        "{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"d\u{ff}d\"}]}}",
        [Text("d\u{fffd}d"); 3],
    ),
];

const DID: &str = r#"{"content":[{"type":"text","text":"did"}]}"#;

/// The bytes of an answer: each character of the template is one.
fn bytes(template: &str, id: &str) -> Vec<u8> {
    let text = template.replace("$DID", DID).replace("$ID", id);
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a byte")).collect()
}

fn in_event(bytes: &[u8]) -> Vec<u8> {
    [head("200 OK", "text/event-stream", "").as_bytes(), b"data: ", bytes, b"\n\n"].concat()
}

fn check(template: &str, form: &str, outcome: Outcome, answer: &Value) {
    let is_as_expected = match outcome {
        Text(said) => answer["result"]["isError"] != true && text(answer) == said,
        Error(code, message) => {
            let error = &answer["error"];
            error["code"] == code && error["message"] == message && answer.get("result").is_none()
        }
        Told(sentence) => answer["result"]["isError"] == true && text(answer).starts_with(sentence),
    };
    assert!(is_as_expected, "{form}: {template}: {outcome:?}, but it was {answer}");
}

#[tokio::test]
async fn an_answer_over_http_that_breaks_a_rule_is_understood_or_told() {
    for (template, [as_json, as_event, _]) in ANSWERS {
        let server = RawServer::start(move |body| {
            let bytes = bytes(template, &body["id"].to_string());
            match body["params"]["name"].as_str() {
                Some("json") => Some(response("200 OK", "application/json", &bytes)),
                Some("event") => Some(closing(in_event(&bytes))),
                _ => None,
            }
        })
        .await;
        let hub = Hub::of(&[("a", &server.url)]).await;
        for (path, prefix) in [("/mcp/a", ""), ("/mcp", "a-")] {
            let client = Client::connect(&hub.url(path)).await;

            check(template, "JSON", as_json, &client.call(&format!("{prefix}json"), json!({})).await);
            check(template, "event", as_event, &client.call(&format!("{prefix}event"), json!({})).await);

            assert_eq!(text(&client.call(&format!("{prefix}echo"), json!({})).await), "did", "{template}");
        }
    }
}

/// A command that answers calls of `odd` as its argument says, and others well.
const ODD_COMMAND: &str = r#"
import json, sys
template, did = sys.argv[1], '{"content":[{"type":"text","text":"did"}]}'
for line in sys.stdin:
    message = json.loads(line); method, id = message.get("method"), message.get("id")
    if id is None:
        continue
    answer = '{"jsonrpc":"2.0","id":$ID,"result":$DID}'
    if method == "initialize":
        answer = '{"jsonrpc":"2.0","id":$ID,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"o","version":"1"}}}'
    elif method == "tools/call" and message["params"]["name"] == "odd":
        answer = template
    answer = answer.replace("$DID", did).replace("$ID", json.dumps(id)) + "\n"
    sys.stdout.buffer.write(answer.encode("latin1")); sys.stdout.buffer.flush()
"#;

#[tokio::test]
async fn a_line_of_a_command_that_breaks_a_rule_is_understood_or_told() {
    for (template, [_, _, in_line]) in ANSWERS {
        let hub = Hub::with(&[("a", "http://127.0.0.1:1/")], |server| {
            run(server, "python3", &["-c", ODD_COMMAND, template]);
            server.timeout = Some(Duration::from_millis(700));
        })
        .await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        check(template, "line", in_line, &client.call("odd", json!({})).await);

        let next = hub.until_some(async || {
            let answer = client.call("echo", json!({})).await;
            (answer["result"]["isError"] != true).then_some(answer)
        });
        assert_eq!(text(&next.await), "did", "{template}");
    }
}

#[tokio::test]
async fn a_result_that_is_nested_ten_thousand_deep_passes_as_it_is() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let result = format!(r#"{{"content":[{{"type":"text","text":"did"}}],"deep":{deep}}}"#);
    let server = RawServer::start(move |body| {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, body["id"]).into_bytes();
        match body["params"]["name"].as_str() {
            Some("json") => Some(response("200 OK", "application/json", &answer)),
            Some("event") => Some(closing(in_event(&answer))),
            _ => None,
        }
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    for tool in ["a-json", "a-event"] {
        let params = json!({ "name": tool, "arguments": {} });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = client.post(&call).await.text().await.expect("text");
        assert!(answer.contains(&deep), "{tool}: {} bytes", answer.len());
    }
    assert_eq!(text(&client.call("a-echo", json!({})).await), "did");
}
