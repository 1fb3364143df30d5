//! Every way in which a secret was seen to come back.

use proptest::prelude::*;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::*;

const SECRET: &str = "s3cret/with+signs=and-\"quotes\"-end";
const LONG: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4";

fn mask(secrets: &[&str]) -> Redactor {
    let mut mask = Redactor::default();
    for secret in secrets {
        mask.add(secret);
    }
    mask
}

fn hidden(secrets: &[&str], text: &str) -> String {
    mask(secrets).hide(text).into_owned()
}

#[test]
fn a_secret_is_hidden_however_it_is_written() {
    let percent = SECRET.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    let each = |way: fn(u32) -> String| SECRET.chars().fold(String::new(), |text, c| text + &way(u32::from(c)));
    let escaped = each(|code| format!("\\u{code:04x}"));
    let html = each(|code| format!("&#{code};"));
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let twice: String = url::form_urlencoded::byte_serialize(form.as_bytes()).collect();
    let json = serde_json::to_string(SECRET).expect("JSON");
    let json = json.trim_matches('"');
    let debug = format!("{SECRET:?}");

    for text in [SECRET, &percent, &escaped, &html, &form, &twice, json, debug.trim_matches('"')] {
        assert_eq!(hidden(&[SECRET], &format!("<{text}>")), "<***>", "{text}");
    }
}

#[test]
fn a_secret_in_the_other_case_is_hidden() {
    assert_eq!(hidden(&[LONG], &LONG.to_uppercase()), "***");
}

#[test]
fn a_secret_within_base64_is_hidden_wherever_it_begins() {
    for user in ["", "a", "ab", "abc", "client:"] {
        let basic = STANDARD_NO_PAD.encode(format!("{user}{SECRET}; and more"));

        let shown = hidden(&[SECRET], &basic);

        let known = STANDARD_NO_PAD.encode(SECRET);
        assert!(!known.as_bytes().windows(8).any(|part| shown.contains(std::str::from_utf8(part).expect("text"))));
        assert!(shown.contains("***"), "{shown}");
    }
}

#[test]
fn a_secret_of_any_length_is_hidden_in_base64_and_in_hexadecimal_digits() {
    for secret in ["hunter2!", SECRET, LONG, &LONG.repeat(40)] {
        let bytes = format!("Bearer {secret}");
        let base64 = STANDARD_NO_PAD.encode(&bytes);
        let lower = bytes.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        for encoded in [base64, lower.to_uppercase(), lower] {
            let shown = hidden(&[secret], &format!("refused: {encoded}"));

            assert!(shown.len() < 48 && shown.ends_with("***"), "{shown}");
        }
    }
}

#[test]
fn a_part_of_a_secret_is_hidden() {
    for part in [&LONG[..20], &LONG[10..40], &LONG[LONG.len() - 24..]] {
        assert_eq!(hidden(&[LONG], &format!("token {part}… is not valid")), "token ***… is not valid");
    }
}

#[test]
fn a_short_secret_is_hidden_and_a_word_is_not() {
    assert_eq!(hidden(&["hunter2", "on"], "hunter2 is on"), "*** is on");
    assert_eq!(hidden(&["hunter2"], "hunter"), "hunter");
}

#[test]
fn a_value_that_may_be_no_secret_is_hidden_as_a_whole_only() {
    let mut mask = Redactor::default();
    mask.add_whole("https://api.example.com/v1/acme");

    assert_eq!(mask.hide("at https://api.example.com/v1/acme"), "at ***");
    assert_eq!(mask.hide("at https://api.example.com/v1/other"), "at https://api.example.com/v1/other");
}

#[test]
fn two_secrets_in_a_row_leave_nothing_between_them() {
    assert_eq!(hidden(&["first-secret", "second-secret"], "first-secretsecond-secret"), "***");
}

#[test]
fn what_is_hidden_in_json_leaves_json() {
    let body = serde_json::json!({"error": {"message": format!("bad {SECRET}"), "data": [LONG, 7]}});

    let shown = hidden(&[SECRET, LONG], &body.to_string());

    let expected = serde_json::json!({"error": {"message": "bad ***", "data": ["***", 7]}});
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), expected);
}

#[test]
fn the_oldest_secrets_are_forgotten_first() {
    let mut mask = Redactor::default();
    let secret = |number: usize| format!("{number:05}{}", "secret-".repeat(1000));
    (0..100).for_each(|number| mask.add(&secret(number)));

    assert!(mask.total <= MAX_WINDOWS && mask.knows(&secret(99)) && !mask.knows(&secret(0)));
    assert_eq!(mask.widths.values().sum::<usize>(), mask.total);
}

#[test]
fn a_mask_itself_shows_no_secret() {
    assert!(!format!("{:?}", mask(&[LONG])).contains("eyJ"));
}

proptest! {
    #[test]
    fn no_secret_survives_in_any_text(secret in "[!-~]{6,60}", before in ".{0,20}", after in ".{0,20}") {
        let shown = hidden(&[&secret], &format!("{before}{secret}{after}"));

        prop_assert!(!shown.contains(&secret) || MASK.contains(&secret), "{shown}");
    }

    #[test]
    fn a_text_without_the_secret_stays_as_it_is(text in "[a-m %\\\\&;]{0,80}") {
        prop_assert_eq!(hidden(&["nopqrstuvwxyz0123456789"], &text), text);
    }
}
