//! What looks like a secret in any text: JWTs, credentials of an `Authorization` header, values beside a name that sounds
//! secret.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::names::{MASK, is_code, sounds_secret};

/// A JWT (RFC 7519 §3), signed or not, or an encrypted one.
static JWT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)ey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*){1,3}").ok());
/// Credentials (RFC 9110 §11.4).
static CREDENTIALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?-u:\b)([Bb]earer|BEARER|[Bb]asic|BASIC|[Dd][Pp]o[Pp]|[Tt]oken|TOKEN)( +|%20|\+)([A-Za-z0-9._~+/=-]{8,})",
    )
    .ok()
});
/// A value beside its name: of a query, of JSON, of a sentence.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z][A-Za-z0-9_-]{2,40})(\\?["']?(?:=|: +|:\\?["'])\\?["']?)([^ \t\r\n"'&<>;,\\]{2,})"#).ok()
});
/// Longer words are no words any more, bytes.
const WORD: usize = 20;

/// The text without them.
pub(super) fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    if text.contains("ey") && text.contains('.') {
        text = replaced(&JWT, &text, |_| MASK.to_owned());
    }
    if text.contains([' ', '+', '%']) {
        text = replaced(&CREDENTIALS, &text, |found| {
            let [scheme, between, value] = [1, 2, 3].map(|at| part(found, at));
            let shown = if is_opaque(value) { MASK } else { value };
            format!("{scheme}{between}{shown}")
        });
    }
    if text.contains(['=', ':']) {
        text = replaced(&NAMED, &text, |found| {
            let [name, between, value] = [1, 2, 3].map(|at| part(found, at));
            let is_given = between.contains('=') || between.contains(['"', '\'']);
            let is_secret = sounds_secret(name) || (is_code(name) && between.contains('='));
            let shown = if is_secret && (is_given || is_opaque(value)) { MASK } else { value };
            format!("{name}{between}{shown}")
        });
    }
    text
}

fn replaced(pattern: &LazyLock<Option<Regex>>, text: &str, with: impl Fn(&Captures<'_>) -> String) -> String {
    match pattern.as_ref() {
        Some(pattern) => pattern.replace_all(text, with).into_owned(),
        // A pattern of ours that does not compile: a test would have said so.
        None => text.to_owned(),
    }
}

fn part<'t>(found: &Captures<'t>, at: usize) -> &'t str {
    found.get(at).map_or("", |part| part.as_str())
}

/// No word of a language.
pub(super) fn is_opaque(value: &str) -> bool {
    value.len() >= WORD || value.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!([&JWT, &CREDENTIALS, &NAMED].iter().all(|pattern| pattern.is_some()));
    }

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        for (text, masked_text) in [
            ("got eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0. here", "got *** here"),
            ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
            ("?access_token=abc&x=1", "?access_token=***&x=1"),
            ("{\"access_token\":\"abc\",\"x\":1}", "{\"access_token\":\"***\",\"x\":1}"),
            ("https://a.example/cb?code=xyz&state=1", "https://a.example/cb?code=***&state=1"),
            ("the token: abc123 ended", "the token: *** ended"),
        ] {
            assert_eq!(masked(text), masked_text);
        }
    }

    #[test]
    fn words_about_secrets_stay() {
        for text in [
            "invalid_token: The access token expired",
            "Bearer authentication is needed",
            "error=\"invalid_token\", error_description=\"The access token expired\"",
            "token_type=Bearer&expires_in=3600",
            "chat:write.customize2 user_token:read2",
            "https://api.example.com/v1/accounts/4711",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
