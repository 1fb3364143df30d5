//! The deviant authority itself: what it remembers, and what tests ask of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use mcphub::egress::{EgressError, StandIn};
use reqwest::Url;
use serde_json::{Map, Value};

use super::quirks::Quirks;
use super::terms::{Params, Request, Response};

/// The authority.
#[derive(Clone)]
pub struct Deviant(Arc<Inner>);

pub(super) struct Inner {
    pub(super) quirks: Quirks,
    pub(super) time: Arc<AtomicU64>,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) refusals: Vec<String>,
    /// Redirect URIs of the client that registered.
    pub(super) registered: Vec<String>,
    pub(super) codes: BTreeMap<String, Code>,
    /// Access tokens, and when each ends.
    pub(super) access: BTreeMap<String, u64>,
    /// Refresh tokens, and when the access token ends that came along.
    pub(super) refresh: BTreeMap<String, u64>,
    pub(super) issued: u32,
    pub(super) looked_up: usize,
    pub(super) refreshes: u32,
    pub(super) revoked: u32,
}

pub(super) struct Code {
    pub(super) challenge: Option<String>,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) scopes: Vec<String>,
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

    pub(super) fn noted<T>(&self, outcome: Result<T, String>) -> Result<T, String> {
        if let Err(refusal) = &outcome {
            self.state().refusals.push(refusal.clone());
        }
        outcome
    }

    pub(super) fn quirks(&self) -> &Quirks {
        &self.0.quirks
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> u64 {
        self.0.time.load(Ordering::Relaxed)
    }

    pub(super) fn next(&self, kind: &str) -> String {
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
