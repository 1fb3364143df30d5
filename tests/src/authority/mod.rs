//! A scriptable authority with its MCP server on one origin. It is as strict as the provider it stands for and refuses
//! what that one would refuse. Needs nothing but Rust; everything it hands out is marked, so that it can be looked for.

mod authorization;
mod call;
mod client;
mod resource;
mod shape;
mod token;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use shape::{Account, Clients, Registration, Revocation, Shape};

/// A client that every authority knows from the start.
pub const CLIENT_ID: &str = "Iv23canaryclient";
/// Its secret.
pub const CLIENT_SECRET: &str = "canary0client0secret0of0the0person";
/// Another one, whose secret looks different when it is form-encoded.
pub const ODD_CLIENT_ID: &str = "canary:odd client";
/// Its secret.
pub const ODD_CLIENT_SECRET: &str = "canary+odd/secret=with%41 of0the0person";

/// A running authority; it ends with the runtime of its test.
pub struct Authority {
    state: Arc<Shared>,
    /// Its origin.
    pub url: String,
}

struct Shared {
    shape: Shape,
    origin: String,
    inner: Mutex<Inner>,
    asked: Notify,
}

/// What it remembers and how it was told to behave.
#[derive(Default)]
struct Inner {
    requests: Vec<String>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    clients: BTreeMap<String, client::Registered>,
    secrets: Vec<String>,
    next: u64,
    lifetime: Option<Duration>,
    refuses_secret: bool,
    refuses_person: bool,
    initial_access_token: Option<String>,
    secrets_end_at: u64,
    habits: Vec<Habit>,
    echoes: bool,
    faults: VecDeque<Fault>,
    /// Members of the two metadata documents that are written otherwise; null: left out.
    metadata: Value,
    resource: Value,
    /// Members of its answers that are written otherwise.
    registration: Value,
    tokens: Value,
    callback: Value,
    /// The last authorization request.
    authorization: String,
    /// Refresh tokens that came a second time.
    reused: usize,
}

/// What it does besides, from the moment it is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Registration takes redirects to 127.0.0.1 only (RFC 7591 §3.2.2 `invalid_redirect_uri`).
    LoopbackOnly,
    /// Registration is for clients on a list: 403 and a line of text.
    ListedClientsOnly,
    /// Clients cannot change their records (RFC 7592).
    RefusesManagement,
    /// Metadata is at the place of `OpenID` Connect Discovery only.
    OpenIdOnly,
    /// Tokens come a second time under other names, with the code and the verifier that were sent.
    RepeatsSecrets,
    /// The token endpoint calls a client that it does not know an invalid grant.
    UnknownClientIsInvalidGrant,
}

/// A passing fault of the token endpoint: nothing is done, and nothing useful is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Status 503.
    Unavailable,
    /// A page of somebody in between.
    Page,
    /// Half an answer, as if it were a whole one.
    Truncated,
    /// The connection ends in the middle.
    Dropped,
}

struct Code {
    challenge: String,
    redirect_uri: String,
    client: String,
    scope: String,
    /// The family of its tokens, once it was used.
    used: Option<u64>,
}

struct Access {
    family: u64,
    ends: Option<Instant>,
}

struct Refresh {
    family: u64,
    client: String,
    scope: String,
    used: bool,
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

impl Inner {
    fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// A marked value that never repeats.
    fn fresh(&self, kind: &str) -> String {
        let mut inner = self.lock();
        inner.next += 1;
        let value = format!("canary-{kind}-{:04}-0123456789abcdef", inner.next);
        if kind != "client" {
            inner.secrets.push(value.clone());
        }
        value
    }

    fn issuer(&self) -> String {
        format!("{}{}", self.origin, self.shape.issuer)
    }

    fn resource(&self) -> String {
        format!("{}/mcp", self.origin)
    }
}

async fn answer(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    state.lock().requests.push(format!("{} {}", head.method, head.uri.path()));
    state.asked.notify_waiters();
    call::Call { state: &state, head: &head, body }.answer()
}
