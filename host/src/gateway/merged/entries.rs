//! One server's share of a merged list.

use crate::gateway::list_cache::Entries;
use crate::gateway::repair::ListEntry;
use crate::gateway::roster::ScopedServer;

/// What one server contributes to a list.
pub(crate) struct ServerEntries {
    pub(crate) scoped: ScopedServer,
    /// Its entries. `None` means that nobody knows them yet.
    pub(crate) entries: Option<Entries>,
    /// Whether clients see the entries. Entries of a server that is down are not listed, but keep their names.
    pub(crate) is_listed: bool,
}

impl ServerEntries {
    /// The entries as far as they are known.
    pub(crate) fn known(&self) -> Option<&[ListEntry]> {
        self.entries.as_deref().map(Vec::as_slice)
    }
}
