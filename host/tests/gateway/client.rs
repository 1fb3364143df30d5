//! A minimal MCP client.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::peer::events;

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) session: Option<String>,
    pub(crate) greeting: Value,
    /// Further headers of every request.
    pub(crate) extra: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build().expect("client");
        Self { http, url: url.to_owned(), session: None, greeting: Value::Null, extra: Vec::new() }
    }

    pub(crate) async fn connect(url: &str) -> Self {
        Self::connect_as(url, json!({ "sampling": {} }), "2025-11-25").await
    }

    pub(crate) async fn connect_as(url: &str, capabilities: Value, revision: &str) -> Self {
        Self::new(url).connected(capabilities, revision).await
    }

    /// Connects with these further headers on every request.
    pub(crate) async fn connect_with(url: &str, extra: Vec<(&'static str, String)>) -> Self {
        Self { extra, ..Self::new(url) }.connected(json!({ "sampling": {} }), "2025-11-25").await
    }

    async fn connected(self, capabilities: Value, revision: &str) -> Self {
        let mut client = self;
        let params = json!({ "protocolVersion": revision, "capabilities": capabilities, "clientInfo": { "name": "tester", "version": "7" } });
        let response =
            client.post(&json!({ "jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params })).await;
        assert_eq!(response.status(), 200);
        client.session = Some(response.headers()["mcp-session-id"].to_str().expect("id").to_owned());
        let body: Value = serde_json::from_slice(&response.bytes().await.expect("body")).expect("json");
        client.greeting = body["result"].clone();
        let initialized = client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        assert_eq!(initialized.status(), 202);
        client
    }

    fn build(&self, method: reqwest::Method) -> reqwest::RequestBuilder {
        let request = self.http.request(method, &self.url).header("accept", "application/json, text/event-stream");
        let request = self.extra.iter().fold(request, |request, (name, value)| request.header(*name, value));
        match &self.session {
            Some(session) => request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25"),
            None => request,
        }
    }

    pub(crate) async fn post(&self, message: &Value) -> reqwest::Response {
        let request = self.build(reqwest::Method::POST).header("content-type", "application/json");
        let has_own = self.extra.iter().any(|(name, _)| *name == "authorization");
        let request = if has_own { request } else { request.header("authorization", "Bearer inbound") };
        request.header("cookie", "a=b").body(message.to_string()).send().await.expect("sent")
    }

    pub(crate) async fn listen(&self) -> impl futures::Stream<Item = Value> + Unpin + use<> {
        let response = self.build(reqwest::Method::GET).send().await.expect("sent");
        assert_eq!(response.status(), 200);
        events(response)
    }

    /// Opens a GET stream, behind this event if there is one.
    pub(crate) async fn listen_raw(&self, last: Option<&str>) -> reqwest::Response {
        let request = self.build(reqwest::Method::GET);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.send().await.expect("sent")
    }

    pub(crate) async fn delete(&self) -> u16 {
        self.build(reqwest::Method::DELETE).send().await.expect("sent").status().as_u16()
    }

    /// Sends a request, and returns the last message that comes back.
    pub(crate) async fn request(&self, method: &str, params: Value) -> Value {
        let response = self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        assert_eq!(response.status(), 200, "{method}");
        if response.headers()["content-type"] == "text/event-stream" {
            let all: Vec<Value> = events(response).collect().await;
            return all.last().expect("answer").clone();
        }
        serde_json::from_slice(&response.bytes().await.expect("body")).expect("json")
    }

    /// Sends a request, answers each question that comes with it by its method, and returns all messages.
    pub(crate) async fn answering(&self, method: &str, params: Value, answer: impl Fn(&str) -> Value) -> Vec<Value> {
        let response = self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        let (mut stream, mut all) = (events(response), Vec::new());
        while let Some(message) = stream.next().await {
            if let (Some(asked), Some(id)) = (message["method"].as_str(), message.get("id")) {
                let mut answer = answer(asked);
                answer["jsonrpc"] = json!("2.0");
                answer["id"] = id.clone();
                assert_eq!(self.post(&answer).await.status(), 202);
            }
            all.push(message);
        }
        all
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// Names of the tools in the list.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let answer = self.request("tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().expect("tools");
        tools.iter().map(|tool| tool["name"].as_str().expect("name").to_owned()).collect()
    }
}

/// The text of a tool's result.
pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {answer}"))
}
