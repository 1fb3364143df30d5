//! Changes of lists: a server tells of one, the list is read again, and every client that would see another list is
//! notified.
//!
//! A server's own notification is passed on after that, also where the list is the same: a client may wait for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Peer, Session};
use crate::gateway::audience::ListChange;
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies;
use crate::gateway::lock::lock;
use crate::gateway::merged::ListPrint;
use crate::gateway::message::Message;

/// The pause before a list is read once more that changed while it was read.
const AGAIN: Duration = Duration::from_millis(250);

impl Session {
    /// A server says that a list has changed, or the hub must assume so. `None` if this is another message.
    pub(super) fn hears_of_lists(self: &Arc<Self>, server: &str, message: &Message) -> Option<()> {
        let kinds = ListKind::changed_by(message.method()?)?;
        let is_said = !local_replies::is_assumed(message);
        for kind in &kinds {
            self.context.lists.set_changed(server, *kind);
        }
        let mut changing = lock(&self.changing);
        for kind in &kinds {
            // Who reads it already does so once more.
            changing.entry((server.to_owned(), *kind)).and_modify(|is_again| *is_again = true);
        }
        let to_read: Vec<ListKind> =
            kinds.iter().filter(|kind| !changing.contains_key(&(server.to_owned(), **kind))).copied().collect();
        for kind in &to_read {
            changing.insert((server.to_owned(), *kind), false);
        }
        drop(changing);
        let (session, server) = (self.clone(), server.to_owned());
        tokio::spawn(async move { session.read_changed(&server, &to_read, is_said.then_some(kinds)).await });
        Some(())
    }

    /// Reads these lists of a server again, and notifies clients of what changed. `said` are those of which the server said
    /// that they changed.
    async fn read_changed(self: &Arc<Self>, server: &str, kinds: &[ListKind], said: Option<Vec<ListKind>>) {
        let (session, name, to_read) = (self.clone(), server.to_owned(), kinds.to_vec());
        let reading = tokio::spawn(async move {
            let settled = to_read.iter().map(|kind| session.read_until_settled(&name, *kind));
            let kinds = futures::future::join_all(settled).await.into_iter().flatten().collect();
            session.tell_changed(Some(&name), &to_read);
            session.context.audience.announce(ListChange { server: Some(name), kinds });
        });
        // A client that waits for the server's word does not wait for a slow list.
        drop(tokio::time::timeout(self.context.limits.patience, reading).await);
        if let Some(said) = said.filter(|_| self.peer == Peer::Client)
            && self.seen_lists.is_to_be_told(&said)
            && let Some(kind) = said.first()
        {
            self.queue_for_client(Message::notification(kind.changed(), None));
        }
    }

    /// Returns the kind if clients see another list now.
    async fn read_until_settled(self: &Arc<Self>, server: &str, kind: ListKind) -> Option<ListKind> {
        let key = (server.to_owned(), kind);
        let mut is_changed = false;
        loop {
            if let Some(upstream) = self.context.upstream(server)
                && self.context.lists.get(server, kind, &self.list_class(&upstream)).is_some()
            {
                is_changed |= self.read_list(&upstream, kind, None).await.is_ok_and(|keeping| keeping.is_changed);
            }
            if !self.has_changed_again(&key) {
                return is_changed.then_some(kind);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Whether a list changed once more while it was read. If not, nobody reads it any more.
    fn has_changed_again(&self, key: &(String, ListKind)) -> bool {
        let mut changing = lock(&self.changing);
        if changing.get_mut(key).is_some_and(std::mem::take) {
            return true;
        }
        changing.remove(key);
        false
    }

    /// The hub must assume that the lists of a server have changed.
    pub(super) fn assume_changed(self: &Arc<Self>, server: &str) {
        for message in local_replies::assumed_list_changes() {
            self.hears_of_lists(server, &message);
        }
    }

    /// Notifies the client of those lists that look different to it now.
    pub(crate) fn tell_changed(&self, server: Option<&str>, kinds: &[ListKind]) {
        if self.peer == Peer::Hub || server.is_some_and(|server| !self.reaches(server)) {
            return;
        }
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for kind in kinds {
            if self.seen_lists.is_news(*kind, || self.print(*kind)) {
                told.insert(kind.changed());
            }
        }
        for method in told {
            self.queue_for_client(Message::notification(method, None));
        }
    }

    /// From now on the client wants to hear of changes.
    pub(super) fn watch_lists(&self) {
        for kind in ListKind::ALL {
            self.seen_lists.begin_to_watch(kind, || self.print(kind));
        }
    }

    /// A list as the client would see it now.
    fn print(&self, kind: ListKind) -> ListPrint {
        self.ready_list(kind, &self.known_entries(kind)).print
    }
}
