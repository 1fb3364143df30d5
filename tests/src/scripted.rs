//! A server whose every answer a test writes, and what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A running server; it ends with the runtime of its test.
pub struct Scripted {
    /// Its origin.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET` …
    pub method: String,
    /// The whole address as it came: a path, or more where the server was taken for a proxy.
    pub uri: String,
    /// Without the query.
    pub path: String,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// The origin of the server.
    pub origin: String,
}

/// Its answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Scripted {
    /// Starts one that answers so.
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (origin, all) = (url.clone(), asked.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (origin, all, answer) = (origin.clone(), all.clone(), answer.clone());
            async move {
                let asked = Asked::read(request, origin).await;
                let answered = answer(&asked);
                all.lock().unwrap().push(asked);
                answered.into_response()
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often it was asked so: `METHOD /path`.
    #[must_use]
    pub fn count(&self, request: &str) -> usize {
        self.asked().iter().filter(|asked| format!("{} {}", asked.method, asked.path) == request).count()
    }
}

impl Asked {
    async fn read(request: Request, origin: String) -> Self {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
        Self {
            method: head.method.to_string(),
            uri: head.uri.to_string(),
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            origin,
        }
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A parameter of the query or of a form.
    #[must_use]
    pub fn parameter(&self, name: &str) -> String {
        let query = self.uri.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let mut pairs =
            url::form_urlencoded::parse(query.as_bytes()).chain(url::form_urlencoded::parse(self.body.as_bytes()));
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The message, where it is one.
    #[must_use]
    pub fn message(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The answer of a small MCP server with one tool, `echo`.
    #[must_use]
    pub fn as_mcp(&self) -> Answer {
        let message = self.message();
        let result = match message["method"].as_str() {
            Some("initialize") => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "scripted", "version": "1"},
            }),
            Some("tools/list") => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}),
            Some("tools/call") => json!({"content": [{"type": "text", "text": "done"}]}),
            Some(_) if message.get("id").is_none() => return Answer::of(202),
            Some(_) | None => return Answer::of(405),
        };
        Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
    }
}

impl Answer {
    /// A status and nothing more.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// A document.
    #[must_use]
    pub fn json(status: u16, document: &Value) -> Self {
        Self { body: document.to_string(), ..Self::of(status) }.with("content-type", "application/json")
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::of(status).with("location", to)
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        response.headers_mut().remove("content-type");
        for (name, value) in self.headers {
            response.headers_mut().append(name, value.parse().expect("a header"));
        }
        response
    }
}
