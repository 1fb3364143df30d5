//! Takes the secrets out of a recording: each gets a slot, named after the place where it was first seen.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use mcphub_oauth::mask::slug;
use serde_json::{Map, Value};

use super::address;
use super::judge::{self, Place, Reach};
use super::messages::{document_in, encoded};

/// The values that were found, the longest first. No `Debug`: it would show them.
#[derive(Default)]
pub(super) struct Secrets {
    found: Vec<Found>,
    /// What stands for a value.
    masks: BTreeSet<String>,
}

struct Found {
    text: String,
    mask: String,
    reach: Reach,
}

impl Secrets {
    /// Takes a value for a secret, whatever its name and look say.
    pub(super) fn sure(&mut self, name: &str, value: &str) {
        self.add(name, value, judge::reach_of_secret(value));
    }

    /// Gives a slot to what is different for everybody, though not secret.
    pub(super) fn identity(&mut self, name: &str, value: &str) {
        self.add(name, value, judge::reach_of_identity(value));
    }

    /// Gives a value of the server's address a made-up word: no slot can stand there. `written` is how it stands there.
    pub(super) fn hide(&mut self, value: &str, written: &str) -> String {
        if let Some(word) = self.mask_of(value) {
            return word;
        }
        let mut words = (1_u32..).map(|number| format!("secret-{number}"));
        let word = words.find(|word| !self.masks.contains(word)).unwrap_or_default();
        let reach = if judge::is_distinct(value) { Reach::Everywhere } else { Reach::Named };
        self.masks.insert(word.clone());
        self.put(value, &word, reach);
        self.put(written, &word, reach);
        word
    }

    /// Looks at a named value, and at what is inside it.
    pub(super) fn look_at(&mut self, name: &str, value: &str, place: Place) {
        if let Some(reach) = judge::reach(name, value, place) {
            self.add(name, value, reach);
        }
        match document_in(value) {
            Some(document) => self.look_through(name, &document, place),
            None => address::look(self, value, place),
        }
    }

    /// Looks at a name that may be no word of a protocol.
    pub(super) fn look_at_name(&mut self, name: &str, place: Place) {
        if let Some(reach) = judge::reach("", name, place) {
            self.add("name", name, reach);
        }
    }

    /// Looks at everything in a document.
    pub(super) fn look_through(&mut self, name: &str, document: &Value, place: Place) {
        match document {
            Value::String(text) => self.look_at(name, text, place),
            Value::Array(items) => items.iter().for_each(|item| self.look_through(name, item, place)),
            Value::Object(members) => {
                for (member, value) in members {
                    self.look_at_name(member, place);
                    self.look_through(told(name, member, value), value, place);
                }
            }
            Value::Number(number) => {
                let number = number.to_string();
                if let Some(reach) = judge::reach_of_number(name, &number) {
                    self.add(name, &number, reach);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// What stands for a value, if it was found.
    pub(super) fn mask_of(&self, value: &str) -> Option<String> {
        self.found.iter().find(|found| found.text == value).map(|found| found.mask.clone())
    }

    /// Notes another way in which a value is written, if it was found.
    pub(super) fn spell(&mut self, value: &str, written: &str) {
        let known = self.found.iter().find(|found| found.text == value).map(|found| (found.mask.clone(), found.reach));
        if let Some((mask, reach)) = known {
            self.put(written, &mask, reach);
        }
    }

    /// Replaces a text, also in its encoded spellings, by another one.
    pub(super) fn put(&mut self, text: &str, mask: &str, reach: Reach) {
        let in_form = encoded(text);
        let in_path = in_form.replace('+', "%20");
        // What is encoded goes on being so; slots are filled as they stand.
        let mask_there = if mask.contains("{{") { mask.to_owned() } else { encoded(mask) };
        let there = mask_there.as_str();
        for (text, mask) in [(text, mask), (in_form.as_str(), there), (in_path.as_str(), there)] {
            if !text.is_empty() && !self.found.iter().any(|known| known.text == text) {
                self.found.push(Found { text: text.to_owned(), mask: mask.to_owned(), reach });
            }
        }
        self.found.sort_by_key(|found| Reverse(found.text.len()));
    }

    /// How many values a written case has no more.
    pub(super) fn count_in(&self, case: &str) -> usize {
        self.masks.iter().filter(|mask| case.contains(mask.as_str())).count()
    }

    /// The text with slots in the places of values.
    pub(super) fn out_of(&self, text: &str) -> String {
        // Slots that are put in are not searched again: what is done is kept apart from what is left.
        let mut pieces = vec![(text.to_owned(), false)];
        for found in self.found.iter().filter(|found| found.reach == Reach::Everywhere) {
            pieces = pieces.into_iter().flat_map(|piece| split(piece, found)).collect();
        }
        pieces.into_iter().map(|(piece, _)| piece).collect()
    }

    /// A named value with slots in the places of values: also of those that are replaced as a whole only.
    pub(super) fn out_of_named(&self, name: &str, text: &str) -> String {
        if let Some(mask) = self.whole(name, text) {
            return mask.to_owned();
        }
        if let Some(document) = document_in(text) {
            let masked = self.out_of_value(name, &document);
            if masked != document {
                return masked.to_string();
            }
        }
        let masked = self.out_of(text);
        if text.contains("://") { address::out_of_query(self, &masked) } else { masked }
    }

    /// What stands for a text that is a value as a whole.
    pub(super) fn whole(&self, name: &str, text: &str) -> Option<&str> {
        let found = self.found.iter().find(|found| found.text == text)?;
        let is_replaced = match found.reach {
            Reach::Named => judge::sounds_secret(name),
            Reach::Whole | Reach::Everywhere => true,
        };
        is_replaced.then_some(found.mask.as_str())
    }

    /// A document with slots in the places of values and in names.
    pub(super) fn out_of_value(&self, name: &str, document: &Value) -> Value {
        match document {
            Value::String(text) => Value::String(self.out_of_named(name, text)),
            Value::Array(items) => items.iter().map(|item| self.out_of_value(name, item)).collect(),
            Value::Object(members) => {
                let masked = members
                    .iter()
                    .map(|(member, value)| (self.out_of(member), self.out_of_value(told(name, member, value), value)));
                Value::Object(masked.collect::<Map<_, _>>())
            }
            Value::Number(number) => match self.whole(name, &number.to_string()) {
                Some(mask) => Value::from(mask),
                None => document.clone(),
            },
            Value::Null | Value::Bool(_) => document.clone(),
        }
    }

    /// Gives a value a slot, one of its own if another value has that name; a known one is looked for in more places.
    fn add(&mut self, name: &str, value: &str, reach: Reach) {
        if value.is_empty() {
            return;
        }
        if let Some(mask) = self.mask_of(value) {
            for found in self.found.iter_mut().filter(|found| found.mask == mask) {
                found.reach = found.reach.max(reach);
            }
            return;
        }
        let mask = self.slot(name);
        self.put(value, &mask, reach);
    }

    fn slot(&mut self, name: &str) -> String {
        let slug = slug(name);
        // A slot called "any" would stand for anything, and a name may be a secret itself.
        let is_told = !matches!(slug.as_str(), "" | "any") && judge::reach("", name, Place::Document).is_none();
        let base = if is_told { slug } else { "value".to_owned() };
        let first = format!("{{{{{base}}}}}");
        let numbered = (2_u32..).map(|number| format!("{{{{{base}-{number}}}}}"));
        let free = |slot: &String| !self.masks.contains(slot);
        let slot = std::iter::once(first.clone()).chain(numbered).find(free).unwrap_or(first);
        self.masks.insert(slot.clone());
        slot
    }
}

/// The name that a member is judged by. An object in an object speaks for itself.
fn told<'a>(object: &'a str, member: &'a str, value: &Value) -> &'a str {
    if value.is_object() { member } else { judge::telling(object, member) }
}

fn split((piece, is_done): (String, bool), found: &Found) -> Vec<(String, bool)> {
    if is_done || !piece.contains(&found.text) {
        return vec![(piece, is_done)];
    }
    let mut pieces = Vec::new();
    for (at, part) in piece.split(&found.text).enumerate() {
        if at > 0 {
            pieces.push((found.mask.clone(), true));
        }
        pieces.push((part.to_owned(), false));
    }
    pieces
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
            "scope": "read write", "sig": "a+b/c d e", "otp": 471_147,
        });
        secrets.sure("client-secret", "a+b/c d e");
        secrets.look_through("", &answer, Place::Document);

        let masked = secrets.out_of_value("", &answer);

        assert_eq!(
            masked,
            json!({
                "access_token": "{{access-token}}", "token_type": "Bearer", "user": {"mail": "{{mail}}", "team": "T1"},
                "registration_client_uri": "https://as.example/register/1", "opaque": "{{opaque}}",
                "scope": "read write", "sig": "{{client-secret}}", "otp": "{{otp}}",
            })
        );
        let text = "x=a%2Bb%2Fc+d+e&y=short&z=a%2Bb%2Fc%20d%20e";
        assert_eq!(secrets.out_of(text), "x={{client-secret}}&y=short&z={{client-secret}}");
    }

    #[test]
    fn another_value_of_the_same_name_gets_a_number_and_a_longer_one_is_taken_out_first() {
        let mut secrets = Secrets::default();
        for value in ["value-one", "value-one-and-2", "value-one"] {
            secrets.look_at("refresh_token", value, Place::Parameter);
        }

        let masked = secrets.out_of("value-one-and-2 value-one");

        assert_eq!(masked, "{{refresh-token-2}} {{refresh-token}}");
        assert_eq!(secrets.count_in(&masked), 2);
    }

    #[test]
    fn short_and_plain_values_stay_where_their_names_are_not() {
        let mut secrets = Secrets::default();
        let answer = json!({"session_state": "active", "user_code": "en", "status": "active", "page": "/en/active"});
        secrets.look_through("", &answer, Place::Document);

        let masked = secrets.out_of_value("", &answer);

        let mut expected = answer.clone();
        expected["session_state"] = json!("{{session-state}}");
        expected["user_code"] = json!("{{user-code}}");
        assert_eq!(masked, expected);
        assert_eq!(secrets.out_of("https://as.example/en?x=active"), "https://as.example/en?x=active");
    }

    #[test]
    fn documents_and_numbers_inside_values_and_names_of_members_are_looked_at() {
        let mut secrets = Secrets::default();
        let answer = json!({
            "extra": "{\"otp\": {\"value\": 4711}, \"session\": \"s-4711\"}", "ada@example.com": [1, 2],
        });
        secrets.look_through("", &answer, Place::Document);

        let masked = secrets.out_of_value("", &answer).to_string();

        for gone in ["4711", "ada@example.com"] {
            assert!(!masked.contains(gone), "{masked}");
        }
    }
}
