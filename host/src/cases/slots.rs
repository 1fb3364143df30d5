//! Slots: named places in a case for values that should not stand in a file.

use std::collections::BTreeMap;

use regex::Regex;

/// The slot that matches anything, and something else every time.
const ANY: &str = "any";

/// The values of the slots that have been used so far.
#[derive(Debug, Clone, Default)]
pub(super) struct CaseSlots(BTreeMap<String, String>);

/// A piece of text: itself, or a slot's name.
enum SlotPiece<'a> {
    Text(&'a str),
    Slot(&'a str),
}

impl CaseSlots {
    /// Sets the value of a slot.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The text as the hub receives it. A slot without a value gets a made-up one.
    pub(super) fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        for piece in pieces(text) {
            match piece {
                SlotPiece::Text(text) => filled.push_str(text),
                SlotPiece::Slot(name) => {
                    let value = self.0.entry(name.to_owned()).or_insert_with(|| format!("made-up-{name}"));
                    filled.push_str(value);
                }
            }
        }
        filled
    }

    /// Whether `said` is what the hub should send. A slot without a value takes it from `said`; on a mismatch no slot changes.
    pub(super) fn matches(&mut self, expected: &str, said: &str) -> bool {
        let mut pattern = String::from("(?s)^");
        let mut unknown = Vec::new();
        for piece in pieces(expected) {
            match piece {
                SlotPiece::Text(text) => pattern.push_str(&regex::escape(text)),
                SlotPiece::Slot(name) => match self.0.get(name) {
                    Some(value) if name != ANY => pattern.push_str(&regex::escape(value)),
                    Some(_) | None => {
                        pattern.push_str("(.+?)");
                        unknown.push(name);
                    }
                },
            }
        }
        pattern.push('$');
        let Some(captures) = Regex::new(&pattern).ok().and_then(|pattern| pattern.captures(said)) else {
            return false;
        };
        let values: Vec<(&str, &str)> = unknown
            .iter()
            .zip(captures.iter().skip(1))
            .filter_map(|(name, value)| Some((*name, value?.as_str())))
            .collect();
        let agrees = |(name, value): &(&str, &str)| {
            *name == ANY || values.iter().all(|(other, said)| other != name || said == value)
        };
        let all_agree = values.iter().all(agrees);
        if all_agree {
            for (name, value) in values.iter().filter(|(name, _)| *name != ANY) {
                self.set(name, value);
            }
        }
        all_agree
    }

    /// The text for people: values where they are known, the names of slots elsewhere.
    pub(super) fn shown(&self, text: &str) -> String {
        pieces(text)
            .map(|piece| match piece {
                SlotPiece::Text(text) => text.to_owned(),
                SlotPiece::Slot(name) => self.0.get(name).cloned().unwrap_or_else(|| format!("{{{{{name}}}}}")),
            })
            .collect()
    }
}

/// Text in which `{{name}}` is a slot; a name has small letters, digits and hyphens.
fn pieces(text: &str) -> impl Iterator<Item = SlotPiece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some((at, name, after)) = next_slot(rest, from) {
            match name {
                Some(name) if at == 0 => {
                    rest = after;
                    return Some(SlotPiece::Slot(name));
                }
                Some(_) => {
                    let (text, following) = rest.split_at(at);
                    rest = following;
                    return Some(SlotPiece::Text(text));
                }
                None => from = at + 1,
            }
        }
        let text = rest;
        rest = "";
        Some(SlotPiece::Text(text))
    })
}

/// Where the next `{{` is, the name behind it if it is one, and what follows.
fn next_slot(text: &str, from: usize) -> Option<(usize, Option<&str>, &str)> {
    let at = from + text.get(from..)?.find("{{")?;
    let behind = text.get(at + 2..)?;
    let named = behind.split_once("}}").filter(|(name, _)| is_name(name));
    Some(named.map_or((at, None, ""), |(name, after)| (at, Some(name), after)))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_means_the_same_from_its_first_use_on() {
        let mut slots = CaseSlots::default();

        assert_eq!(slots.fill("Bearer {{token}}"), "Bearer made-up-token");
        assert!(slots.matches("{{token}}", "made-up-token"));
        assert!(!slots.matches("{{token}}", "another"));
        assert!(slots.matches("{{verifier}}.{{verifier}}", "v.v"));
        assert!(!slots.matches("x{{verifier}}", "xw"));
        assert!(!slots.matches("{{a}}-{{a}}", "1-2"));
    }

    #[test]
    fn json_is_no_slot() {
        let mut slots = CaseSlots::default();
        let json = r#"{"a":{"b":{}},"c":"{{c}}"}"#;

        assert_eq!(slots.fill(json), r#"{"a":{"b":{}},"c":"made-up-c"}"#);
        assert_eq!(slots.fill("{{{a}}}"), "{{{a}}}".replace("{{a}}", "made-up-a"));
    }

    #[test]
    fn anything_is_not_remembered() {
        let mut slots = CaseSlots::default();

        assert!(slots.matches("{{any}}", "1") && slots.matches("{{any}}", "2"));
        assert_eq!(slots.shown("{{any}} {{later}}"), "{{any}} {{later}}");
    }
}
