//! Rewrites values, documents and addresses, with slots in the places of the secrets that were found.

use serde_json::{Map, Value};

use super::rules;
use super::secrets::Secrets;
use crate::cases::messages::{document_in, in_form};

/// A named value with slots: also for secrets that are replaced only as a whole.
pub(in crate::cases) fn value(secrets: &Secrets, name: &str, text: &str) -> String {
    if let Some(slot) = secrets.slot_for(name, text) {
        return slot.to_owned();
    }
    if let Some(inner) = document_in(text) {
        let masked = document(secrets, name, &inner);
        if masked != inner {
            return masked.to_string();
        }
    }
    let masked = secrets.out_of(text);
    if text.contains("://") { query(secrets, &masked) } else { masked }
}

/// A document with slots in its values and in the names of its members. `name` is the name that it stands under.
pub(in crate::cases) fn document(secrets: &Secrets, name: &str, document: &Value) -> Value {
    match document {
        Value::String(text) => Value::String(value(secrets, name, text)),
        Value::Array(items) => items.iter().map(|item| self::document(secrets, name, item)).collect(),
        Value::Object(members) => {
            let masked = members.iter().map(|(member, inner)| {
                let name = rules::name_of_member(name, member, inner);
                (secrets.out_of(member), self::document(secrets, name, inner))
            });
            Value::Object(masked.collect::<Map<_, _>>())
        }
        Value::Number(number) => match secrets.slot_for(name, &number.to_string()) {
            Some(slot) => Value::from(slot),
            None => document.clone(),
        },
        Value::Null | Value::Bool(_) => document.clone(),
    }
}

/// An address with slots in its query and fragment: also for secrets that are replaced only as a whole.
fn query(secrets: &Secrets, address: &str) -> String {
    let joints = ['?', '&', '#'];
    let at = address.find(['?', '#']).unwrap_or(address.len());
    let (before, pairs) = address.split_at_checked(at).unwrap_or((address, ""));
    let mut masked = before.to_owned();
    for piece in pairs.split_inclusive(joints) {
        let pair = piece.trim_end_matches(joints);
        let slot =
            pair.split_once('=').and_then(|(name, value)| Some((name, secrets.slot_for(name, &in_form(value))?)));
        match slot {
            Some((name, slot)) => masked.extend([name, "=", slot]),
            None => masked.push_str(pair),
        }
        masked.push_str(piece.get(pair.len()..).unwrap_or_default());
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::redact::{SeenIn, search};

    #[test]
    fn secrets_are_taken_out_by_name_and_by_look_in_every_spelling() {
        let mut secrets = Secrets::default();
        let answer = json!({
            "access_token": "short", "token_type": "Bearer", "user": {"mail": "ada@example.com", "team": "T1"},
            "registration_client_uri": "https://as.example/register/1", "opaque": "0a1b2c3d4e5f6a7b8c9d",
            "scope": "read write", "sig": "a+b/c d e", "otp": 471_147,
        });
        secrets.add_certain("client-secret", "a+b/c d e");
        search::document(&mut secrets, "", &answer, SeenIn::Document);

        let masked = document(&secrets, "", &answer);

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
            search::value(&mut secrets, "refresh_token", value, SeenIn::Parameter);
        }

        let masked = secrets.out_of("value-one-and-2 value-one");

        assert_eq!(masked, "{{refresh-token-2}} {{refresh-token}}");
        assert_eq!(secrets.count_in(&masked), 2);
    }

    #[test]
    fn short_and_plain_values_stay_where_their_names_are_not() {
        let mut secrets = Secrets::default();
        let answer = json!({"session_state": "active", "user_code": "en", "status": "active", "page": "/en/active"});
        search::document(&mut secrets, "", &answer, SeenIn::Document);

        let masked = document(&secrets, "", &answer);

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
        search::document(&mut secrets, "", &answer, SeenIn::Document);

        let masked = document(&secrets, "", &answer).to_string();

        for gone in ["4711", "ada@example.com"] {
            assert!(!masked.contains(gone), "{masked}");
        }
    }
}
