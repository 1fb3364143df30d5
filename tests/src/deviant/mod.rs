//! An authority in the same process that deviates as one provider does, and in no other way: what the provider would
//! refuse, it refuses, and what it does not know, too. It knows nothing of profiles; it reads the quirks by itself.

mod account;
mod addresses;
mod answers;
mod endpoints;
mod page;
mod quirks;
mod request;
mod token;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use mcphub::egress::{EgressError, StandIn};
use reqwest::Url;
use serde_json::{Map, Value};

use quirks::Quirks;
use request::Params;

type Request = axum::http::Request<Vec<u8>>;
type Response = axum::http::Response<Vec<u8>>;

/// The client that a person set up; its characters are told apart by every encoding.
pub const CLIENT_ID: &str = "id/1";
/// Its secret.
pub const CLIENT_SECRET: &str = "se+cr et/%";
/// Where the person who set it up let it send people back to.
pub const REDIRECT_URI: &str = "http://localhost:3000/oauth/callback";
/// Its MCP server, where no tenant stands in the address.
pub const SERVER: &str = "https://mcp.provider.example/mcp";
/// Lifetime of an access token, seconds.
pub const LIFETIME: u64 = 3600;
/// Whose account it is, where the provider tells.
pub const ACCOUNT: &str = "someone";

/// The authority.
#[derive(Clone)]
pub struct Deviant(Arc<Inner>);

struct Inner {
    quirks: Quirks,
    time: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    refusals: Vec<String>,
    /// Redirect URIs of the client that registered.
    registered: Vec<String>,
    codes: BTreeMap<String, Code>,
    /// Access tokens, and when each ends.
    access: BTreeMap<String, u64>,
    /// Refresh tokens, and when the access token ends that came along.
    refresh: BTreeMap<String, u64>,
    issued: u32,
    looked_up: usize,
    refreshes: u32,
    revoked: u32,
}

struct Code {
    challenge: Option<String>,
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
}

/// What a person gives for an input.
#[must_use]
pub fn given(key: &str) -> String {
    format!("my-{}", key.to_ascii_lowercase().replace('_', "-"))
}

impl Deviant {
    /// The provider with these quirks.
    #[must_use]
    pub fn new(quirks: &Map<String, Value>, time: Arc<AtomicU64>) -> Self {
        Self(Arc::new(Inner { quirks: Quirks::new(quirks), time, state: Mutex::default() }))
    }

    /// Its MCP server.
    #[must_use]
    pub fn server(&self) -> String {
        self.quirks().server()
    }

    /// How long an access token lives, whatever is told; seconds.
    #[must_use]
    pub fn lifetime(&self) -> u64 {
        self.quirks().lifetime()
    }

    /// What was refused, and why.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.state().refusals.clone()
    }

    /// Forgets refusals that were meant to be. Err: there was none such.
    pub fn excuse(&self, part: &str) -> Result<(), String> {
        let mut state = self.state();
        let before = state.refusals.len();
        state.refusals.retain(|refusal| !refusal.contains(part));
        if state.refusals.len() < before { Ok(()) } else { Err(format!("nothing was refused because {part}")) }
    }

    /// How often tokens were refreshed.
    #[must_use]
    pub fn refreshes(&self) -> u32 {
        self.state().refreshes
    }

    /// How many tokens were taken back.
    #[must_use]
    pub fn revoked(&self) -> u32 {
        self.state().revoked
    }

    /// Values that are told in callbacks and answers, and that are to be kept.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let names = [self.quirks().list("cb.metadata"), self.quirks().list("resp.metadata")].concat();
        names.iter().map(|name| self.quirks().told(name)).collect()
    }

    /// Sends the person back from the login page. Err: why it shows an error instead.
    pub fn authorize(&self, page: &Url) -> Result<Vec<(String, String)>, String> {
        self.noted(self.try_authorize(page))
    }

    /// Whether a request that carries this opens the server. Err: why not.
    pub fn open(&self, headers: &Params, query: &Params) -> Result<(), String> {
        self.noted(self.try_open(headers.clone(), query.clone()))
    }

    fn noted<T>(&self, outcome: Result<T, String>) -> Result<T, String> {
        if let Err(refusal) = &outcome {
            self.state().refusals.push(refusal.clone());
        }
        outcome
    }

    fn quirks(&self) -> &Quirks {
        &self.0.quirks
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.0.time.load(Ordering::Relaxed)
    }

    fn next(&self, kind: &str) -> String {
        let mut state = self.state();
        state.issued += 1;
        format!("{kind}-{}", state.issued)
    }
}

impl StandIn for Deviant {
    fn answer(&self, request: Request) -> BoxFuture<'_, Result<Response, EgressError>> {
        Box::pin(async move {
            let answered = self.noted(self.respond(&request));
            Ok(answered.unwrap_or_else(|_| self.refusal(&request)))
        })
    }
}
