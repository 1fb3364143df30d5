//! A small MCP client of revision 2025-11-25 over Streamable HTTP. It answers what servers ask.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::http;

/// A client with a session.
pub struct Client {
    web: reqwest::Client,
    url: String,
    session: String,
    next: AtomicU64,
}

/// The answer to one request, message by message.
pub struct Exchange<'a> {
    client: &'a Client,
    answer: reqwest::Response,
    id: u64,
    streams: bool,
    text: String,
    ready: VecDeque<Value>,
}

impl Client {
    /// Connects: `initialize`, `notifications/initialized`.
    pub async fn connect(url: &str) -> Self {
        let mut client = Self { web: http(), url: url.to_owned(), session: String::new(), next: AtomicU64::new(1) };
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"sampling": {}},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let answer = client.post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await;
        assert_eq!(answer.status().as_u16(), 200, "initialize: {}", answer.text().await.unwrap_or_default());
        client.session = answer.headers()["mcp-session-id"].to_str().expect("text").to_owned();
        client.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client
    }

    /// The id of the session.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    async fn post(&self, message: &Value) -> reqwest::Response {
        let mut request = self
            .web
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25");
        if !self.session.is_empty() {
            request = request.header("mcp-session-id", &self.session);
        }
        request.body(message.to_string()).send().await.expect("the hub answers")
    }

    /// Sends a request; its answer is read message by message.
    pub async fn send(&self, method: &str, params: Value) -> Exchange<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let answer = self.post(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        let kind = answer.headers().get("content-type");
        let streams = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        Exchange { client: self, answer, id, streams, text: String::new(), ready: VecDeque::new() }
    }

    /// Sends a request; its HTTP status and its result or error.
    pub async fn request(&self, method: &str, params: Value) -> (u16, Value) {
        let mut exchange = self.send(method, params).await;
        let status = exchange.answer.status().as_u16();
        let mut last = Value::Null;
        while let Some(message) = exchange.next().await {
            last = message;
        }
        (status, last)
    }

    /// Names of all tools.
    pub async fn tools(&self) -> Vec<String> {
        let (_, answer) = self.request("tools/list", json!({})).await;
        let tools = answer.pointer("/result/tools").and_then(Value::as_array).unwrap_or_else(|| panic!("{answer:#}"));
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Calls a tool: its text, and whether it is an error. The HTTP status is 200 whatever happens behind the hub.
    pub async fn call(&self, tool: &str, arguments: Value) -> (String, bool) {
        let (status, answer) = self.request("tools/call", call(tool, &arguments)).await;
        assert_eq!(status, 200, "{answer:#}");
        let text = answer.pointer("/result/content/0/text").and_then(Value::as_str);
        let text = text.unwrap_or_else(|| panic!("no text in {answer:#}")).to_owned();
        (text, answer.pointer("/result/isError").and_then(Value::as_bool).unwrap_or(false))
    }
}

/// Parameters of a call that wants to hear of its progress.
#[must_use]
pub fn call(tool: &str, arguments: &Value) -> Value {
    json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}})
}

impl Exchange<'_> {
    /// The next message; none after the response. What the server asks is answered.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                if message.get("method").is_some() && message.get("id").is_some() {
                    self.answer(&message).await;
                }
                return Some(message);
            }
            let chunk = self.answer.chunk().await.expect("the answer goes on")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
            if self.streams { self.events() } else { self.whole() }
        }
    }

    /// All events that are complete.
    fn events(&mut self) {
        while let Some((event, rest)) = self.text.split_once("\n\n") {
            let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
            self.ready.extend(serde_json::from_str::<Value>(&data));
            self.text = rest.to_owned();
        }
    }

    /// A body that is one message, once it is complete.
    fn whole(&mut self) {
        if let Ok(message) = serde_json::from_str(&self.text) {
            self.ready.push_back(message);
            self.text.clear();
        }
    }

    async fn answer(&self, asked: &Value) {
        let result = json!({"role": "assistant", "model": "test", "content": {"type": "text", "text": "Ann"}});
        self.client.post(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": result})).await;
    }

    /// Whether a message is the response to this request.
    #[must_use]
    pub fn is_response(&self, message: &Value) -> bool {
        message.get("method").is_none() && message.get("id") == Some(&json!(self.id))
    }
}

/// The connect link in a text that must have one.
#[must_use]
pub fn link_in(text: &str) -> String {
    any_link_in(text).unwrap_or_else(|| panic!("no link in {text:?}"))
}

/// The connect link in a text, if there is one.
#[must_use]
pub fn any_link_in(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.contains("/connect/")).map(str::to_owned)
}
