//! What an authority remembers, and how it was told to behave.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::shape::Shape;

/// A client that every authority knows from the start.
pub const CLIENT_ID: &str = "Iv23canaryclient";
/// Its secret.
pub const CLIENT_SECRET: &str = "canary0client0secret0of0the0person";
/// Another one, whose secret looks different when it is form-encoded.
pub const ODD_CLIENT_ID: &str = "canary:odd client";
/// Its secret.
pub const ODD_CLIENT_SECRET: &str = "canary+odd/secret=with%41 of0the0person";

pub(super) struct Shared {
    pub(super) shape: Shape,
    pub(super) origin: String,
    pub(super) inner: Mutex<Inner>,
    pub(super) asked: Notify,
}

/// What it remembers and how it was told to behave.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) requests: Vec<String>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) access: BTreeMap<String, Access>,
    pub(super) refresh: BTreeMap<String, Refresh>,
    pub(super) clients: BTreeMap<String, Registered>,
    pub(super) secrets: Vec<String>,
    pub(super) next: u64,
    pub(super) lifetime: Option<Duration>,
    pub(super) refuses_secret: bool,
    pub(super) refuses_person: bool,
    pub(super) initial_access_token: Option<String>,
    pub(super) secrets_end_at: u64,
    pub(super) habits: Vec<Habit>,
    pub(super) echoes: bool,
    pub(super) faults: VecDeque<Fault>,
    /// Members of the two metadata documents that are written otherwise; null: left out.
    pub(super) metadata: Value,
    pub(super) resource: Value,
    /// Members of its answers that are written otherwise.
    pub(super) registration: Value,
    pub(super) tokens: Value,
    pub(super) callback: Value,
    /// The last authorization request.
    pub(super) authorization: String,
    /// Refresh tokens that came a second time.
    pub(super) reused: usize,
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

pub(super) struct Code {
    pub(super) challenge: String,
    pub(super) redirect_uri: String,
    pub(super) client: String,
    pub(super) scope: String,
    /// The family of its tokens, once it was used.
    pub(super) used: Option<u64>,
}

pub(super) struct Access {
    pub(super) family: u64,
    pub(super) ends: Option<Instant>,
}

pub(super) struct Refresh {
    pub(super) family: u64,
    pub(super) client: String,
    pub(super) scope: String,
    pub(super) used: bool,
}

/// A client as this authority knows it.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) secret: Option<String>,
    pub(super) method: String,
    /// None: any loopback address and any name that ends in `.test`, as for clients that were set up by hand.
    pub(super) redirect_uris: Option<Vec<String>>,
    pub(super) refreshes: bool,
    /// Opens the client's own record (RFC 7592).
    pub(super) management: Option<String>,
}

impl Inner {
    pub(super) fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// A marked value that never repeats.
    pub(super) fn fresh(&self, kind: &str) -> String {
        let mut inner = self.lock();
        inner.next += 1;
        let value = format!("canary-{kind}-{:04}-0123456789abcdef", inner.next);
        if kind != "client" {
            inner.secrets.push(value.clone());
        }
        value
    }

    pub(super) fn issuer(&self) -> String {
        format!("{}{}", self.origin, self.shape.issuer)
    }

    pub(super) fn resource(&self) -> String {
        format!("{}/mcp", self.origin)
    }
}
