//! Requests of clients, counted, and their answers message by message.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// How long an answer may take on a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The way to the hub.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) web: reqwest::Client,
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
}

/// The messages that answer a request.
pub(crate) struct Messages {
    response: Response,
    is_stream: bool,
    text: String,
    ready: VecDeque<Value>,
}

impl Wire {
    pub(crate) fn new(url: &str) -> Self {
        Self { web: mcphub_tests::http(), url: url.to_owned(), requests: Arc::default() }
    }

    /// How many requests were sent so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.web.request(method, format!("{}{path}", self.url));
        request.header("accept", "application/json, text/event-stream").header("content-type", "application/json")
    }

    /// Sends a request. It must be answered in time.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = tokio::time::timeout(PATIENCE, request.send()).await;
        sent.expect("an answer in time").expect("the hub answers")
    }
}

impl Messages {
    pub(crate) fn of(response: Response) -> Self {
        let kind = response.headers().get("content-type");
        let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        Self { response, is_stream, text: String::new(), ready: VecDeque::new() }
    }

    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("an answer in time");
            let Some(chunk) = chunk.expect("the answer goes on") else {
                return serde_json::from_str(&std::mem::take(&mut self.text)).ok();
            };
            self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
            while self.is_stream
                && let Some((event, rest)) = self.text.split_once("\n\n")
            {
                let rest = rest.to_owned();
                let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
                self.ready.extend(serde_json::from_str::<Value>(&data));
                self.text = rest;
            }
        }
    }
}

/// Checks a tool's result: what was said, or a sentence about a server that may be down.
pub(crate) fn check(answer: &Value, said: &str, may_be_down: bool) {
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
    let is_told = may_be_down && answer["result"]["isError"] == true && text.starts_with("cmd ");
    assert!(text == said || is_told, "{said} was to be said, but it was {answer}");
}

/// What a person says to a server's question.
pub(crate) fn reply(question: &Value) -> Value {
    let text = question["params"]["messages"][0]["content"]["text"].clone();
    json!({"role": "assistant", "model": "test", "content": {"type": "text", "text": text}})
}
