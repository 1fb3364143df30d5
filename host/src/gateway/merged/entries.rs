//! One server's share of a merged list.

use std::sync::Arc;
use std::time::Duration;

use crate::gateway::list_cache::Entries;
use crate::gateway::repair::ListEntry;
use crate::gateway::roster::ScopedServer;

/// What one server contributes to a list.
pub(crate) struct ServerEntries {
    pub(crate) scoped: Arc<ScopedServer>,
    /// Its entries. `None` means that nobody knows them yet.
    pub(crate) entries: Option<Entries>,
    /// What is left of the list's `ttlMs`, if it has one.
    pub(crate) ttl_left: Option<Duration>,
}

impl ServerEntries {
    /// The entries as far as they are known.
    pub(crate) fn known(&self) -> Option<&[ListEntry]> {
        self.entries.as_deref().map(|list| list.entries.as_slice())
    }
}
