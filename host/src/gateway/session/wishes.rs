//! What a client set in its session and expects to last: its log level and its subscriptions. They outlive the session where
//! it is begun again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::core::Session;
use crate::gateway::lock::lock;
use crate::gateway::message::{raw, string};

/// How often a server is tried at which a client is subscribed. The pauses between double.
const ATTEMPTS: u32 = 10;

/// What a client set in its session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ClientWishes {
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// The server of each resource that it is subscribed to, by the server's URI.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    subscribed: BTreeMap<String, String>,
}

impl ClientWishes {
    /// Whether the client set nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.level.is_none() && self.subscribed.is_empty()
    }
}

impl Session {
    /// What the client has set so far.
    pub(crate) fn wishes(&self) -> ClientWishes {
        let level = lock(&self.level).as_ref().and_then(|params| string(params, "level"));
        ClientWishes { level, subscribed: lock(&self.subscribed).all() }
    }

    /// Takes these for what the client set. To be called before anything uses the session.
    pub(crate) fn set_wishes(&self, wishes: ClientWishes) {
        *lock(&self.level) = wishes.level.map(|level| [("level".to_owned(), raw(&level))].into());
        let mut subscribed = lock(&self.subscribed);
        for (uri, server) in wishes.subscribed {
            subscribed.begin(&uri, &server, self.context.limits.subscriptions);
        }
    }

    /// Opens, in the background, a session with each server at which the client is subscribed: an update reaches it without
    /// a request of its own.
    pub(crate) fn subscribe_again(self: &Arc<Self>) {
        let servers: BTreeSet<String> = lock(&self.subscribed).all().into_values().collect();
        for server in servers {
            tokio::spawn(open_in_time(Arc::downgrade(self), server, self.context.limits.first_retry));
        }
    }
}

/// Opens a session with a server. One that is down is tried again as long as it is needed, and not for ever. The client
/// session is not kept by this.
async fn open_in_time(session: Weak<Session>, server: String, first: Duration) {
    for attempt in 0..ATTEMPTS {
        let Some(session) = session.upgrade() else { return };
        let Some(upstream) = session.context.upstream(&server).filter(|_| session.reaches(&server)) else { return };
        if lock(&session.subscribed).at(&server).is_empty() || session.upstream_session(&upstream).await.is_ok() {
            return;
        }
        let longest = session.context.limits.longest_retry;
        drop((session, upstream));
        tokio::time::sleep(first.saturating_mul(2_u32.saturating_pow(attempt)).min(longest)).await;
    }
}
