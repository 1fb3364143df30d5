//! The running authority: starts it, changes its behaviour, and tells what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::Notify;

use super::shape::Shape;
use super::state::{CLIENT_SECRET, Fault, Habit, Inner, ODD_CLIENT_SECRET, Shared};
use super::{call, client};

/// A running authority; it ends with the runtime of its test.
pub struct Authority {
    state: Arc<Shared>,
    /// Its origin.
    pub url: String,
}

impl Authority {
    /// Starts one.
    pub async fn start(shape: Shape) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Inner {
            clients: client::from_the_start(),
            secrets: vec![CLIENT_SECRET.into(), ODD_CLIENT_SECRET.into()],
            ..Inner::default()
        };
        let state = Arc::new(Shared { shape, origin: url.clone(), inner: Mutex::new(inner), asked: Notify::new() });
        let router = Router::new().fallback(answer).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state, url }
    }

    /// The address of its MCP server.
    #[must_use]
    pub fn server(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// Tokens that are issued from now on end after this time, and come with a refresh token.
    pub fn tokens_end_after(&self, lifetime: Duration) {
        self.state.lock().lifetime = Some(lifetime);
    }

    /// Every client that registered is gone, as after a purge.
    pub fn forget_clients(&self) {
        self.state.lock().clients = client::from_the_start();
    }

    /// Every access token dies now; refresh tokens stay.
    pub fn forget_access_tokens(&self) {
        self.state.lock().access.clear();
    }

    /// Every token dies now.
    pub fn forget_all_tokens(&self) {
        let mut inner = self.state.lock();
        inner.access.clear();
        inner.refresh.clear();
    }

    /// The client's secret is refused from now on.
    pub fn refuse_the_secret(&self) {
        self.state.lock().refuses_secret = true;
    }

    /// Whether the person says no from now on.
    pub fn refuse(&self, refuses: bool) {
        self.state.lock().refuses_person = refuses;
    }

    /// Does this from now on.
    pub fn adopt(&self, habit: Habit) {
        self.state.lock().habits.push(habit);
    }

    /// Secrets that registration gives from now on end then (seconds since 1970); the client can renew them (RFC 7592).
    pub fn end_secrets_at(&self, seconds: u64) {
        self.state.lock().secrets_end_at = seconds;
    }

    /// Registration demands this token from now on.
    pub fn demand_initial_access_token(&self, token: &str) {
        let mut inner = self.state.lock();
        inner.secrets.push(token.to_owned());
        inner.initial_access_token = Some(token.to_owned());
    }

    /// Its errors repeat what they were sent, secrets included.
    pub fn echo_what_was_sent(&self) {
        self.state.lock().echoes = true;
    }

    /// Every request so far: `METHOD /path`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().requests.clone()
    }

    /// How many requests begin so.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        self.requests().iter().filter(|request| request.starts_with(start)).count()
    }

    /// Comes back when so many requests began so.
    pub async fn until(&self, start: &str, count: usize) {
        loop {
            let asked = self.state.asked.notified();
            if self.count(start) >= count {
                return;
            }
            asked.await;
        }
    }

    /// The next requests to the token endpoint meet these faults.
    pub fn fail(&self, faults: &[Fault]) {
        self.state.lock().faults.extend(faults);
    }

    /// The authorization server's metadata says this instead.
    pub fn patch_metadata(&self, members: Value) {
        self.state.lock().metadata = members;
    }

    /// The protected resource's metadata says this instead.
    pub fn patch_resource(&self, members: Value) {
        self.state.lock().resource = members;
    }

    /// Answers to registrations say this instead.
    pub fn patch_registration(&self, members: Value) {
        self.state.lock().registration = members;
    }

    /// Tokens come with this instead.
    pub fn patch_tokens(&self, members: Value) {
        self.state.lock().tokens = members;
    }

    /// Callbacks say this besides.
    pub fn patch_callback(&self, members: Value) {
        self.state.lock().callback = members;
    }

    /// A parameter of the last authorization request.
    #[must_use]
    pub fn asked(&self, parameter: &str) -> Option<String> {
        let query = self.state.lock().authorization.clone();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
    }

    /// How often a refresh token came a second time.
    #[must_use]
    pub fn reused(&self) -> usize {
        self.state.lock().reused
    }

    /// Whether a header opens the MCP server now.
    #[must_use]
    pub fn opens(&self, authorization: &str) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        self.state.lock().access.contains_key(token)
    }

    /// Access tokens that are good now.
    #[must_use]
    pub fn living_tokens(&self) -> usize {
        self.state.lock().access.len()
    }

    /// Every code, token, secret, verifier and state it ever handed out or was sent.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.state.lock().secrets.iter().filter(|secret| !secret.is_empty()).cloned().collect()
    }
}

async fn answer(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    state.lock().requests.push(format!("{} {}", head.method, head.uri.path()));
    state.asked.notify_waiters();
    call::Call { state: &state, head: &head, body }.answer()
}
