//! The secrets of a recording. Each has a slot that is named after the place where the secret was first seen.
//!
//! Apart from the search: this table knows values, spellings and slots, and nothing of documents and addresses.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use mcphub_oauth::mask::slug;

use super::rules::{self, Coverage, SeenIn};
use crate::cases::messages::encoded;

/// The secrets that were found, the longest first. No `Debug`: it would show them.
#[derive(Default)]
pub(in crate::cases) struct Secrets {
    found: Vec<FoundSecret>,
    /// The slots and words that are taken.
    masks: BTreeSet<String>,
}

struct FoundSecret {
    text: String,
    mask: String,
    coverage: Coverage,
}

/// A piece of a text that is being rewritten.
enum Fragment {
    /// Not searched completely yet.
    Open(String),
    /// A slot. It is never searched again.
    Slot(String),
}

impl Secrets {
    /// Adds a value that is certainly a secret, whatever its name and form say.
    pub(in crate::cases) fn add_certain(&mut self, name: &str, value: &str) {
        self.add(name, value, rules::coverage_of_secret(value));
    }

    /// Gives a slot to a value that is not secret but differs for every hub, such as a client id.
    pub(in crate::cases) fn add_identity(&mut self, name: &str, value: &str) {
        self.add(name, value, rules::coverage_of_identity(value));
    }

    /// Gives a value a slot of its own. A value that is known already keeps its slot and gets the wider coverage of both.
    pub(super) fn add(&mut self, name: &str, value: &str, coverage: Coverage) {
        if value.is_empty() {
            return;
        }
        if let Some(mask) = self.mask_of(value) {
            for found in self.found.iter_mut().filter(|found| found.mask == mask) {
                found.coverage = found.coverage.max(coverage);
            }
            return;
        }
        let mask = self.free_slot(name);
        self.put(value, &mask, coverage);
    }

    /// Gives a value of the server's address a made-up word, because a slot cannot stand in an address. `written` is the
    /// value as the address spells it. Returns the word.
    pub(super) fn hide(&mut self, value: &str, written: &str) -> String {
        if let Some(word) = self.mask_of(value) {
            return word;
        }
        let mut words = (1_u32..).map(|number| format!("secret-{number}"));
        let word = words.find(|word| !self.masks.contains(word)).unwrap_or_default();
        let coverage = if rules::is_distinct(value) { Coverage::Everywhere } else { Coverage::UnderSecretName };
        self.masks.insert(word.clone());
        self.put(value, &word, coverage);
        self.put(written, &word, coverage);
        word
    }

    /// The slot of a value, if the value was found.
    pub(super) fn mask_of(&self, value: &str) -> Option<String> {
        self.found.iter().find(|found| found.text == value).map(|found| found.mask.clone())
    }

    /// Adds another spelling of a value, if the value was found.
    pub(super) fn add_spelling(&mut self, value: &str, written: &str) {
        let known =
            self.found.iter().find(|found| found.text == value).map(|found| (found.mask.clone(), found.coverage));
        if let Some((mask, coverage)) = known {
            self.put(written, &mask, coverage);
        }
    }

    /// Adds a text and its encoded spellings, with what replaces them.
    pub(super) fn put(&mut self, text: &str, mask: &str, coverage: Coverage) {
        let in_form = encoded(text);
        let in_path = in_form.replace('+', "%20");
        // A made-up word is encoded where the value is; a slot is filled as it stands.
        let mask_there = if mask.contains("{{") { mask.to_owned() } else { encoded(mask) };
        let there = mask_there.as_str();
        for (text, mask) in [(text, mask), (in_form.as_str(), there), (in_path.as_str(), there)] {
            if !text.is_empty() && !self.found.iter().any(|known| known.text == text) {
                self.found.push(FoundSecret { text: text.to_owned(), mask: mask.to_owned(), coverage });
            }
        }
        // The longest first: a secret may contain another one.
        self.found.sort_by_key(|found| Reverse(found.text.len()));
    }

    /// How many different slots and words a written case contains.
    pub(in crate::cases) fn count_in(&self, case: &str) -> usize {
        self.masks.iter().filter(|mask| case.contains(mask.as_str())).count()
    }

    /// The text with slots in the places of the secrets that are replaced everywhere.
    pub(in crate::cases) fn out_of(&self, text: &str) -> String {
        let mut pieces = vec![Fragment::Open(text.to_owned())];
        for found in self.found.iter().filter(|found| found.coverage == Coverage::Everywhere) {
            pieces = pieces.into_iter().flat_map(|piece| piece.without(found)).collect();
        }
        pieces.into_iter().map(Fragment::into_text).collect()
    }

    /// The slot for a text that is a secret as a whole, where it stands under this name.
    pub(super) fn slot_for(&self, name: &str, text: &str) -> Option<&str> {
        let found = self.found.iter().find(|found| found.text == text)?;
        let is_replaced = match found.coverage {
            Coverage::UnderSecretName => rules::names_a_secret(name),
            Coverage::WholeValue | Coverage::Everywhere => true,
        };
        is_replaced.then_some(found.mask.as_str())
    }

    fn free_slot(&mut self, name: &str) -> String {
        let slug = slug(name);
        // A slot called "any" would match anything, and the name may be a secret itself.
        let is_usable = !matches!(slug.as_str(), "" | "any") && rules::coverage("", name, SeenIn::Document).is_none();
        let base = if is_usable { slug } else { "value".to_owned() };
        let first = format!("{{{{{base}}}}}");
        let numbered = (2_u32..).map(|number| format!("{{{{{base}-{number}}}}}"));
        let free = |slot: &String| !self.masks.contains(slot);
        let slot = std::iter::once(first.clone()).chain(numbered).find(free).unwrap_or(first);
        self.masks.insert(slot.clone());
        slot
    }
}

impl Fragment {
    fn without(self, found: &FoundSecret) -> Vec<Self> {
        let text = match self {
            Self::Open(text) if text.contains(&found.text) => text,
            Self::Open(_) | Self::Slot(_) => return vec![self],
        };
        let mut pieces = Vec::new();
        for (at, part) in text.split(&found.text).enumerate() {
            if at > 0 {
                pieces.push(Self::Slot(found.mask.clone()));
            }
            pieces.push(Self::Open(part.to_owned()));
        }
        pieces
    }

    fn into_text(self) -> String {
        match self {
            Self::Open(text) | Self::Slot(text) => text,
        }
    }
}
