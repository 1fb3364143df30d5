//! What a client last saw of each list. It is notified of a change only where the list would look different to it now, and
//! once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::merged::ListPrint;

/// A notification of a server so soon after the last one of the same kind says nothing new: several sessions with the
/// server tell of the same change.
const SAME_CHANGE: Duration = Duration::from_secs(1);

/// Lists of servers that are being read again, and whether they changed once more in the meantime.
pub(super) type ChangingLists = BTreeMap<(String, ListKind), bool>;

#[derive(Default)]
struct Seen {
    /// The list that the client was given, or was notified about.
    print: Option<ListPrint>,
    /// Requests for the list that are in flight.
    being_listed: u32,
    told_at: Option<Instant>,
}

/// What one client saw of all lists.
#[derive(Default)]
pub(super) struct SeenLists(Mutex<HashMap<ListKind, Seen>>);

/// A request for a list, for as long as it is in flight: its answer tells of any change, so nothing else does.
pub(super) struct Listing<'a> {
    seen: &'a SeenLists,
    kind: ListKind,
}

impl SeenLists {
    pub(super) fn begin(&self, kind: ListKind) -> Listing<'_> {
        lock(&self.0).entry(kind).or_default().being_listed += 1;
        Listing { seen: self, kind }
    }

    /// Takes the list as it is now for seen, if the client has seen none: from now on it wants to hear of changes.
    pub(super) fn begin_to_watch(&self, kind: ListKind, now: impl FnOnce() -> ListPrint) {
        let mut seen = lock(&self.0);
        let seen = seen.entry(kind).or_default();
        if seen.print.is_none() {
            seen.print = Some(now());
        }
    }

    /// Whether the client is to be notified that a list is like this now. It counts as notified then.
    pub(super) fn is_news(&self, kind: ListKind, now: impl FnOnce() -> ListPrint) -> bool {
        let mut seen = lock(&self.0);
        let seen = seen.entry(kind).or_default();
        if seen.being_listed > 0 {
            return false;
        }
        // Computed under the lock: of two changes at once, the last one counts.
        let now = Some(now());
        // Of a list that the client never saw, nothing is news, unless it watches.
        let is_news = seen.print.is_some() && seen.print != now;
        if is_news {
            (seen.print, seen.told_at) = (now, Some(Instant::now()));
        }
        is_news
    }

    /// Whether a server's own notification about these lists is to be passed on.
    pub(super) fn is_to_be_told(&self, kinds: &[ListKind]) -> bool {
        let mut seen = lock(&self.0);
        let is_told = |kind| seen.get(kind).and_then(|seen| seen.told_at).is_some_and(|at| at.elapsed() < SAME_CHANGE);
        if kinds.iter().any(is_told) {
            return false;
        }
        for kind in kinds {
            seen.entry(*kind).or_default().told_at = Some(Instant::now());
        }
        true
    }
}

impl Listing<'_> {
    /// The client is given this list.
    pub(super) fn answered(self, print: ListPrint) {
        lock(&self.seen.0).entry(self.kind).or_default().print = Some(print);
    }
}

impl Drop for Listing<'_> {
    fn drop(&mut self) {
        if let Some(seen) = lock(&self.seen.0).get_mut(&self.kind) {
            seen.being_listed = seen.being_listed.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::{fields, raw};

    const TOOLS: ListKind = ListKind::Tools;

    fn print(name: &str) -> ListPrint {
        ListPrint::of(&[fields(Some(&raw(&json!({ "name": name }))))])
    }

    #[tokio::test]
    async fn a_client_is_notified_of_each_change_once() {
        let seen = SeenLists::default();
        seen.begin(TOOLS).answered(print("a"));

        let news = ["a", "b", "b", "a"].map(|name| seen.is_news(TOOLS, || print(name)));

        assert_eq!(news, [false, true, false, true]);
    }

    #[tokio::test]
    async fn nothing_is_news_while_the_list_is_being_answered() {
        let seen = SeenLists::default();
        let listing = seen.begin(TOOLS);

        assert!(!seen.is_news(TOOLS, || print("a")));
        listing.answered(print("b"));

        assert!(!seen.is_news(TOOLS, || print("b")) && seen.is_news(TOOLS, || print("a")));
    }

    #[tokio::test(start_paused = true)]
    async fn two_sessions_of_a_server_tell_of_one_change_once() {
        let seen = SeenLists::default();
        seen.begin_to_watch(TOOLS, || print("a"));
        assert!(seen.is_news(TOOLS, || print("b")));

        assert!(!seen.is_to_be_told(&[TOOLS]));
        tokio::time::advance(2 * SAME_CHANGE).await;
        assert!(seen.is_to_be_told(&[TOOLS]) && !seen.is_to_be_told(&[TOOLS]));
    }
}
