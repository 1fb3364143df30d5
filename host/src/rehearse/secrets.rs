//! Takes the secrets out of a recording: each gets a slot, named after the place where it was first seen.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

/// Parts of names whose values are never written down.
const SECRET: [&str; 12] = [
    "token",
    "secret",
    "code",
    "verifier",
    "assertion",
    "password",
    "session",
    "cookie",
    "signature",
    "state",
    "nonce",
    "key",
];
/// Members whose names sound so and that everybody may read.
const PLAIN: [&str; 9] = [
    "token_type",
    "token_endpoint_auth_method",
    "code_challenge_method",
    "code_challenge_methods_supported",
    "token_endpoint",
    "error_code",
    "status_code",
    "token_endpoint_auth_signing_alg",
    "token_type_hint",
];
/// Values from this length on that are neither words nor addresses are taken for secrets, bytes.
const OPAQUE: usize = 16;

/// The values that were found, the longest first, with their slots.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    found: Vec<(String, String)>,
    names: BTreeSet<String>,
}

impl Secrets {
    /// Gives a value a slot; one of its own if another value has that name.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() || self.found.iter().any(|(known, _)| known == value) {
            return;
        }
        let base: String =
            name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let base = if base.is_empty() { "value".to_owned() } else { base };
        let free = |name: &String| !self.names.contains(name);
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        let slot = std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or(base);
        self.names.insert(slot.clone());
        self.found.push((value.to_owned(), slot));
        self.found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    }

    /// Looks at a named value.
    pub(super) fn look_at(&mut self, name: &str, value: &str) {
        if is_secret(name, value) {
            self.add(name, value);
        }
    }

    /// Looks at every text of a document.
    pub(super) fn look_through(&mut self, name: &str, document: &Value) {
        match document {
            Value::String(text) => self.look_at(name, text),
            Value::Array(items) => items.iter().for_each(|item| self.look_through(name, item)),
            Value::Object(members) => members.iter().for_each(|(name, value)| self.look_through(name, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// How many values were found.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// The text with slots in the places of values.
    pub(super) fn out_of(&self, text: &str) -> String {
        // Slots that are put in are not searched again: what is done is kept apart from what is left.
        let mut pieces = vec![(text.to_owned(), false)];
        for (value, slot) in &self.found {
            let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            for spelled in [value, &encoded] {
                pieces = pieces.into_iter().flat_map(|piece| split(piece, spelled, slot)).collect();
            }
        }
        pieces.into_iter().map(|(piece, _)| piece).collect()
    }

    /// A document with slots in the places of values.
    pub(super) fn out_of_value(&self, document: &Value) -> Value {
        match document {
            Value::String(text) => Value::String(self.out_of(text)),
            Value::Array(items) => items.iter().map(|item| self.out_of_value(item)).collect(),
            Value::Object(members) => {
                let masked = members.iter().map(|(name, value)| (name.clone(), self.out_of_value(value)));
                Value::Object(masked.collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => document.clone(),
        }
    }
}

fn split((piece, is_slot): (String, bool), value: &str, slot: &str) -> Vec<(String, bool)> {
    if is_slot || !piece.contains(value) {
        return vec![(piece, is_slot)];
    }
    let mut pieces = Vec::new();
    for (at, part) in piece.split(value).enumerate() {
        if at > 0 {
            pieces.push((format!("{{{{{slot}}}}}"), true));
        }
        pieces.push((part.to_owned(), false));
    }
    pieces
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let sounds_so = SECRET.iter().any(|part| name.contains(part)) && !PLAIN.contains(&name.as_str());
    let is_address = Url::parse(value).is_ok_and(|url| url.has_host() && url.query().is_none());
    (sounds_so && !is_address) || is_opaque(value) || is_mail(value)
}

/// A value that no word looks like: long, without blanks, with letters and digits.
fn is_opaque(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-:".contains(&byte);
    let has = |what: fn(&u8) -> bool| value.as_bytes().iter().any(what);
    value.len() >= OPAQUE
        && value.bytes().all(plain)
        && !value.contains("://")
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
}

fn is_mail(value: &str) -> bool {
    value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !value.contains(' '))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_taken_out_by_name_and_by_look_in_every_spelling() {
        let mut secrets = Secrets::default();
        let answer = json!({
            "access_token": "short", "token_type": "Bearer", "user": {"mail": "ada@example.com", "team": "T1"},
            "registration_client_uri": "https://as.example/register/1", "opaque": "0a1b2c3d4e5f6a7b8c9d",
            "scope": "read write", "sig": "a+b/c d",
        });
        secrets.look_through("", &answer);
        secrets.add("client-secret", "a+b/c d");

        let masked = secrets.out_of_value(&answer);

        assert_eq!(
            masked,
            json!({
                "access_token": "{{access-token}}", "token_type": "Bearer", "user": {"mail": "{{mail}}", "team": "T1"},
                "registration_client_uri": "https://as.example/register/1", "opaque": "{{opaque}}",
                "scope": "read write", "sig": "{{client-secret}}",
            })
        );
        assert_eq!(secrets.out_of("x=a%2Bb%2Fc+d&y=short"), "x={{client-secret}}&y={{access-token}}");
    }

    #[test]
    fn another_value_of_the_same_name_gets_a_number_and_a_longer_one_is_taken_out_first() {
        let mut secrets = Secrets::default();
        for value in ["one", "one-and-two", "one"] {
            secrets.look_at("refresh_token", value);
        }

        assert_eq!(secrets.out_of("one-and-two one"), "{{refresh-token-2}} {{refresh-token}}");
        assert_eq!(secrets.count(), 2);
    }
}
