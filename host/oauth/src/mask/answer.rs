//! A provider's answer without its secrets.

use http::Response;
use serde_json::{Map, Value};

use super::names::{Sound, is_code, sound};
use super::patterns::is_opaque;
use super::{MASK, Mask};
use crate::body::{claims, read_body, text_at};
use crate::hook::MaskedAnswer;
use crate::profile::TokenRule;

/// Headers a plugin never sees.
const HIDDEN_HEADERS: [&str; 4] = ["set-cookie", "authorization", "www-authenticate", "proxy-authenticate"];
/// Longer names are no names of errors, bytes.
const CODE_NAME: usize = 40;
/// Numbers from here on may be secrets, digits.
const LONG_NUMBER: usize = 6;
/// So much of what stands under names that sound secret is looked for in the rest of an answer, bytes: more would drive out
/// what was sent.
const MAX_FOUND: usize = 64 << 10;
/// Shorter values inside an object that sounds secret are none, bytes.
const LONG: usize = 8;

/// The answer as a plugin may see it. Masked are tokens at the rules' places and wherever else they stand, what stands
/// under names that sound secret, every secret that is `held` or went along with the request, and what looks like one.
#[must_use]
pub fn mask(response: &Response<Vec<u8>>, rules: &[TokenRule], held: &[String]) -> MaskedAnswer {
    let known = Mask::of_answer(response).with(held.iter().cloned());
    let body = read_body(response);
    let (known, claims) = match &body {
        Some(body) => (known.with(secrets_in(body, rules)), claims_of(body, rules)),
        None => (known, Vec::new()),
    };
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| !HIDDEN_HEADERS.contains(&name.as_str()) && sound(name.as_str()) != Sound::Secret);
    MaskedAnswer {
        status: response.status().as_u16(),
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), known.text(value.to_str().ok()?))))
            .collect(),
        body: match &body {
            Some(body) => document(body, rules, &known).to_string(),
            None => known.text(&String::from_utf8_lossy(response.body())),
        },
        claims: claims.into_iter().map(|(slot, claims)| (slot, document(&claims, &[], &known).to_string())).collect(),
    }
}

/// A registration answer or error body as a plugin may see it.
#[must_use]
pub fn mask_text(response: &Response<Vec<u8>>, held: &[String]) -> String {
    mask(response, &[], held).body
}

/// A JSON document as a plugin may see it; one that is none is masked as a text.
#[must_use]
pub fn document_text(text: &str) -> String {
    let known = Mask::default();
    serde_json::from_str(text).map_or_else(|_| known.text(text), |body| document(&body, &[], &known).to_string())
}

/// The body of an answer, read, with everything masked that no one but the hub may see: what is captured and shown comes
/// from here.
#[must_use]
pub fn shown(response: &Response<Vec<u8>>, body: &Value, rules: &[TokenRule]) -> Value {
    document(body, rules, &Mask::of_answer(response).with(secrets_in(body, rules)))
}

/// Every token at the rules' places, and whatever stands under a name that sounds secret and is no word: neither may be
/// read from another place of the same answer.
fn secrets_in(body: &Value, rules: &[TokenRule]) -> Vec<String> {
    let mut found: Vec<String> = places(rules).filter_map(|at| text_at(body, at)).collect();
    let (mut left, mut length) = (vec![body], 0);
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) if sound(name) == Sound::Secret => {
                            let is_kept = text.len() >= LONG && length + text.len() <= MAX_FOUND && is_opaque(text);
                            length += if is_kept { text.len() } else { 0 };
                            found.extend(is_kept.then(|| text.clone()));
                        }
                        member => left.push(member),
                    }
                }
            }
            Value::Array(items) => left.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn places(rules: &[TokenRule]) -> impl Iterator<Item = &String> {
    rules
        .iter()
        .flat_map(|rule| [Some(&rule.access_token), rule.refresh_token.as_ref(), rule.id_token.as_ref()])
        .flatten()
}

fn claims_of(body: &Value, rules: &[TokenRule]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for rule in rules {
        let places = [Some(&rule.access_token), rule.id_token.as_ref()];
        for token in places.into_iter().flatten().filter_map(|at| body.pointer(at)?.as_str()) {
            all.extend(claims(token).map(|claims| (rule.slot.clone(), Value::Object(claims))));
        }
    }
    all
}

fn document(body: &Value, rules: &[TokenRule], known: &Mask) -> Value {
    let mut body = body.clone();
    for at in places(rules) {
        if let Some(value) = body.pointer_mut(at) {
            *value = Value::String(MASK.into());
        }
    }
    masked(body, Inside::Anything, known)
}

/// What the names on the way to a value say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing is known about what comes next.
    Anything,
    /// It stands in something that sounds secret.
    Secret,
    /// It is called so.
    Itself,
}

/// The depth is bounded by the reader's.
fn masked(value: Value, inside: Inside, known: &Mask) -> Value {
    match value {
        Value::Object(members) => Value::Object(members_of(members, inside, known)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| masked(item, inside, known)).collect()),
        Value::String(text) => Value::String(text_of(&text, inside, known)),
        Value::Number(number) => {
            let text = number.to_string();
            let is_secret = inside == Inside::Itself && text.len() >= LONG_NUMBER;
            if is_secret || known.known(&text) == MASK { Value::String(MASK.into()) } else { Value::Number(number) }
        }
        Value::Null | Value::Bool(_) => value,
    }
}

fn members_of(members: Map<String, Value>, inside: Inside, known: &Mask) -> Map<String, Value> {
    let member = |(name, value): (String, Value)| {
        let inside = match (sound(&name), inside, &value) {
            (Sound::Secret, ..) => Inside::Itself,
            (Sound::Silent, _, Value::String(text)) if is_code(&name) && !is_name(text) => Inside::Itself,
            (Sound::Plain, ..) | (Sound::Silent, Inside::Anything, _) => Inside::Anything,
            (Sound::Silent, Inside::Secret | Inside::Itself, _) => Inside::Secret,
        };
        (known.known(&name), masked(value, inside, known))
    };
    members.into_iter().map(member).collect()
}

fn text_of(text: &str, inside: Inside, known: &Mask) -> String {
    match inside {
        Inside::Itself if !text.is_empty() => MASK.to_owned(),
        Inside::Secret if text.len() >= LONG && is_opaque(text) => MASK.to_owned(),
        Inside::Itself | Inside::Secret | Inside::Anything => known.text(text),
    }
}

/// How errors are called.
fn is_name(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b' '));
    (is_word && text.len() < CODE_NAME) || (text.len() < LONG_NUMBER && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Response<Vec<u8>> {
        Response::new(body.as_bytes().to_vec())
    }

    #[test]
    fn tokens_and_held_secrets_are_masked_and_claims_are_told() {
        let jwt = "e30.eyJ0aWQiOiJ0MSJ9.c2ln";
        let text = format!(
            r#"{{"access_token":"{jwt}","nested":{{"refresh_token":"r"}},"echo":"held-secret!","name":"Ann"}}"#
        );

        let masked = mask(&answer(&text), &[TokenRule::default()], &["held-secret!".into()]);

        assert_eq!(masked.body, r#"{"access_token":"***","nested":{"refresh_token":"***"},"echo":"***","name":"Ann"}"#);
        assert_eq!(masked.claims, [("main".to_owned(), r#"{"tid":"t1"}"#.to_owned())]);
    }

    #[test]
    fn a_token_is_masked_in_every_other_place_where_it_stands() {
        let body = r#"{"access_token":"at-123456","copy":"at-123456","in":{"url":"https://x.example/?k=at-123456"},"at-123456":1}"#;

        let masked = mask(&answer(body), &[TokenRule::default()], &[]).body;

        assert!(!masked.contains("at-123456"), "{masked}");
    }

    #[test]
    fn what_is_masked_for_its_name_is_masked_wherever_else_it_stands() {
        let body = r#"{"webhook":{"token":"xoxb-12345678","url":"https://hooks.example/xoxb-12345678"}}"#;

        let masked = mask(&answer(body), &[], &[]).body;

        assert_eq!(masked, r#"{"webhook":{"token":"***","url":"https://hooks.example/***"}}"#);
    }

    #[test]
    fn names_that_sound_secret_drive_out_nothing_that_was_sent() {
        let junk: Vec<String> =
            (0..3000).map(|at| format!(r#"{{"token":"{}"}}"#, format!("{at}z").repeat(40))).collect();
        let body = format!(r#"{{"junk":[{}],"echo":"it was a-held-secret-1"}}"#, junk.join(","));

        let masked = mask(&answer(&body), &[], &["a-held-secret-1".to_owned()]).body;

        assert!(masked.ends_with(r#""echo":"it was ***"}"#), "{}", &masked[masked.len() - 60..]);
    }

    #[test]
    fn what_stands_in_something_that_sounds_secret_is_masked_unless_it_is_a_name() {
        let body = r#"{"token":{"value":"abc12345","user":{"name":"Ann Lee"},"type":"bearer"},"tokens":["x1y2z3"],"pin_token":123456}"#;

        let masked = mask(&answer(body), &[], &[]).body;

        assert_eq!(
            masked,
            r#"{"token":{"value":"***","user":{"name":"Ann Lee"},"type":"bearer"},"tokens":["***"],"pin_token":"***"}"#
        );
    }

    #[test]
    fn the_name_of_an_error_stays_and_a_code_does_not() {
        assert_eq!(mask_text(&answer(r#"{"code":"invalid_grant"}"#), &[]), r#"{"code":"invalid_grant"}"#);
        assert_eq!(mask_text(&answer(r#"{"code":"4/0AbCdEfGh"}"#), &[]), r#"{"code":"***"}"#);
    }

    #[test]
    fn a_document_within_a_text_is_masked_too() {
        let body = r#"{"data":"{\"access_token\":\"abc\",\"team\":\"t\"}"}"#;

        assert_eq!(mask_text(&answer(body), &[]), r#"{"data":"{\"access_token\":\"***\",\"team\":\"t\"}"}"#);
    }

    #[test]
    fn headers_that_hold_secrets_are_hidden_and_others_masked() {
        let mut response = answer("");
        for (name, value) in [("x-subject-token", "abc"), ("location", "https://a.example/?code=xyz"), ("etag", "e1")] {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }

        let headers = mask(&response, &[], &[]).headers;

        assert_eq!(
            headers,
            [("location".to_owned(), "https://a.example/?code=***".to_owned()), ("etag".to_owned(), "e1".to_owned())]
        );
    }
}
