//! The rules: what may be a secret, judged by its name and its form, and where it is replaced.
//!
//! Apart from the search, so that every rule can be read and tested on plain values.

use mcphub_oauth::mask::slug;
use serde_json::Value;
use url::Url;

/// Where a secret is replaced. A short or ordinary value may mean something else in other places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coverage {
    /// Where it is the whole value under the name of a secret.
    UnderSecretName,
    /// Where it is a whole value, under any name.
    WholeValue,
    /// Wherever it appears, also inside another value.
    Everywhere,
}

/// Where a value was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cases) enum SeenIn {
    /// In a request or a callback: a `code` there is an authorization code.
    Parameter,
    /// In an answer or in settings: a `code` there may be the name of an error.
    Document,
}

/// What a name says about the value under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    /// The name of a secret.
    Secret,
    /// The name of a secret in some places, and of something else in others.
    Ambiguous,
    /// It says nothing; the value itself decides.
    Unknown,
    /// The name of something that everybody may read.
    Public,
}

/// A name with one of these parts is the name of a secret.
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
/// Words that say the same. They are too short to be looked for inside other words.
const SECRET_WORDS: [&str; 8] = ["otp", "totp", "mfa", "pin", "pwd", "sig", "sid", "hmac"];
/// Names of secrets, whatever value stands under them.
const ALWAYS_SECRET: [&str; 18] = [
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
/// Names of secrets that are also names of other things.
const AMBIGUOUS: [&str; 4] = ["code", "state", "key", "keys"];
/// Names with such a part whose values everybody may read.
const PUBLIC: [&str; 5] = ["error-code", "status-code", "token-type-hint", "scope", "scopes"];
/// Endings and parts of names whose values everybody may read.
const PUBLIC_ENDS: [&str; 10] =
    ["-type", "-types", "-method", "-methods", "-supported", "-alg", "-algs", "-endpoint", "-at", "-in"];
const PUBLIC_PARTS: [&str; 2] = ["expir", "lifetime"];
/// A value of this length or more that is neither a word nor an address is taken for a secret. In bytes.
pub(super) const OPAQUE: usize = 16;
/// Shorter values are replaced only where they are the whole value. In bytes.
const LONG: usize = 8;
/// The same for numbers. Shorter numbers are times and sizes.
const LONG_NUMBER: usize = 12;
/// Longer values are not words.
const WORD: usize = 24;

/// Where a value under this name is replaced, or `None` where it is not a secret.
pub(super) fn coverage(name: &str, value: &str, place: SeenIn) -> Option<Coverage> {
    if value.is_empty() || is_public(value) {
        return None;
    }
    let slug = slug(name);
    match (kind_of(name), place) {
        (NameKind::Secret | NameKind::Ambiguous, SeenIn::Parameter) => {
            Some(by_length(value, Coverage::UnderSecretName))
        }
        (NameKind::Secret, SeenIn::Document) if ALWAYS_SECRET.contains(&slug.as_str()) => {
            Some(by_length(value, Coverage::UnderSecretName))
        }
        (NameKind::Ambiguous, SeenIn::Document) if is_code(value) => None,
        (NameKind::Secret | NameKind::Ambiguous, SeenIn::Document) => {
            Some(if is_distinct(value) { Coverage::Everywhere } else { Coverage::UnderSecretName })
        }
        (NameKind::Unknown | NameKind::Public, SeenIn::Parameter | SeenIn::Document) => {
            let is_secret = is_mail(value) || (!PUBLIC.contains(&slug.as_str()) && is_opaque(value, OPAQUE));
            is_secret.then(|| by_length(value, Coverage::WholeValue))
        }
    }
}

/// The same for a number. Only its name decides, because all numbers look alike.
pub(super) fn coverage_of_number(name: &str, number: &str) -> Option<Coverage> {
    let least = match kind_of(name) {
        NameKind::Secret => 4,
        NameKind::Ambiguous => 6,
        NameKind::Unknown | NameKind::Public => return None,
    };
    (number.len() >= least).then(|| by_length(number, Coverage::UnderSecretName))
}

/// Where a value is replaced that is certainly a secret.
pub(super) fn coverage_of_secret(value: &str) -> Coverage {
    let is_mixed = value.len() >= 6 && has(value, u8::is_ascii_digit) && has(value, u8::is_ascii_alphabetic);
    if is_mixed { Coverage::Everywhere } else { by_length(value, Coverage::WholeValue) }
}

/// Where a value is replaced that is not secret but differs for every hub, such as a client id.
pub(super) fn coverage_of_identity(value: &str) -> Coverage {
    if is_distinct(value) { Coverage::Everywhere } else { Coverage::WholeValue }
}

/// Whether values under this name are usually secrets.
pub(super) fn names_a_secret(name: &str) -> bool {
    matches!(kind_of(name), NameKind::Secret | NameKind::Ambiguous)
}

/// The name by which a member of a document is judged: its own, or the name of the object that holds it where that says
/// more. An object inside an object is judged by its own name.
pub(super) fn name_of_member<'a>(object: &'a str, member: &'a str, value: &Value) -> &'a str {
    if value.is_object() { member } else { telling_name(object, member) }
}

fn telling_name<'a>(object: &'a str, member: &'a str) -> &'a str {
    if kind_of(member) == NameKind::Unknown && names_a_secret(object) { object } else { member }
}

/// Whether a value is unusual enough to be replaced in any text.
pub(super) fn is_distinct(value: &str) -> bool {
    by_length(value, Coverage::UnderSecretName) == Coverage::Everywhere && !is_word(value)
}

/// Whether a value looks generated: long, without blanks, with letters and digits, or a very long number.
pub(super) fn is_opaque(value: &str, least: usize) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-:%".contains(&byte);
    let is_path = value.starts_with('/') && !value.split('/').any(|segment| is_opaque(segment, OPAQUE));
    let is_mixed = has(value, u8::is_ascii_digit) && has(value, u8::is_ascii_alphabetic);
    let is_number = value.len() >= OPAQUE && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_long = value.len() >= least && value.bytes().all(is_token_byte);
    is_long && (is_mixed || is_number) && !value.contains("://") && !is_path && !is_date(value)
}

fn kind_of(name: &str) -> NameKind {
    let slug = slug(name);
    let ending = format!("-{slug}");
    let is_public_name = PUBLIC.contains(&slug.as_str())
        || PUBLIC_ENDS.iter().any(|end| ending.ends_with(end))
        || PUBLIC_PARTS.iter().any(|part| slug.contains(part));
    let is_secret_name = ALWAYS_SECRET.contains(&slug.as_str())
        || SECRET.iter().any(|part| slug.contains(part))
        || slug.split('-').any(|word| SECRET_WORDS.contains(&word));
    match (is_public_name, is_secret_name) {
        (true, _) => NameKind::Public,
        (false, _) if AMBIGUOUS.contains(&slug.as_str()) => NameKind::Ambiguous,
        (false, true) => NameKind::Secret,
        (false, false) => NameKind::Unknown,
    }
}

/// Everywhere for a long value, `short` for a short one.
fn by_length(value: &str, short: Coverage) -> Coverage {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let least = if is_number { LONG_NUMBER } else { LONG };
    if value.len() >= least { Coverage::Everywhere } else { short }
}

/// Whether a value is not secret under any name. The parts of an address are looked at one by one elsewhere.
fn is_public(value: &str) -> bool {
    let is_address = value.contains("://")
        && Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    is_address || value.starts_with("urn:ietf:") || matches!(value, "true" | "false") || is_date(value)
}

/// Words as protocols and people write them: only letters, in lower case or all in upper case.
fn is_word(value: &str) -> bool {
    let has_letters_only = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_lower_case = |word: &str| word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let mut words = value.split(['_', '-', '.', ' ']);
    let is_upper_case = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    value.len() < WORD && (is_upper_case || words.all(|word| has_letters_only(word) && is_lower_case(word)))
}

/// Names of errors and states: letters and underscores, or a short number.
fn is_code(value: &str) -> bool {
    let is_name = value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    (is_name && value.len() < WORD) || (value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A date, with or without a time (RFC 3339).
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
        assert_eq!(coverage("code", "invalid_grant", SeenIn::Document), None);
        assert_eq!(coverage("code", "401", SeenIn::Document), None);
        assert_eq!(coverage("code", "granted", SeenIn::Parameter), Some(Coverage::UnderSecretName));
        assert_eq!(coverage("code", "s3cret-code", SeenIn::Document), Some(Coverage::Everywhere));
        assert_eq!(coverage("client_secret", "swordfish", SeenIn::Document), Some(Coverage::Everywhere));
    }

    #[test]
    fn short_and_plain_values_are_replaced_only_where_a_name_says_so() {
        for (name, value) in [("sessionLanguage", "en"), ("token_status", "active"), ("otp", "123456")] {
            assert_eq!(coverage(name, value, SeenIn::Document), Some(Coverage::UnderSecretName), "{name}");
        }
        assert_eq!(coverage("session_kind", "authorization_code", SeenIn::Document), Some(Coverage::UnderSecretName));
    }

    #[test]
    fn protocol_words_dates_and_addresses_are_not_secrets() {
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
            assert_eq!(coverage(name, value, SeenIn::Document), None, "{name}");
        }
    }

    #[test]
    fn opaque_values_are_secrets_under_any_name() {
        for value in ["0a1b2c3d4e5f6a7b", "ada@example.com", "11223344556677889900", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"] {
            assert!(coverage("what", value, SeenIn::Document).is_some(), "{value}");
        }
    }

    #[test]
    fn numbers_are_secrets_where_the_name_says_so() {
        assert_eq!(coverage_of_number("otp", "4711"), Some(Coverage::UnderSecretName));
        assert_eq!(coverage_of_number("code", "401"), None);
        assert_eq!(coverage_of_number("refresh_token_expires_in", "15552000"), None);
        assert_eq!(coverage_of_number("client_secret_expires_at", "1767225600"), None);
    }

    #[test]
    fn members_of_an_object_named_like_a_secret_are_judged_by_its_name() {
        assert_eq!(telling_name("otp", "value"), "otp");
        assert_eq!(telling_name("token", "type"), "type");
        assert_eq!(telling_name("user", "name"), "name");
    }
}
