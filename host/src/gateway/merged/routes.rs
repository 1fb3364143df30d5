//! Where the names and URIs of a list lead.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

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
pub(crate) struct AssignedNames {
    /// The first list that the client was given. Most clients of a scope are given the same, so it is in memory once.
    first: Option<Arc<NameTable>>,
    /// The names of later lists that are not in the first.
    later: HashMap<String, EntryOrigin>,
    /// The last list of which all names were added. It agrees with what was given before, and stays so.
    last: Weak<NameTable>,
}

impl AssignedNames {
    /// Where a name leads.
    pub(crate) fn origin(&self, name: &str) -> Option<&EntryOrigin> {
        self.first.as_ref().and_then(|first| first.origin(name)).or_else(|| self.later.get(name))
    }

    /// Adds the names of a list. Names that are known already stay as they are.
    pub(crate) fn add(&mut self, table: &Arc<NameTable>) {
        if self.has_added(table) {
            return;
        }
        let agrees = self.agree_with(table);
        if self.count() == 0 && table.origins.len() <= MAX_ASSIGNED {
            self.first = Some(table.clone());
        }
        for (name, origin) in &table.origins {
            if self.count() < MAX_ASSIGNED && self.origin(name).is_none() {
                self.later.insert(name.clone(), origin.clone());
            }
        }
        if agrees {
            self.last = Arc::downgrade(table);
        }
    }

    /// Whether no name of a list was given to another entry than there.
    pub(crate) fn agree_with(&self, table: &Arc<NameTable>) -> bool {
        self.has_added(table) || table.origins.iter().all(|(name, origin)| !self.is_of_another(name, origin))
    }

    /// How many names there are. As none is ever taken away or changed, names of the same number are the same.
    pub(super) fn count(&self) -> usize {
        self.first.as_ref().map_or(0, |first| first.origins.len()) + self.later.len()
    }

    /// Whether the names of this list were added and are all known to agree.
    fn has_added(&self, table: &Arc<NameTable>) -> bool {
        let is_first = self.first.as_ref().is_some_and(|first| Arc::ptr_eq(first, table));
        is_first || std::ptr::eq(self.last.as_ptr(), Arc::as_ptr(table))
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

    fn table(names: &[(&str, &str)]) -> Arc<NameTable> {
        let origin = |server: &str| EntryOrigin { server: server.to_owned(), own: "x".to_owned() };
        let origins = names.iter().map(|(name, server)| ((*name).to_owned(), origin(server))).collect();
        Arc::new(NameTable { origins, ..NameTable::default() })
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

    #[test]
    fn lists_agree_until_one_gives_a_name_to_another_entry() {
        let mut assigned = AssignedNames::default();
        let (first, more, other) = (table(&[("x", "a")]), table(&[("x", "a"), ("y", "b")]), table(&[("y", "c")]));

        assigned.add(&first);
        let before = assigned.agree_with(&other);
        assigned.add(&more);

        assert!(before && !assigned.agree_with(&other));
        assert!([&first, &more].into_iter().all(|table| assigned.agree_with(table)));
        assigned.add(&other);
        assert!(!assigned.agree_with(&other) && assigned.count() == 2);
    }

    #[test]
    fn a_client_remembers_only_so_many_names() {
        let name = |number: usize| (format!("n{number}"), "a");
        let names: Vec<(String, &str)> = (0..=MAX_ASSIGNED).map(name).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|(name, server)| (name.as_str(), *server)).collect();
        let (all, most) = (table(&names), table(&names[1..]));

        for lists in [[&all, &most], [&most, &all]] {
            let mut assigned = AssignedNames::default();
            for list in lists {
                assigned.add(list);
            }

            assert_eq!(assigned.count(), MAX_ASSIGNED);
            assert!(lists.into_iter().all(|list| assigned.agree_with(list)));
        }
    }
}
