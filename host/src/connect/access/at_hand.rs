//! Credentials at hand: what a request carries is a value in memory, ready to be sent, so that no request waits for a file.
//!
//! A credential is at hand for a moment. Whatever this process writes to the store, and another set of plugins, ends it at
//! once; what another process writes is seen a moment later. Should that one count by then, the server refuses the old one, and
//! the request is sent again with the new one.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::credential::RequestCredential;
use crate::connect::core::entry::Entry;
use crate::connect::core::parts::Core;

/// How long one is at hand.
const MOMENT: Duration = Duration::from_millis(250);

/// The credentials, by server.
#[derive(Default)]
pub(crate) struct CredentialsAtHand(RwLock<HashMap<String, AtHand>>);

struct AtHand {
    /// The settings that it belongs to.
    entry: Weak<Entry>,
    seen: Seen,
    /// `None`: requests are sent without one.
    credential: Option<RequestCredential>,
}

/// What everything was like when a credential was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    at: Instant,
    /// By the hub's clock, which decides when a grant is due.
    now: SystemTime,
    edits: u64,
    plugin_epoch: u64,
}

impl Seen {
    /// Everything as it is now. `None` where nobody can say whether the store has changed.
    pub(crate) fn now(core: &Core) -> Option<Self> {
        let edits = core.parts.store.edits()?;
        Some(Self { at: Instant::now(), now: core.now(), edits, plugin_epoch: core.plugin_epoch() })
    }

    fn holds(&self, now: &Self) -> bool {
        let by_clock = now.now.duration_since(self.now).is_ok_and(|passed| passed < MOMENT);
        by_clock
            && now.at.duration_since(self.at) < MOMENT
            && (self.edits, self.plugin_epoch) == (now.edits, now.plugin_epoch)
    }
}

impl CredentialsAtHand {
    /// The credential of a server, if it is at hand.
    #[expect(clippy::option_option, reason = "at hand may be that there is none")]
    pub(crate) fn of(&self, core: &Core, entry: &Arc<Entry>) -> Option<Option<RequestCredential>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let at_hand =
            all.get(entry.name()).filter(|at_hand| std::ptr::eq(at_hand.entry.as_ptr(), Arc::as_ptr(entry)))?;
        at_hand.seen.holds(&Seen::now(core)?).then(|| at_hand.credential.clone())
    }

    /// Keeps what was read while everything was like this.
    pub(crate) fn keep(&self, entry: &Arc<Entry>, seen: Seen, credential: Option<&RequestCredential>) {
        if credential.is_some_and(|credential| credential.is_for_one_request) {
            return;
        }
        let at_hand = AtHand { entry: Arc::downgrade(entry), seen, credential: credential.cloned() };
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.insert(entry.name().to_owned(), at_hand).is_none() {
            all.retain(|_, at_hand| at_hand.entry.strong_count() > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: Instant, now: SystemTime, edits: u64) -> Seen {
        Seen { at, now, edits, plugin_epoch: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_at_hand_for_a_moment_and_until_something_changes() {
        let (at, now) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let first = seen(at, now, 7);

        assert!(first.holds(&seen(at + MOMENT / 2, now + MOMENT / 2, 7)));
        for (why, later) in [
            ("the time", seen(at + MOMENT, now, 7)),
            ("the hub's clock", seen(at, now + MOMENT, 7)),
            ("a clock that was set back", seen(at, now - MOMENT, 7)),
            ("a change", seen(at, now, 8)),
            ("other plugins", Seen { plugin_epoch: 2, ..first }),
        ] {
            assert!(!first.holds(&later), "{why}");
        }
    }
}
