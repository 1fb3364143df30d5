//! A client session as its id carries it: what is needed to begin it again after the hub forgot it.
//!
//! What the client set later is kept apart (`kept_wishes`). What only the hub's memory knew is lost: requests in flight.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::message::Fields;
use super::principal::Principal;
use super::roster::{ScopeKind, ServerScope};
use super::session::{Peer, Session, SessionContext};
use super::session_key::{SealedAs, SessionKey};

/// Bytes of an id. A longer one is not made: clients and proxies limit headers.
const MAX_ID: usize = 2048;

/// What an id carries. Each field is written under a letter, because the id travels with every request.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedSession {
    /// The session's own id.
    #[serde(rename = "i")]
    pub(super) id: String,
    #[serde(rename = "s")]
    scope: ScopeRecord,
    /// The name of the caller who opened it, the only one who may go on with it.
    #[serde(rename = "p", default, skip_serializing_if = "String::is_empty")]
    principal: String,
    /// Whether only some servers were that caller's.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    is_limited: bool,
    /// The client's parameters of `initialize`, as they are kept.
    #[serde(rename = "c")]
    client: Fields,
    /// The revision that the client was answered with.
    #[serde(rename = "r")]
    agreed: String,
    /// When the session was opened, in seconds since 1970.
    #[serde(rename = "o")]
    opened: u64,
}

#[derive(Serialize, Deserialize)]
enum ScopeRecord {
    #[serde(rename = "a")]
    All,
    #[serde(rename = "g")]
    Group(String),
    #[serde(rename = "o")]
    One(String),
}

impl SealedSession {
    /// What the id of a session that is opened now carries.
    pub(super) fn of(session: &Session, now: SystemTime) -> Self {
        Self {
            id: session.id.clone(),
            scope: match &session.scope.kind {
                ScopeKind::All => ScopeRecord::All,
                ScopeKind::Group(name) => ScopeRecord::Group(name.clone()),
                ScopeKind::One(name) => ScopeRecord::One(name.clone()),
            },
            is_limited: session.scope.limit.is_some(),
            principal: session.principal().name().to_owned(),
            client: session.client().clone(),
            agreed: session.agreed_revision(),
            opened: seconds(now),
        }
    }

    /// The id. `None` if it would be too long.
    pub(super) fn seal(&self, key: &SessionKey) -> Option<String> {
        let plain = serde_json::to_vec(self).ok()?;
        key.seal(SealedAs::SessionId, &plain).filter(|id| id.len() <= MAX_ID)
    }

    /// Reads an id. `None` if it is none that this key sealed.
    pub(super) fn open(id: &str, key: &SessionKey) -> Option<Self> {
        let id = Some(id).filter(|id| id.len() <= MAX_ID)?;
        serde_json::from_slice(&key.open(SealedAs::SessionId, id)?).ok()
    }

    /// The session, begun again, unless it was opened longer than `age` ago. Its sessions with servers are opened when they
    /// are needed. The caller checks whose it is.
    pub(super) fn begin(self, context: Arc<SessionContext>, now: SystemTime, age: Duration) -> Option<Arc<Session>> {
        if seconds(now).saturating_sub(self.opened) >= age.as_secs() {
            return None;
        }
        let kind = match self.scope {
            ScopeRecord::All => ScopeKind::All,
            ScopeRecord::Group(name) => ScopeKind::Group(name),
            ScopeRecord::One(name) => ScopeKind::One(name),
        };
        let principal = Principal::of(self.principal.into(), self.is_limited);
        let scope = ServerScope { kind, limit: principal.limit() };
        let session = Session::of_id(self.id, context, scope, Peer::Client, self.client).of_principal(principal);
        // It is new, so nothing was agreed yet.
        drop(session.agreed.set(self.agreed));
        session.opened.get_or_init(|| SystemTime::UNIX_EPOCH + Duration::from_secs(self.opened));
        session.touch();
        Some(session)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
