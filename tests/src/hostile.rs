//! A server that says whatever it is told to, and remembers everything that it was sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A running one; it ends with the runtime of its test.
pub struct Hostile {
    shared: Arc<Shared>,
    /// Its origin.
    pub url: String,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, Answer>>,
    seen: Mutex<Vec<Seen>>,
    asked: Notify,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A request that it got.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `METHOD /path`.
    pub request: String,
    /// The `Authorization` header; empty: there was none.
    pub authorization: String,
    /// The query.
    pub query: String,
    /// The body.
    pub body: String,
}

impl Hostile {
    /// Starts one that knows nothing: 404 everywhere.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { shared, url }
    }

    /// Starts one that demands a login at `/mcp`, and names this authorization server for it.
    pub async fn naming(issuer: &str) -> Self {
        let server = Self::start().await;
        server.demand_login("/mcp");
        let document = json!({"resource": format!("{}/mcp", server.url), "authorization_servers": [issuer]});
        server.answer("/.well-known/oauth-protected-resource/mcp", &document);
        server
    }

    /// Answers a path with JSON from now on.
    pub fn answer(&self, path: &str, body: &Value) {
        self.answer_with(path, 200, &[("content-type", "application/json".to_owned())], &body.to_string());
    }

    /// Answers a path with this from now on.
    pub fn answer_with(&self, path: &str, status: u16, headers: &[(&'static str, String)], body: &str) {
        let answer = Answer { status, headers: headers.to_vec(), body: body.to_owned() };
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Refuses a path with 401, and names its resource metadata.
    pub fn demand_login(&self, path: &str) {
        let document = format!("{}/.well-known/oauth-protected-resource{path}", self.url);
        let challenge = format!("Bearer resource_metadata=\"{document}\"");
        self.answer_with(path, 401, &[("www-authenticate", challenge)], "");
    }

    /// Everything that it was sent.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many requests begin so.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        self.seen().iter().filter(|seen| seen.request.starts_with(start)).count()
    }

    /// Comes back when it was sent such a request.
    pub async fn until(&self, is: impl Fn(&Seen) -> bool) {
        loop {
            let asked = self.shared.asked.notified();
            if self.seen().iter().any(&is) {
                return;
            }
            asked.await;
        }
    }

    /// Whether any request had this anywhere.
    #[must_use]
    pub fn was_sent(&self, text: &str) -> bool {
        self.seen().iter().any(|seen| format!("{seen:?}").contains(text))
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let header = head.headers.get("authorization").and_then(|value| value.to_str().ok());
    shared.seen.lock().unwrap().push(Seen {
        request: format!("{} {}", head.method, head.uri.path()),
        authorization: header.unwrap_or_default().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    shared.asked.notify_waiters();
    let Some(answer) = shared.answers.lock().unwrap().get(head.uri.path()).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(answer.body.into());
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in answer.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a value"));
    }
    response
}
