//! What the pages of one list add up to: its entries within limits, and what was wrong with it.

use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;

use crate::gateway::limits::GatewayLimits;
use crate::gateway::list_cache::{KeptList, ttl as kept_ttl};
use crate::gateway::list_kind::ListKind;
use crate::gateway::message::{Fields, fields, string};
use crate::gateway::repair::{self, EntryFlaw, ListEntry};
use crate::gateway::revision::Structure;

/// Bytes of a cursor. The list ends at a longer one.
const MAX_CURSOR: usize = 8 * 1024;
/// How long a list is fresh (Caching).
const TTL: &str = "ttlMs";

/// The pages so far.
pub(super) struct ListReading<'a> {
    kind: ListKind,
    limits: &'a GatewayLimits,
    /// Whether the server wants some arguments of its tools in headers.
    pub(super) mirrors_headers: bool,
    /// What its tools may return as structured content.
    pub(super) structure: Structure,
    list: KeptList,
    bytes: usize,
    cursors: HashSet<String>,
    repaired: Vec<String>,
    left_out: BTreeMap<EntryFlaw, Vec<String>>,
    /// What came in place of a list.
    odd: Option<String>,
    /// Whether the cursor of the next page was too long.
    is_lost: bool,
    /// Whether a cursor came for the second time.
    is_endless: bool,
    /// The limit that ended the list.
    bound: Option<String>,
}

impl<'a> ListReading<'a> {
    pub(super) fn of(kind: ListKind, limits: &'a GatewayLimits) -> Self {
        Self {
            kind,
            limits,
            mirrors_headers: false,
            structure: Structure::Object,
            list: KeptList::default(),
            bytes: 0,
            cursors: HashSet::new(),
            repaired: Vec::new(),
            left_out: BTreeMap::new(),
            odd: None,
            is_lost: false,
            is_endless: false,
            bound: None,
        }
    }

    /// Adds a page, and returns the cursor of the next one. `None` at the end, or if the cursors repeat.
    pub(super) fn page(&mut self, result: Option<&RawValue>, is_declared: bool) -> Option<String> {
        let key = self.kind.key();
        let members = fields(result);
        let page = members.get(key).map(|page| page.get());
        match (result.map(RawValue::get), page) {
            (Some(result), _) if !result.starts_with('{') => {
                self.odd = Some(format!("the result is {}", json_type(result)));
            }
            (_, Some(page)) if !page.starts_with('[') => self.odd = Some(format!("{key} is {}", json_type(page))),
            // A server that did not declare this list may say so by answering without one.
            (_, None) if is_declared => self.odd = Some(format!("{key} is missing")),
            (_, Some(_) | None) => {}
        }
        self.note_extras(&members);
        for entry in serde_json::from_str::<Vec<&RawValue>>(page.unwrap_or_default()).unwrap_or_default() {
            self.bytes = self.bytes.saturating_add(entry.get().len());
            if self.bytes > self.limits.list_bytes {
                self.bound = Some(format!("{} bytes", self.limits.list_bytes));
                return None;
            }
            if self.list.entries.len() >= self.limits.entries {
                self.bound = Some(format!("{} entries", self.limits.entries));
                return None;
            }
            self.take(entry);
        }
        let cursor = string(&members, "nextCursor").filter(|cursor| !cursor.is_empty())?;
        if cursor.len() > MAX_CURSOR {
            self.is_lost = true;
            return None;
        }
        let is_new = self.cursors.insert(cursor.clone());
        self.is_endless |= !is_new;
        is_new.then_some(cursor)
    }

    /// The list so far.
    pub(super) fn into_list(self) -> KeptList {
        self.list
    }

    /// Keeps what a result says besides its entries. Of several pages the first one counts, but the time for which all of
    /// them are fresh is the shortest.
    fn note_extras(&mut self, members: &Fields) {
        let is_extra = |key: &str| key != self.kind.key() && !matches!(key, "nextCursor" | "resultType");
        let before = self.list.ttl();
        for (key, value) in members.iter().filter(|(key, _)| is_extra(key)) {
            self.bytes = self.bytes.saturating_add(value.get().len());
            if self.bytes <= self.limits.list_bytes {
                self.list.extras.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        if let Some(ttl) = members.get(TTL)
            && before.is_some_and(|before| kept_ttl(ttl).is_none_or(|ttl| ttl < before))
        {
            self.list.extras.insert(TTL.to_owned(), ttl.clone());
        }
    }

    /// Records that the list has more pages than are read.
    pub(super) fn stop(&mut self) {
        self.bound = Some(format!("{} pages", self.limits.pages));
    }

    fn take(&mut self, from: &RawValue) {
        let is_forbidden = |entry: &ListEntry| {
            self.kind == ListKind::Tools && self.mirrors_headers && repair::has_forbidden_headers(entry)
        };
        match repair::entry(self.kind, from, self.structure) {
            Ok((entry, _)) if is_forbidden(&entry) => {
                self.left_out.entry(EntryFlaw::Header).or_default().push(entry.own.chars().take(64).collect());
            }
            Ok((entry, is_changed)) => {
                if is_changed {
                    self.repaired.push(entry.own.clone());
                }
                self.list.entries.push(entry);
            }
            Err(flaw) => {
                let name = string(&fields(Some(from)), self.kind.identity()).unwrap_or_default();
                self.left_out.entry(flaw).or_default().push(name.chars().take(64).collect());
            }
        }
    }

    /// The notes on this list, one sentence for each kind of fault.
    pub(super) fn sentences(&self, server: &str) -> Vec<String> {
        let what = self.kind.singular();
        let mut sentences = Vec::new();
        if let Some(first) = self.repaired.first() {
            let others = others(self.repaired.len());
            sentences.push(format!(
                "{server} describes the {what} {first:?}{others} in a way that clients refuse; the hub repairs it, and the \
                 server should be fixed"
            ));
        }
        for (flaw, names) in &self.left_out {
            let named = names.iter().find(|name| !name.is_empty());
            let first = named.map_or_else(|| format!("a {what}"), |name| format!("the {what} {name:?}"));
            let others = others(names.len());
            sentences.push(format!(
                "{server} lists {first}{others}, which {flaw}; it is left out, and the server should be fixed"
            ));
        }
        if let Some(odd) = &self.odd {
            let method = self.kind.method();
            sentences.push(format!(
                "{server} does not answer {method} with a list: {odd}; it counts as empty, and the server should be fixed"
            ));
        }
        if self.is_lost {
            let key = self.kind.key();
            sentences.push(format!(
                "{server} names the next page of its {key} with a cursor of more than {MAX_CURSOR} bytes; the rest is left out"
            ));
        }
        if self.is_endless {
            let key = self.kind.key();
            sentences.push(format!(
                "{server} names a page of its {key} as the next one that was read already; the list ends there, and the server \
                 should be fixed"
            ));
        }
        if let Some(bound) = &self.bound {
            let key = self.kind.key();
            sentences.push(format!("{server} lists more than {bound} of {key}; the rest is left out"));
        }
        sentences
    }
}

/// What a JSON text is, for a sentence.
fn json_type(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b'n') => "null",
        Some(_) | None => "no list",
    }
}

fn others(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::raw;

    fn limits() -> GatewayLimits {
        GatewayLimits { entries: 3, ..GatewayLimits::default() }
    }

    fn page(reading: &mut ListReading<'_>, result: &Value) -> Option<String> {
        reading.page(Some(&raw(result)), true)
    }

    #[test]
    fn a_list_ends_without_a_cursor_and_at_a_repeated_one() {
        let limits = limits();
        let mut reading = ListReading::of(ListKind::Prompts, &limits);

        assert_eq!(page(&mut reading, &json!({ "prompts": [], "nextCursor": "a" })).as_deref(), Some("a"));
        assert_eq!(page(&mut reading, &json!({ "prompts": [], "nextCursor": "a" })), None);
        assert_eq!(page(&mut reading, &json!({ "prompts": [], "nextCursor": "" })), None);
        assert_eq!(page(&mut reading, &json!({ "prompts": [] })), None);
    }

    #[test]
    fn a_list_beyond_its_limit_is_cut_and_noted() {
        let limits = limits();
        let mut reading = ListReading::of(ListKind::Prompts, &limits);

        let next = page(
            &mut reading,
            &json!({ "prompts": [{ "name": "a" }, { "name": "b" }, {}, { "name": "c" }, { "name": "d" }], "nextCursor": "x" }),
        );

        assert_eq!((next, reading.list.entries.len()), (None, 3));
        let notes = reading.sentences("s").join("\n");
        assert!(
            notes.contains("a prompt, which has no name or URI") && notes.contains("more than 3 entries"),
            "{notes}"
        );
    }

    #[test]
    fn a_result_that_is_no_list_counts_as_empty_and_is_noted() {
        let limits = limits();
        for (result, odd) in [(json!([]), "the result is an array"), (json!({ "prompts": null }), "prompts is null")] {
            let mut reading = ListReading::of(ListKind::Prompts, &limits);

            page(&mut reading, &result);

            assert!(reading.list.entries.is_empty());
            assert!(reading.sentences("s").join("").contains(odd), "{result}");
        }
    }
}
