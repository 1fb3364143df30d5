//! Where the names and URIs of a list lead.

use std::collections::HashMap;

use super::entries::ServerEntries;
use crate::gateway::names;
use crate::gateway::repair::ListEntry;

/// Names that are remembered for one client session and kind of list.
const MAX_ASSIGNED: usize = 20_000;

/// The server that an entry came from, and what that server calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryOrigin {
    pub(crate) server: String,
    /// The server's own name or URI.
    pub(crate) own: String,
}

/// Where the names and URIs of one list lead.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    pub(super) origins: HashMap<String, EntryOrigin>,
    /// UI resources of tools (MCP Apps), by the URI that clients see. Of two servers with the same URI, the second one's is
    /// listed under another.
    pub(super) ui_resources: HashMap<String, EntryOrigin>,
}

impl NameTable {
    /// Where a name or URI leads.
    pub(crate) fn origin(&self, name: &str) -> Option<&EntryOrigin> {
        self.origins.get(name)
    }

    /// The server whose tool has this UI resource.
    pub(crate) fn ui_resource(&self, uri: &str) -> Option<&EntryOrigin> {
        self.ui_resources.get(uri)
    }

    /// The name under which clients see what a server calls `own`.
    pub(crate) fn name_of(&self, server: &str, own: &str) -> Option<&str> {
        let is_it = |origin: &EntryOrigin| origin.server == server && origin.own == own;
        self.origins.iter().find(|(_, origin)| is_it(origin)).map(|(name, _)| name.as_str())
    }
}

/// The names that a client was given so far. A name stays with the entry that it was first given to, whatever the settings
/// or the servers say later.
#[derive(Debug, Default)]
pub(crate) struct AssignedNames(HashMap<String, EntryOrigin>);

impl AssignedNames {
    /// Where a name leads.
    pub(crate) fn origin(&self, name: &str) -> Option<&EntryOrigin> {
        self.0.get(name)
    }

    /// Adds the names of a list. Names that are known already stay as they are.
    pub(crate) fn add(&mut self, table: &NameTable) {
        for (name, origin) in &table.origins {
            if self.0.len() < MAX_ASSIGNED && !self.0.contains_key(name) {
                self.0.insert(name.clone(), origin.clone());
            }
        }
    }

    /// Whether a name was given to another entry than this one.
    pub(super) fn is_of_another(&self, name: &str, origin: &EntryOrigin) -> bool {
        self.origin(name).is_some_and(|given| given != origin)
    }
}

/// The entry that a marked name stands for, also where the mark is not needed now. Clients may remember such a name.
pub(crate) fn marked_origin(servers: &[ServerEntries], name: &str) -> Option<EntryOrigin> {
    servers.iter().find_map(|server| {
        let prefix = &server.scoped.own_prefix;
        let is_it = |entry: &&ListEntry| (0..2).any(|round| names::marked(prefix, &entry.own, round) == name);
        let entry = server.known().unwrap_or_default().iter().find(is_it)?;
        Some(EntryOrigin { server: server.scoped.upstream.name().to_owned(), own: entry.own.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[(&str, &str)]) -> NameTable {
        let origin = |server: &str| EntryOrigin { server: server.to_owned(), own: "x".to_owned() };
        let origins = names.iter().map(|(name, server)| ((*name).to_owned(), origin(server))).collect();
        NameTable { origins, ..NameTable::default() }
    }

    #[test]
    fn a_name_stays_with_the_entry_it_was_first_given_to() {
        let mut assigned = AssignedNames::default();

        assigned.add(&table(&[("x", "a")]));
        assigned.add(&table(&[("x", "b"), ("y", "b")]));

        let server = |name| assigned.origin(name).map(|origin| origin.server.as_str());
        assert_eq!((server("x"), server("y"), server("z")), (Some("a"), Some("b"), None));
        let b = EntryOrigin { server: "b".to_owned(), own: "x".to_owned() };
        assert!(assigned.is_of_another("x", &b) && !assigned.is_of_another("y", &b));
    }
}
