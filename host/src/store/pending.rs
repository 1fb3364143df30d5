//! What waits for a person: logins that have begun, connect links and questions. The rules, on plain values.
//!
//! It is data and not a task's memory, so that a person who is at the provider's page while the hub restarts comes back to a
//! login that goes on. The store does not look into the data. Nothing here reads or writes.

use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

/// How many of one kind are kept. The oldest go first.
pub(super) const MAX_OF_A_KIND: usize = 1000;

/// What kind of thing waits. The same id may stand for one of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingKind {
    /// A login whose person is at the provider's page; its id is the `state` (RFC 6749 §4.1.1).
    Login,
    /// A connect link that was given out; its id is the ticket in its address.
    Ticket,
    /// A plugin's question that nobody has answered yet.
    Question,
}

/// Something that waits for a person until it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// Name of the server in the settings.
    pub server: String,
    /// What its owner needs to go on, which may be secret.
    pub data: Value,
    /// From this moment on it counts as absent.
    pub ends_at: SystemTime,
}

/// Leaves the data out, which may hold a verifier or a browser's secret.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("server", &self.server).field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

/// One thing that waits, and its id, which may be a secret. Has no `Debug` for that reason.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PendingEntry {
    pub(super) kind: PendingKind,
    pub(super) id: String,
    pub(super) pending: Pending,
}

impl PendingEntry {
    fn is(&self, kind: PendingKind, id: &str) -> bool {
        self.kind == kind && self.id == id
    }
}

/// All that waits, in the order in which it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct PendingSet(Vec<PendingEntry>);

impl PendingSet {
    /// A set of these, the oldest first.
    pub(super) fn of(entries: Vec<PendingEntry>) -> Self {
        Self(entries)
    }

    /// All of them, the oldest first.
    pub(super) fn entries(&self) -> &[PendingEntry] {
        &self.0
    }

    /// Adds one as the newest of its kind, in place of one with the same id.
    pub(super) fn put(&mut self, kind: PendingKind, id: &str, pending: Pending) {
        self.0.retain(|entry| !entry.is(kind, id));
        self.0.push(PendingEntry { kind, id: id.to_owned(), pending });
        let mut excess = self.0.iter().filter(|entry| entry.kind == kind).count().saturating_sub(MAX_OF_A_KIND);
        self.0.retain(|entry| {
            let goes = entry.kind == kind && excess > 0;
            excess -= usize::from(goes);
            !goes
        });
    }

    /// The one with this id, unless it has ended.
    pub(super) fn get(&self, kind: PendingKind, id: &str, now: SystemTime) -> Option<&Pending> {
        let found = self.0.iter().find(|entry| entry.is(kind, id)).map(|entry| &entry.pending);
        found.filter(|pending| now < pending.ends_at)
    }

    /// Removes the one with this id. `None` if it has ended.
    pub(super) fn take(&mut self, kind: PendingKind, id: &str, now: SystemTime) -> Option<Pending> {
        let found = self.get(kind, id, now).cloned();
        self.0.retain(|entry| !entry.is(kind, id));
        found
    }

    /// Changes the one with this id, unless it has ended.
    pub(super) fn change<T>(
        &mut self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
        change: impl FnOnce(&mut Pending) -> T,
    ) -> Option<T> {
        let found = self.0.iter_mut().find(|entry| entry.is(kind, id) && now < entry.pending.ends_at);
        found.map(|entry| change(&mut entry.pending))
    }

    /// Removes all of this kind that a server has.
    pub(super) fn end(&mut self, kind: PendingKind, server: &str) {
        self.0.retain(|entry| entry.kind != kind || entry.pending.server != server);
    }

    /// All of this kind that a server has and that have not ended, with their ids, the oldest first.
    pub(super) fn of_server(&self, kind: PendingKind, server: &str, now: SystemTime) -> Vec<(String, Pending)> {
        let counts =
            |entry: &&PendingEntry| entry.kind == kind && entry.pending.server == server && now < entry.pending.ends_at;
        self.0.iter().filter(counts).map(|entry| (entry.id.clone(), entry.pending.clone())).collect()
    }

    /// Removes all that have ended.
    pub(super) fn drop_ended(&mut self, now: SystemTime) {
        self.0.retain(|entry| now < entry.pending.ends_at);
    }

    /// Whether [`Self::drop_ended`] would remove something.
    pub(super) fn has_ended(&self, now: SystemTime) -> bool {
        self.0.iter().any(|entry| entry.pending.ends_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn pending(server: &str, ends_at: u64) -> Pending {
        Pending { server: server.to_owned(), data: Value::from(ends_at), ends_at: at(ends_at) }
    }

    #[test]
    fn it_ends_at_its_end_and_not_before() {
        let mut set = PendingSet::default();
        set.put(PendingKind::Login, "x", pending("a", 10));

        assert!(set.get(PendingKind::Login, "x", at(9)).is_some() && !set.has_ended(at(9)));
        assert!(set.get(PendingKind::Login, "x", at(10)).is_none() && set.has_ended(at(10)));
        assert!(set.change(PendingKind::Login, "x", at(10), |_| ()).is_none());
        assert!(set.of_server(PendingKind::Login, "a", at(10)).is_empty());
        assert!(set.take(PendingKind::Login, "x", at(10)).is_none());
        assert!(set.entries().is_empty(), "what was taken too late is gone");
    }

    #[test]
    fn of_too_many_the_oldest_of_that_kind_goes() {
        let mut set = PendingSet::default();
        set.put(PendingKind::Login, "login", pending("a", 10));
        for number in 0..=MAX_OF_A_KIND {
            set.put(PendingKind::Ticket, &number.to_string(), pending("a", 10));
        }

        assert!(set.get(PendingKind::Login, "login", at(0)).is_some());
        assert!(set.get(PendingKind::Ticket, "0", at(0)).is_none());
        assert!(set.get(PendingKind::Ticket, "1", at(0)).is_some());
        assert_eq!(set.entries().len(), MAX_OF_A_KIND + 1);
    }

    #[test]
    fn one_that_is_put_again_is_the_newest() {
        let mut set = PendingSet::default();
        for id in ["x", "y", "x"] {
            set.put(PendingKind::Question, id, pending("a", 10));
        }

        let ids: Vec<String> = set.of_server(PendingKind::Question, "a", at(0)).into_iter().map(|(id, _)| id).collect();

        assert_eq!(ids, ["y", "x"]);
    }

    #[test]
    fn its_debug_text_shows_no_data() {
        let shown = format!("{:?}", Pending { data: Value::from("canary"), ..pending("a", 10) });

        assert!(shown.contains("\"a\"") && !shown.contains("canary"), "{shown}");
    }
}
