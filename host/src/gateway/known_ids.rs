//! Sealed ids of open sessions that were opened once already: to open one again for each request would be the most expensive
//! part of many.

use std::collections::HashMap;
use std::sync::Mutex;

use super::lock::lock;

/// How many more ids than sessions are remembered before those of ended sessions are dropped.
const SPARE: usize = 64;

/// The sessions' own ids by the sealed ones.
#[derive(Default)]
pub(super) struct KnownIds(Mutex<HashMap<String, String>>);

impl KnownIds {
    /// The session's own id, if this sealed one was opened before.
    pub(super) fn get(&self, sealed: &str) -> Option<String> {
        lock(&self.0).get(sealed).cloned()
    }

    /// Remembers what was opened. `open` is how many sessions there are, and `is_open` whether one of them has an id.
    pub(super) fn add(&self, sealed: &str, own: &str, open: usize, is_open: impl Fn(&str) -> bool) {
        let mut known = lock(&self.0);
        if known.len() >= open * 2 + SPARE {
            known.retain(|_, own| is_open(own));
        }
        known.insert(sealed.to_owned(), own.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_ended_sessions_are_dropped_in_time() {
        let known = KnownIds::default();
        for number in 0..=SPARE {
            known.add(&format!("sealed {number}"), &number.to_string(), 0, |own| own == "7");
        }

        assert_eq!(known.get("sealed 7").as_deref(), Some("7"));
        assert_eq!(known.get(&format!("sealed {SPARE}")), Some(SPARE.to_string()));
        assert_eq!(known.get("sealed 8"), None);
    }
}
