//! `options.timeout`, `resetTimeoutOnProgress` and `maxTotalTimeout`, over each transport.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use mcphub::settings::Server;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::run;
use crate::hub::Hub;
use crate::odd::{Odd, answer, posted};
use crate::peer::event;

/// A server that reports progress every 50 ms, 20 times, and then answers.
async fn busy() -> Odd {
    Odd::start(|request| {
        if request.body["method"] != "tools/call" {
            return posted(request, |message| answer(200, "application/json", message.to_string()));
        }
        let (id, token) = (request.body["id"].clone(), request.body["params"]["_meta"]["progressToken"].clone());
        let messages = futures::stream::iter(0..=20).then(move |step| {
            let (id, token) = (id.clone(), token.clone());
            async move {
                tokio::time::interval_at(
                    tokio::time::Instant::now() + Duration::from_millis(50),
                    Duration::from_secs(1),
                )
                .tick()
                .await;
                Ok::<Bytes, Infallible>(event(&message(step, &id, &token)))
            }
        });
        answer(200, "text/event-stream", Body::from_stream(messages))
    })
    .await
}

fn message(step: i32, id: &Value, token: &Value) -> Value {
    if step < 20 {
        let params = json!({ "progressToken": token, "progress": step });
        return json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
    }
    json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": "done" }] } })
}

/// The same on standard streams.
fn busy_command(server: &mut Server) {
    let script = r#"
import json, sys, time
def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n"); sys.stdout.flush()
for line in sys.stdin:
    message = json.loads(line); method, id = message.get("method"), message.get("id")
    if method == "initialize":
        send({"id": id, "result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "b", "version": "1"}}})
    elif method == "tools/call":
        for step in range(20):
            time.sleep(0.05)
            send({"method": "notifications/progress", "params": {"progressToken": message["params"]["_meta"]["progressToken"], "progress": step}})
        send({"id": id, "result": {"content": [{"type": "text", "text": "done"}]}})
    elif id is not None:
        send({"id": id, "result": {"tools": [{"name": "x", "inputSchema": {"type": "object"}}]}})
"#;
    run(server, "python3", &["-c", script]);
}

async fn said(hub: &Hub) -> String {
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let answered = client.calling(&json!("p"), "x", &json!({})).answered().await;
    text(answered.last().expect("an answer")).to_owned()
}

async fn over_both(change: impl Fn(&mut Server)) -> [String; 2] {
    let odd = busy().await;
    let over_http = Hub::with(&[("a", &odd.url)], |server| change(server)).await;
    let command = Hub::with(&[("a", &odd.url)], |server| {
        busy_command(server);
        change(server);
    })
    .await;
    [said(&over_http).await, said(&command).await]
}

#[tokio::test]
async fn progress_does_not_extend_the_wait_by_itself_and_the_sentence_names_the_limit() {
    let said = over_both(|server| server.timeout = Some(Duration::from_millis(500))).await;

    assert_eq!(said, ["a did not answer within 0.5 seconds", "a did not answer within 0.5 seconds"]);
}

#[tokio::test]
async fn progress_extends_the_wait_where_the_settings_say_so() {
    let said = over_both(|server| {
        server.timeout = Some(Duration::from_millis(500));
        server.resets_timeout_on_progress = true;
    })
    .await;

    assert_eq!(said, ["done", "done"]);
}

#[tokio::test]
async fn no_progress_extends_the_wait_beyond_its_most() {
    let said = over_both(|server| {
        server.timeout = Some(Duration::from_millis(500));
        server.resets_timeout_on_progress = true;
        server.max_total_timeout = Some(Duration::from_millis(750));
    })
    .await;

    assert_eq!(said, ["a did not answer within 0.75 seconds", "a did not answer within 0.75 seconds"]);
}
