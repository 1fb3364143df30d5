//! What people should know about the servers' lists. Each sentence is logged once and kept for the views.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::lock::lock;

/// Notes that are kept for one server; further ones are dropped.
const MAX_NOTES: usize = 32;

/// The notes on all servers, shared by all sessions.
#[derive(Default)]
pub(crate) struct ServerNotes(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl ServerNotes {
    /// Keeps a sentence about a server, and logs it if it is new. The sentence must hold no secret.
    pub(crate) fn add(&self, server: &str, sentence: String) {
        let mut notes = lock(&self.0);
        let notes = notes.entry(server.to_owned()).or_default();
        if notes.len() < MAX_NOTES && !notes.contains(&sentence) {
            tracing::warn!(server.name = server, "{sentence}");
            notes.insert(sentence);
        }
    }

    /// All notes on a server.
    pub(crate) fn of(&self, server: &str) -> Vec<String> {
        lock(&self.0).get(server).into_iter().flatten().cloned().collect()
    }

    /// Drops the notes on a server.
    pub(crate) fn forget(&self, server: &str) {
        lock(&self.0).remove(server);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_kept_once_and_their_number_is_bounded() {
        let notes = ServerNotes::default();

        for number in 0..2 * MAX_NOTES {
            notes.add("a", format!("note {}", number / 2));
            notes.add("a", format!("note {}", number / 2));
        }
        notes.add("a", "one more".to_owned());

        assert_eq!(notes.of("a").len(), MAX_NOTES);
        notes.forget("a");
        assert!(notes.of("a").is_empty());
    }
}
