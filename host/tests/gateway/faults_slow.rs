//! Slow servers: each has its time, however it trickles.

use std::time::Duration;

use mcphub::gateway::GatewayLimits;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::run;
use crate::hub::Hub;
use crate::raw::{Generation, RawServer, Written, answered, closing, done, head};

/// Long enough for a busy machine.
const PLENTY: Duration = Duration::from_mins(1);
const LITTLE: Duration = Duration::from_millis(400);

fn as_json(body: &Value) -> Written {
    answered(&done(body))
}

fn as_events(body: &Value) -> Written {
    closing(format!("{}data: {}\n\n", head("200 OK", "text/event-stream", ""), done(body)))
}

/// What a call of a server that writes an answer byte by byte comes to, where this is the wait.
async fn trickled(generation: Generation, form: fn(&Value) -> Written, pace: Duration, wait: Duration) -> String {
    let server = RawServer::speaking(generation, move |body| {
        (body["params"]["name"] == "slow").then(|| Written { pace: Some(pace), ..form(body) })
    })
    .await;
    let hub = Hub::with(&[("a", &server.url)], |server| server.timeout = Some(wait)).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let told = text(&client.call("slow", json!({})).await).to_owned();
    assert_eq!(text(&client.call("echo", json!({})).await), "did", "the session goes on");
    told
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_arrives_within_its_time_and_no_later() {
    for generation in Generation::BOTH {
        for form in [as_json as fn(&Value) -> Written, as_events] {
            let (pace, slow) = (Duration::from_millis(1), Duration::from_millis(50));

            let in_time = trickled(generation, form, pace, PLENTY).await;
            let late = trickled(generation, form, slow, LITTLE).await;

            assert_eq!(in_time, "did", "{generation:?}");
            assert!(late.starts_with("a did not answer within "), "{generation:?}: {late}");
        }
    }
}

#[tokio::test]
async fn a_request_that_the_server_reads_slowly_arrives_within_its_time_and_no_later() {
    let limits = GatewayLimits { message_bytes: 16 * 1024 * 1024, ..Hub::limits() };
    let large = json!({ "pad": "x".repeat(12 * 1024 * 1024) });
    for (wait, told) in [(PLENTY, "did"), (LITTLE, "a did not answer within ")] {
        let server = RawServer::reading_slowly(Duration::from_millis(10)).await;
        let hub = Hub::limited(limits.clone(), &[("a", &server.url)], |server| server.timeout = Some(wait)).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        let answer = client.call("echo", large.clone()).await;

        assert!(text(&answer).starts_with(told), "{}", text(&answer));
        assert_eq!(text(&client.call("echo", json!({})).await), "did", "the session goes on");
    }
}

/// A command that writes the answers to calls byte by byte.
const TRICKLE: &str = r#"
import json, sys, time
pace = float(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line); method, id = message.get("method"), message.get("id")
    if id is None:
        continue
    result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "t", "version": "1"}}
    if method == "tools/call":
        result = {"content": [{"type": "text", "text": "did"}]}
    text = json.dumps({"jsonrpc": "2.0", "id": id, "result": result}) + "\n"
    slow = method == "tools/call" and message["params"]["name"] == "slow"
    for part in text if slow else [text]:
        if slow:
            time.sleep(pace)
        sys.stdout.write(part); sys.stdout.flush()
"#;

#[tokio::test]
async fn a_command_that_writes_byte_by_byte_is_heard_within_its_time_and_no_later() {
    for (pace, wait, told) in [("0.001", PLENTY, "did"), ("0.02", LITTLE, "a did not answer within ")] {
        let hub = Hub::with(&[("a", "http://127.0.0.1:1/")], |server| {
            run(server, "python3", &["-c", TRICKLE, pace]);
            server.timeout = Some(wait);
        })
        .await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        let answer = client.call("slow", json!({})).await;

        assert!(text(&answer).starts_with(told), "{answer}");
        let next = hub.until_some(async || {
            let answer = client.call("echo", json!({})).await;
            (answer["result"]["isError"] != true).then_some(answer)
        });
        assert_eq!(text(&next.await), "did", "{pace}");
    }
}
