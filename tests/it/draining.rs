//! A hub that is told to stop lets requests under way end, and takes no new ones. One that is told to read its settings does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use mcphub_tests::{Client, Home, Hub, http};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Sessions, and calls of each at once.
const SESSIONS: usize = 20;
const CALLS: usize = 10;

/// A server whose calls wait until they may end.
struct Gate {
    url: String,
    waiting: Arc<AtomicUsize>,
    open: watch::Sender<bool>,
}

impl Gate {
    async fn start() -> Self {
        let (open, opened) = watch::channel(false);
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = waiting.clone();
        let answer = move |body: String| {
            let (mut opened, count) = (opened.clone(), count.clone());
            async move {
                let message: Value = serde_json::from_str(&body).unwrap_or_default();
                let result = match message["method"].as_str() {
                    Some("initialize") => json!({
                        "protocolVersion": "2025-11-25",
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "gate", "version": "1"},
                    }),
                    Some("tools/list") => json!({"tools": [{"name": "wait", "inputSchema": {"type": "object"}}]}),
                    Some("tools/call") => {
                        count.fetch_add(1, Ordering::Relaxed);
                        opened.wait_for(|is_open| *is_open).await.expect("the test goes on");
                        json!({"content": [{"type": "text", "text": "done"}]})
                    }
                    Some(_) | None => json!({}),
                };
                axum::Json(json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(answer))).await });
        Self { url, waiting, open }
    }

    async fn until_waiting(&self, calls: usize) {
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        let limit = tokio::time::Instant::now() + Duration::from_mins(1);
        while self.waiting.load(Ordering::Relaxed) < calls {
            assert!(pace.tick().await < limit, "{} calls came", self.waiting.load(Ordering::Relaxed));
        }
    }
}

async fn hub_of(gate: &Gate, arguments: &[&str]) -> Hub {
    let settings = json!({"mcpServers": {"gate": {"url": gate.url}}});
    let hub = Hub::start_as(Home::new(&settings.to_string()), 0, (&[], arguments));
    hub.until("gate", "connected").await;
    hub
}

/// A call in a task of its own.
async fn call(client: Arc<Client>) -> (String, bool) {
    client.call("wait", json!({})).await
}

fn address(hub: &Hub) -> String {
    hub.url.replace("http://localhost", "127.0.0.1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stops_loses_none_of_two_hundred_calls() {
    let gate = Gate::start().await;
    let mut hub = hub_of(&gate, &[]).await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..SESSIONS {
        // The endpoint of all servers, too.
        let url = if number % 2 == 0 { hub.mcp("gate") } else { format!("{}/mcp", hub.url) };
        let (client, tool) = (Client::connect(&url).await, if number % 2 == 0 { "wait" } else { "gate-wait" });
        let client = Arc::new(client);
        for _ in 0..CALLS {
            let client = client.clone();
            calls.spawn(async move { client.call(tool, json!({})).await });
        }
    }
    gate.until_waiting(SESSIONS * CALLS).await;

    hub.signal("TERM");
    hub.until_told("stopping").await;
    assert!(TcpStream::connect(address(&hub)).await.is_err(), "it still takes connections");
    gate.open.send_replace(true);

    let answers = calls.join_all().await;
    assert_eq!(answers.len(), SESSIONS * CALLS);
    assert!(answers.iter().all(|answer| *answer == ("done".to_owned(), false)), "{answers:?}");
    hub.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_listens_is_told_when_to_come_again_and_ready_says_no() {
    let gate = Gate::start().await;
    let mut hub = hub_of(&gate, &[]).await;
    let client = Arc::new(Client::connect(&hub.mcp("gate")).await);
    let mut listening = http()
        .get(hub.mcp("gate"))
        .header("accept", "text/event-stream")
        .header("mcp-session-id", client.session())
        .send()
        .await
        .expect("a stream");
    let mut heard =
        String::from_utf8_lossy(&listening.chunk().await.expect("a chunk").expect("a first event")).into_owned();
    // A hub that has begun to read a request answers it.
    let mut early = TcpStream::connect(address(&hub)).await.expect("a connection");
    let request = format!("GET /ready HTTP/1.1\r\nHost: {}\r\n", address(&hub));
    early.write_all(request.as_bytes()).await.expect("sent");
    let waiting = tokio::spawn(call(client));
    gate.until_waiting(1).await;

    hub.signal("TERM");
    hub.until_told("stopping").await;
    early.write_all(b"\r\n").await.expect("sent");
    let mut answer = String::new();
    early.read_to_string(&mut answer).await.expect("an answer");
    gate.open.send_replace(true);

    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"ready\":false"), "{answer}");
    assert_eq!(waiting.await.expect("ended"), ("done".to_owned(), false));
    while let Ok(Some(chunk)) = listening.chunk().await {
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(heard.ends_with(": the hub is stopping\nretry: 1000\n\n"), "{heard}");
    hub.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_the_drain_or_a_second_signal_is_cut_off() {
    let gate = Gate::start().await;
    for (arguments, signals) in [(&["--drain", "1"][..], 1), (&["--drain", "600"], 2)] {
        let mut hub = hub_of(&gate, arguments).await;
        let client = Client::connect(&hub.mcp("gate")).await;
        let before = gate.waiting.load(Ordering::Relaxed);
        let waiting = tokio::spawn(async move {
            // The connection breaks, which the client takes for a failure.
            client.call("wait", json!({})).await
        });
        gate.until_waiting(before + 1).await;

        for number in 1..=signals {
            hub.signal("TERM");
            hub.until_told(if number == 1 { "stopping" } else { "a second time" }).await;
        }

        hub.ended().await;
        drop(waiting);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_has_the_settings_read_again() {
    let gate = Gate::start().await;
    let hub = hub_of(&gate, &[]).await;
    let settings = json!({"mcpServers": {"gate": {"url": gate.url}, "more": {"url": gate.url}}});
    std::fs::write(hub.home.settings(), settings.to_string()).expect("saved");

    hub.signal("HUP");

    hub.until_told("SIGHUP: the settings are read again").await;
    hub.until("more", "connected").await;
}
