//! Clients with sessions: they begin, list, call, answer questions, cancel, listen, and end their session or just leave.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::wire::{Messages, Wire, check, reply};
use crate::world::{Endpoint, Server};

/// How often a cancellation is repeated.
const PACE: Duration = Duration::from_millis(50);

/// A client with a session.
pub(crate) struct Client {
    wire: Wire,
    pub(crate) path: &'static str,
    pub(crate) session: String,
}

impl Client {
    pub(crate) async fn begin(wire: &Wire, path: &'static str) -> Self {
        let mut client = Self { wire: wire.clone(), path, session: String::new() };
        let info = json!({"name": "load", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}}, "clientInfo": info});
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let answer = wire.send(client.request(Method::POST).body(hello.to_string())).await;
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
        client.session = answer.headers()["mcp-session-id"].to_str().expect("text").to_owned();
        client.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let request = self.wire.request(method, self.path);
        if self.session.is_empty() { request } else { request.header("mcp-session-id", &self.session) }
    }

    async fn tell(&self, message: &Value) {
        let told = self.wire.send(self.request(Method::POST).body(message.to_string())).await;
        assert_eq!(told.status(), 202, "{message}: {}", told.text().await.unwrap_or_default());
    }

    async fn ask(&self, id: usize, method: &str, params: &Value) -> Messages {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        Messages::of(self.wire.send(self.request(Method::POST).body(message.to_string())).await)
    }

    /// Calls a tool, answers what it asks, and returns the answer.
    async fn call(&self, id: usize, tool: &str, text: &str) -> Value {
        let params = json!({"name": tool, "arguments": {"text": text}, "_meta": {"progressToken": id}});
        let mut messages = self.ask(id, "tools/call", &params).await;
        while let Some(message) = messages.next().await {
            match (message.get("method"), message.get("id")) {
                (None, _) => {
                    assert_eq!(message["id"], id, "{message}");
                    return message;
                }
                (Some(_), Some(question)) => {
                    self.tell(&json!({"jsonrpc": "2.0", "id": question, "result": reply(&message)})).await;
                }
                (Some(_), None) => {}
            }
        }
        panic!("no answer to {params}")
    }

    /// Cancels a call that would never be answered. The cancellation of a call that has not begun is ignored, so it is
    /// repeated until the call ends.
    async fn cancel(&self, id: usize, tool: &str) {
        let params = json!({"name": tool, "arguments": {}, "_meta": {"progressToken": id}});
        let reading = async {
            let mut messages = self.ask(id, "tools/call", &params).await;
            while messages.next().await.is_some() {}
        };
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        let cancelling = async {
            let mut pace = tokio::time::interval(PACE);
            loop {
                pace.tick().await;
                self.tell(&cancelled).await;
            }
        };
        tokio::select! {
            () = reading => {}
            () = cancelling => {}
        }
    }

    /// Opens the stream for what answers no request, and leaves it once it is open.
    async fn listen(&self) {
        let stream = self.wire.send(self.request(Method::GET)).await;
        assert_eq!(stream.status(), 200);
    }

    pub(crate) async fn end(wire: &Wire, path: &'static str, session: &str) -> u16 {
        let client = Self { wire: wire.clone(), path, session: session.to_owned() };
        wire.send(client.request(Method::DELETE)).await.status().as_u16()
    }
}

/// A session's life up to its end, which is the caller's. `round` makes what it says its own.
pub(crate) async fn live(wire: &Wire, endpoint: &Endpoint, round: usize) -> Client {
    let client = Client::begin(wire, endpoint.path).await;
    let mut messages = client.ask(1, "tools/list", &json!({})).await;
    let listed = messages.next().await.expect("a list");
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    for (index, server) in endpoint.servers.iter().enumerate() {
        let (tool, id, may_be_down) =
            (|tool: &str| endpoint.tool(*server, tool), 10 + 10 * index, server.may_be_down());
        let said = format!("{round}-{index}");
        check(&client.call(id, &tool("echo"), &said).await, &said, may_be_down);
        check(&client.call(id + 1, &tool("progress"), &said).await, &said, may_be_down);
        if *server != Server::Command {
            check(&client.call(id + 2, &tool("ask"), &said).await, &said, may_be_down);
        }
        if round % 4 == index {
            client.cancel(id + 3, &tool("hang")).await;
        }
    }
    if round.is_multiple_of(3) {
        client.listen().await;
    }
    client
}
