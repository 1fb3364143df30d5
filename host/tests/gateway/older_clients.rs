//! Clients of the transport of revision 2024-11-05: one stream for everything that they are sent.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::peer::{TestServer, blocks};

/// A client with an open stream.
struct OlderClient {
    http: reqwest::Client,
    messages: String,
    stream: Pin<Box<dyn Stream<Item = String> + Send>>,
}

impl OlderClient {
    async fn open(hub: &Hub, path: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("client");
        let opened = http.get(hub.url(path)).header("accept", "text/event-stream").send().await.expect("sent");
        assert_eq!(opened.status(), 200);
        let mut stream = blocks(opened).boxed();
        let first = stream.next().await.expect("endpoint");
        let address = first.strip_prefix("event: endpoint\ndata: ").expect("an endpoint");
        Self { http, messages: hub.url(address), stream }
    }

    async fn connect(hub: &Hub, path: &str) -> Self {
        let mut client = Self::open(hub, path).await;
        let params = json!({ "protocolVersion": "2024-11-05", "capabilities": { "sampling": {} }, "clientInfo": { "name": "older", "version": "1" } });
        let greeting = client.request("initialize", params).await;
        assert_eq!(greeting["result"]["protocolVersion"], "2024-11-05");
        assert_eq!(client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await, 202);
        client
    }

    async fn answered(&self, message: &Value) -> reqwest::Response {
        let request = self.http.post(&self.messages).header("content-type", "application/json");
        request.body(message.to_string()).send().await.expect("sent")
    }

    async fn post(&self, message: &Value) -> u16 {
        self.answered(message).await.status().as_u16()
    }

    /// The next message on the stream.
    async fn next(&mut self) -> Value {
        let event = self.stream.next().await.expect("event");
        serde_json::from_str(event.strip_prefix("event: message\ndata: ").expect("a message")).expect("JSON")
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params });
        assert_eq!(self.post(&request).await, 202);
        let answer = self.next().await;
        assert_eq!(answer["id"], method);
        answer
    }
}

#[tokio::test]
async fn answers_and_messages_of_the_server_come_on_the_one_stream() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("my notes", &peer.url)]).await;

    for path in ["/sse", "/sse/my%20notes"] {
        let mut client = OlderClient::connect(&hub, path).await;
        let listed = client.request("tools/list", json!({})).await;
        let tools = listed["result"]["tools"].as_array().expect("tools").clone();
        let ask = tools.iter().filter_map(|tool| tool["name"].as_str()).find(|name| name.contains("ask"));
        let call =
            json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": ask, "arguments": {} } });
        assert_eq!((tools.len(), client.post(&call).await), (7, 202), "{path}");

        let question = client.next().await;
        assert_eq!(question["method"], "sampling/createMessage");
        let told = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "said": "hello" } });
        assert_eq!(client.post(&told).await, 202);

        let answer = client.next().await;
        assert_eq!(answer["id"], 7);
        assert!(answer.to_string().contains("hello"), "{answer}");
        peer.change(|state| state.answers.clear());
    }
}

#[tokio::test]
async fn a_session_ends_with_its_stream_and_so_does_the_one_behind_it() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let OlderClient { http, messages, stream } = OlderClient::connect(&hub, "/sse/a").await;
    assert!(!peer.change(|state| state.sessions.is_empty()));

    drop(stream);

    hub.until(|| peer.change(|state| state.sessions.is_empty())).await;
    let gone = OlderClient { http, messages, stream: futures::stream::empty().boxed() };
    let refused = gone.answered(&json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" })).await;
    assert_eq!(refused.status(), 404);
    let error: Value = serde_json::from_slice(&refused.bytes().await.expect("body")).expect("JSON");
    assert_eq!(error["id"], 9);
}

#[tokio::test]
async fn a_message_without_its_stream_is_refused() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url), ("b", &peer.url)]).await;
    let mut client = OlderClient::connect(&hub, "/sse/a").await;
    let (own, ping) = (client.messages.clone(), json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" }));
    let id = own.split_once('=').expect("an id").1;

    for (address, status) in [
        ("/messages".to_owned(), 400),
        ("/messages?sessionId=nobody".to_owned(), 404),
        (format!("/messages?sessionId={id}"), 404),
        (format!("/messages/b?sessionId={id}"), 404),
        (format!("/messages/nowhere?sessionId={id}"), 404),
    ] {
        client.messages = hub.url(&address);
        assert_eq!(client.post(&ping).await, status, "{address}");
    }
    client.messages = own;
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_request_before_initialize_and_a_second_initialize_are_refused_on_the_stream() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let mut unbegun = OlderClient::open(&hub, "/sse/a").await;
    let mut begun = OlderClient::connect(&hub, "/sse/a").await;

    let early = unbegun.request("tools/list", json!({})).await;
    let again = begun.request("initialize", json!({ "protocolVersion": "2024-11-05", "capabilities": {} })).await;

    assert!(early["error"]["message"].as_str().expect("text").contains("send initialize first"));
    assert!(again["error"]["message"].as_str().expect("text").contains("initialised already"));
}

#[tokio::test]
async fn the_limit_of_sessions_holds_for_older_clients_too() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let mut open = Vec::new();
    for _ in 0..Hub::SESSIONS {
        open.push(OlderClient::connect(&hub, "/sse").await);
    }
    let one_more = OlderClient::open(&hub, "/sse").await;

    let refused = one_more.answered(&json!({ "jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {} })).await;

    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.expect("text").contains("all are in use"));
}

#[tokio::test]
async fn a_stream_ends_with_the_hub() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = OlderClient::connect(&hub, "/sse").await;

    hub.gateway.stop().await;

    assert!(client.stream.collect::<Vec<_>>().await.is_empty());
}
