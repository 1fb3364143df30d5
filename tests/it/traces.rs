//! A collector gets traces whose parts belong together: from a client over the hub to the server, and through each login.

use std::time::Duration;

use mcphub_tests::scripted::{Answer, Asked, Scripted};
use mcphub_tests::{Authority, Home, Hub, Shape, http, text};
use serde_json::{Value, json};

use crate::sign_in;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

async fn collector() -> Scripted {
    Scripted::start(|_: &Asked| Answer::json(200, &json!({}))).await
}

fn hub_of(url: &str, collector: &Scripted) -> Hub {
    let settings = json!({"mcpServers": {"notes": {"url": url}}});
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-key")];
    Hub::start_in(Home::new(&settings.to_string()), 0, &variables)
}

fn spans(collector: &Scripted) -> Vec<Value> {
    let asked = collector.asked();
    let documents = asked.iter().filter(|asked| asked.path == "/v1/traces").map(Asked::message);
    let spans = documents.flat_map(|document| {
        document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned().unwrap_or_default()
    });
    spans.collect()
}

/// Waits for a span of this name.
async fn span(collector: &Scripted, name: &str) -> Value {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1500 {
        if let Some(span) = spans(collector).into_iter().find(|span| span["name"] == name) {
            return span;
        }
        pace.tick().await;
    }
    panic!("no span {name} in {:#?}", spans(collector))
}

async fn post(hub: &Hub, session: &str, message: &Value, traceparent: Option<&str>) -> reqwest::Response {
    let mut request = http()
        .post(hub.mcp("notes"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if !session.is_empty() {
        request = request.header("mcp-session-id", session);
    }
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    request.body(message.to_string()).send().await.expect("an answer")
}

async fn session(hub: &Hub) -> String {
    let params =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let answer = post(hub, "", &message, None).await;
    answer.headers()["mcp-session-id"].to_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_trace_from_its_client_to_the_server() {
    let collector = collector().await;
    let server = Scripted::start(Asked::as_mcp).await;
    let hub = hub_of(&format!("{}/mcp", server.url), &collector);
    hub.until("notes", "connected").await;
    let session = session(&hub).await;
    let arguments = json!({"name": "echo", "arguments": {"secret": "canary-argument"}});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments});

    let traced = format!("00-{TRACE}-{CLIENT}-01");
    assert_eq!(post(&hub, &session, &call, Some(&traced)).await.status().as_u16(), 200);
    let unsampled = format!("00-{TRACE}-{CLIENT}-00");
    let quiet = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    post(&hub, &session, &quiet, Some(&unsampled)).await;

    let span = span(&collector, "tools/call echo").await;
    assert_eq!((text(&span, "/traceId").as_str(), text(&span, "/parentSpanId").as_str()), (TRACE, CLIENT));
    assert_eq!(span["kind"], 2);
    let at_server = server.asked().into_iter().find(|asked| asked.message()["method"] == "tools/call").expect("a call");
    assert_eq!(at_server.header("traceparent"), format!("00-{TRACE}-{}-01", text(&span, "/spanId")));
    let all = collector.asked();
    assert!(all.iter().all(|asked| asked.header("x-key") == "canary-key"));
    assert!(all.iter().all(|asked| !asked.body.contains("canary-argument")));
    assert!(!spans(&collector).iter().any(|span| span["name"] == "tools/list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_login_are_one_trace_without_secrets() {
    let collector = collector().await;
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = hub_of(&authority.server(), &collector);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let root = span(&collector, "login").await;
    let all = spans(&collector);
    let of_login: Vec<&Value> = all.iter().filter(|span| text(span, "/name").starts_with("login.")).collect();
    for stage in ["discovery", "registration", "authorization", "exchange"] {
        assert!(of_login.iter().any(|span| span["name"] == format!("login.{stage}")), "{stage}: {all:#?}");
    }
    for span in &of_login {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&root["traceId"], &root["spanId"]), "{span:#}");
    }
    let obtained = hub.home.json()["obtained"].to_string();
    let sent: String = collector.asked().iter().map(|asked| asked.body.clone()).collect();
    let secrets = obtained.split('"').filter(|word| word.len() > 20 && !word.contains([' ', '/', ':']));
    // A client's id is no secret.
    let secrets = secrets.filter(|word| !word.starts_with("canary-client-"));
    for secret in secrets {
        assert!(!sent.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_waits_is_sent_when_the_hub_stops() {
    let collector = collector().await;
    let server = Scripted::start(Asked::as_mcp).await;
    let hub = hub_of(&format!("{}/mcp", server.url), &collector);
    hub.until("notes", "connected").await;
    session(&hub).await;

    drop(hub.stop());

    assert!(spans(&collector).iter().any(|span| span["name"] == "initialize"));
}
