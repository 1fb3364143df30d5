//! The last list that each server gave, and which servers are slow to list now.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use super::list_kind::ListKind;
use super::lock::lock;
use super::repair::ListEntry;

/// The entries of one server's list.
pub(crate) type Entries = Arc<Vec<ListEntry>>;

/// The lists of all servers, shared by all sessions.
#[derive(Default)]
pub(crate) struct ListCache {
    lists: Mutex<HashMap<(String, ListKind), Entries>>,
    late: Mutex<HashSet<String>>,
}

impl ListCache {
    /// The last list of this kind that a server gave.
    pub(crate) fn get(&self, server: &str, kind: ListKind) -> Option<Entries> {
        lock(&self.lists).get(&(server.to_owned(), kind)).cloned()
    }

    /// Stores a list and returns the stored one. A list equal to the last one keeps that one, so that callers can tell a
    /// change by pointer.
    pub(crate) fn keep(&self, server: &str, kind: ListKind, entries: Vec<ListEntry>) -> Entries {
        lock(&self.late).remove(server);
        let mut lists = lock(&self.lists);
        let key = (server.to_owned(), kind);
        if let Some(before) = lists.get(&key).filter(|before| is_same(before, &entries)) {
            return before.clone();
        }
        let entries = Arc::new(entries);
        lists.insert(key, entries.clone());
        entries
    }

    /// Whether a list of this server was awaited in vain. Nobody waits for it again until the server has given one.
    pub(crate) fn is_late(&self, server: &str) -> bool {
        lock(&self.late).contains(server)
    }

    /// Records that a list did not come in time.
    pub(crate) fn set_late(&self, server: &str) {
        lock(&self.late).insert(server.to_owned());
    }

    /// Drops everything about a server.
    pub(crate) fn forget(&self, server: &str) {
        lock(&self.lists).retain(|(name, _), _| name != server);
        lock(&self.late).remove(server);
    }
}

fn is_same(before: &[ListEntry], after: &[ListEntry]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(before, after)| {
            before.fields.len() == after.fields.len()
                && before
                    .fields
                    .iter()
                    .zip(&after.fields)
                    .all(|(one, two)| one.0 == two.0 && one.1.get() == two.1.get())
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::json::{fields, raw};

    fn entry(own: &str) -> ListEntry {
        ListEntry { own: own.to_owned(), fields: fields(Some(&raw(&json!({ "name": own })))) }
    }

    #[test]
    fn an_equal_list_keeps_the_stored_one_and_another_replaces_it() {
        let cache = ListCache::default();

        let first = cache.keep("a", ListKind::Tools, vec![entry("x")]);
        let same = cache.keep("a", ListKind::Tools, vec![entry("x")]);
        let other = cache.keep("a", ListKind::Tools, vec![entry("y")]);

        assert!(Arc::ptr_eq(&first, &same));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn a_list_ends_the_lateness_of_its_server() {
        let cache = ListCache::default();
        cache.set_late("a");

        cache.keep("a", ListKind::Tools, Vec::new());

        assert!(!cache.is_late("a"));
    }
}
