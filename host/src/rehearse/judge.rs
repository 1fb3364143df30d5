//! Judges by name and look what may be a secret, and where it must be looked for.

use mcphub_oauth::mask::slug;
use url::Url;

/// Where a secret is replaced: what is short or plain stands elsewhere for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Where it is the whole value under a name that sounds secret.
    Named,
    /// Where it is a whole value.
    Whole,
    /// Wherever it appears.
    Everywhere,
}

/// Where a value was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a request or a callback: what is called `code` there is one.
    Parameter,
    /// In an answer or in settings: what is called `code` there may be the name of an error.
    Document,
}

/// How a name sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sound {
    /// Like a secret's.
    Clear,
    /// Like a secret's, and like that of many other things.
    Vague,
    /// Like nothing.
    Silent,
    /// Like something that everybody may read.
    Plain,
}

/// Parts of names that sound so.
const SECRET: [&str; 15] = [
    "token",
    "secret",
    "code",
    "verifier",
    "assertion",
    "pass",
    "credential",
    "session",
    "cookie",
    "signature",
    "state",
    "nonce",
    "key",
    "ticket",
    "jwt",
];
/// Words that sound so, too short to be looked for inside others.
const SECRET_WORDS: [&str; 8] = ["otp", "totp", "mfa", "pin", "pwd", "sig", "sid", "hmac"];
/// Names that are a secret's whatever stands under them.
const CERTAIN: [&str; 18] = [
    "access-token",
    "refresh-token",
    "id-token",
    "client-secret",
    "code-verifier",
    "password",
    "assertion",
    "client-assertion",
    "device-code",
    "user-code",
    "subject-token",
    "actor-token",
    "registration-access-token",
    "initial-access-token",
    "api-key",
    "apikey",
    "private-key",
    "authorization",
];
/// Names of many other things, too.
const VAGUE: [&str; 4] = ["code", "state", "key", "keys"];
/// Names that sound so, of what everybody may read.
const PLAIN: [&str; 5] = ["error-code", "status-code", "token-type-hint", "scope", "scopes"];
/// What such names end in, and parts of them.
const PLAIN_ENDS: [&str; 10] =
    ["-type", "-types", "-method", "-methods", "-supported", "-alg", "-algs", "-endpoint", "-at", "-in"];
const PLAIN_PARTS: [&str; 2] = ["expir", "lifetime"];
/// Values from this length on that are neither words nor addresses are taken for secrets, bytes.
pub(super) const OPAQUE: usize = 16;
/// Shorter values are looked for only where they are whole ones, bytes.
const LONG: usize = 8;
/// Numbers must be longer: others are times and sizes.
const LONG_NUMBER: usize = 12;
/// Longer values are no words any more.
const WORD: usize = 24;

/// Whether a value under this name is to be replaced, and where.
pub(super) fn reach(name: &str, value: &str, place: Place) -> Option<Reach> {
    if value.is_empty() || is_public(value) {
        return None;
    }
    let slug = slug(name);
    match (sound(name), place) {
        (Sound::Clear | Sound::Vague, Place::Parameter) => Some(by_length(value, Reach::Named)),
        (Sound::Clear, Place::Document) if CERTAIN.contains(&slug.as_str()) => Some(by_length(value, Reach::Named)),
        (Sound::Vague, Place::Document) if is_code(value) => None,
        (Sound::Clear | Sound::Vague, Place::Document) => {
            Some(if is_distinct(value) { Reach::Everywhere } else { Reach::Named })
        }
        (Sound::Silent | Sound::Plain, Place::Parameter | Place::Document) => {
            let is_secret = is_mail(value) || (!PLAIN.contains(&slug.as_str()) && is_opaque(value, OPAQUE));
            is_secret.then(|| by_length(value, Reach::Whole))
        }
    }
}

/// The same for a number; only names tell, as all numbers look alike.
pub(super) fn reach_of_number(name: &str, number: &str) -> Option<Reach> {
    let least = match sound(name) {
        Sound::Clear => 4,
        Sound::Vague => 6,
        Sound::Silent | Sound::Plain => return None,
    };
    (number.len() >= least).then(|| by_length(number, Reach::Named))
}

/// Where a value is replaced that is known to be a secret.
pub(super) fn reach_of_secret(value: &str) -> Reach {
    let is_mixed = value.len() >= 6 && has(value, u8::is_ascii_digit) && has(value, u8::is_ascii_alphabetic);
    if is_mixed { Reach::Everywhere } else { by_length(value, Reach::Whole) }
}

/// Where a value is replaced that is not secret, but somebody's own: a client's id, an address.
pub(super) fn reach_of_identity(value: &str) -> Reach {
    if is_distinct(value) { Reach::Everywhere } else { Reach::Whole }
}

/// Whether values under this name are secrets as a rule.
pub(super) fn sounds_secret(name: &str) -> bool {
    matches!(sound(name), Sound::Clear | Sound::Vague)
}

/// The name that a member of a document is judged by: its own, or that of the object it is in, which may say more.
pub(super) fn telling<'a>(object: &'a str, member: &'a str) -> &'a str {
    if sound(member) == Sound::Silent && sounds_secret(object) { object } else { member }
}

/// Whether a value can be looked for in any text.
pub(super) fn is_distinct(value: &str) -> bool {
    by_length(value, Reach::Named) == Reach::Everywhere && !is_word(value)
}

/// A value that no word looks like: long, without blanks, with letters and digits, or a very long number.
pub(super) fn is_opaque(value: &str, least: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-:%".contains(&byte);
    let is_path = value.starts_with('/') && !value.split('/').any(|segment| is_opaque(segment, OPAQUE));
    let is_mixed = has(value, u8::is_ascii_digit) && has(value, u8::is_ascii_alphabetic);
    let is_number = value.len() >= OPAQUE && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_long = value.len() >= least && value.bytes().all(plain);
    is_long && (is_mixed || is_number) && !value.contains("://") && !is_path && !is_date(value)
}

fn sound(name: &str) -> Sound {
    let slug = slug(name);
    let ending = format!("-{slug}");
    let is_plain = PLAIN.contains(&slug.as_str())
        || PLAIN_ENDS.iter().any(|end| ending.ends_with(end))
        || PLAIN_PARTS.iter().any(|part| slug.contains(part));
    let is_clear = CERTAIN.contains(&slug.as_str())
        || SECRET.iter().any(|part| slug.contains(part))
        || slug.split('-').any(|word| SECRET_WORDS.contains(&word));
    match (is_plain, is_clear) {
        (true, _) => Sound::Plain,
        (false, _) if VAGUE.contains(&slug.as_str()) => Sound::Vague,
        (false, true) => Sound::Clear,
        (false, false) => Sound::Silent,
    }
}

/// Wherever a long value appears; a short one as said.
fn by_length(value: &str, short: Reach) -> Reach {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let least = if is_number { LONG_NUMBER } else { LONG };
    if value.len() >= least { Reach::Everywhere } else { short }
}

/// What is no secret under any name: the parts of an address are looked at one by one.
fn is_public(value: &str) -> bool {
    let is_address = value.contains("://")
        && Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    is_address || value.starts_with("urn:ietf:") || matches!(value, "true" | "false") || is_date(value)
}

/// Words as protocols and people write them, and no generator: letters, each word in small ones or all in capital ones.
fn is_word(value: &str) -> bool {
    let has_letters_only = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_small = |word: &str| word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let mut words = value.split(['_', '-', '.', ' ']);
    let are_capital = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    value.len() < WORD && (are_capital || words.all(|word| has_letters_only(word) && is_small(word)))
}

/// How errors and states are called: letters and underscores, or a short number.
fn is_code(value: &str) -> bool {
    let is_name = value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    (is_name && value.len() < WORD) || (value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A day, with or without a time (RFC 3339).
fn is_date(value: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let has_day = value.len() >= 10 && value.bytes().take(10).enumerate().all(fits);
    has_day && value.len() <= 35 && value.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+ TZ".contains(&byte))
}

fn is_mail(value: &str) -> bool {
    value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !value.contains(' '))
}

fn has(value: &str, what: fn(&u8) -> bool) -> bool {
    value.as_bytes().iter().any(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_what_its_name_says_and_a_document_may_mean_something_else() {
        assert_eq!(reach("code", "invalid_grant", Place::Document), None);
        assert_eq!(reach("code", "401", Place::Document), None);
        assert_eq!(reach("code", "granted", Place::Parameter), Some(Reach::Named));
        assert_eq!(reach("code", "s3cret-code", Place::Document), Some(Reach::Everywhere));
        assert_eq!(reach("client_secret", "swordfish", Place::Document), Some(Reach::Everywhere));
    }

    #[test]
    fn short_and_plain_values_are_replaced_only_where_a_name_says_so() {
        for (name, value) in [("sessionLanguage", "en"), ("token_status", "active"), ("otp", "123456")] {
            assert_eq!(reach(name, value, Place::Document), Some(Reach::Named), "{name}");
        }
        assert_eq!(reach("session_kind", "authorization_code", Place::Document), Some(Reach::Named));
    }

    #[test]
    fn protocol_words_dates_and_addresses_are_no_secrets() {
        for (name, value) in [
            ("token_type", "Bearer"),
            ("subject_token_type", "access_token"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("token_endpoint_auth_methods_supported", "client_secret_basic"),
            ("session_start", "2026-01-01T12:00:00.000Z"),
            ("token_url", "https://as.example/token"),
            ("is_secret", "true"),
            ("scope", "chat:write.customize2"),
            ("next", "/api/v2/users/4711"),
        ] {
            assert_eq!(reach(name, value, Place::Document), None, "{name}");
        }
    }

    #[test]
    fn opaque_values_are_secrets_under_any_name() {
        for value in ["0a1b2c3d4e5f6a7b", "ada@example.com", "11223344556677889900", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"] {
            assert!(reach("what", value, Place::Document).is_some(), "{value}");
        }
    }

    #[test]
    fn numbers_are_secrets_where_the_name_says_so() {
        assert_eq!(reach_of_number("otp", "4711"), Some(Reach::Named));
        assert_eq!(reach_of_number("code", "401"), None);
        assert_eq!(reach_of_number("refresh_token_expires_in", "15552000"), None);
        assert_eq!(reach_of_number("client_secret_expires_at", "1767225600"), None);
    }

    #[test]
    fn an_object_that_sounds_secret_speaks_for_its_members() {
        assert_eq!(telling("otp", "value"), "otp");
        assert_eq!(telling("token", "type"), "type");
        assert_eq!(telling("user", "name"), "name");
    }
}
