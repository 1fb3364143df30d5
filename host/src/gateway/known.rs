//! What is known of the servers' lists: the last that each one gave, who is slow now, and what was told already.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use super::listing::Listing;
use super::lock::lock;
use super::sound::Entry;

/// One server's list.
pub(crate) type Entries = Arc<Vec<Entry>>;

/// Things to tell of one server: more are of no use to anybody.
const MAX_NOTES: usize = 32;

/// What is known.
#[derive(Default)]
pub(crate) struct Known {
    lists: Mutex<HashMap<(String, Listing), Entries>>,
    late: Mutex<HashSet<String>>,
    notes: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Known {
    /// The last list that a server gave.
    pub(crate) fn list(&self, server: &str, listing: Listing) -> Option<Entries> {
        lock(&self.lists).get(&(server.to_owned(), listing)).cloned()
    }

    /// Keeps a list. One that is the same as before stays the one before.
    pub(crate) fn keep(&self, server: &str, listing: Listing, entries: Vec<Entry>) -> Entries {
        lock(&self.late).remove(server);
        let mut lists = lock(&self.lists);
        let key = (server.to_owned(), listing);
        if let Some(before) = lists.get(&key).filter(|before| is_same(before, &entries)) {
            return before.clone();
        }
        let entries = Arc::new(entries);
        lists.insert(key, entries.clone());
        entries
    }

    /// Whether a list was waited for in vain: it is not waited for again before the server gave one.
    pub(crate) fn is_late(&self, server: &str) -> bool {
        lock(&self.late).contains(server)
    }

    /// Notes that a list did not come in time.
    pub(crate) fn set_late(&self, server: &str) {
        lock(&self.late).insert(server.to_owned());
    }

    /// Tells the log something about a server, once.
    pub(crate) fn tell(&self, server: &str, sentence: String) {
        let mut notes = lock(&self.notes);
        let notes = notes.entry(server.to_owned()).or_default();
        if notes.len() < MAX_NOTES && !notes.contains(&sentence) {
            tracing::warn!(server.name = server, "{sentence}");
            notes.insert(sentence);
        }
    }

    /// What was told about a server.
    pub(crate) fn told(&self, server: &str) -> Vec<String> {
        lock(&self.notes).get(server).into_iter().flatten().cloned().collect()
    }

    /// Forgets a server.
    pub(crate) fn forget(&self, server: &str) {
        lock(&self.lists).retain(|(name, _), _| name != server);
        lock(&self.late).remove(server);
        lock(&self.notes).remove(server);
    }
}

fn is_same(before: &[Entry], after: &[Entry]) -> bool {
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
