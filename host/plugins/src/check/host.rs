//! Syntax of the hosts that a plugin may name.

use mcphub_oauth::profile::HostPattern;

use super::objection::{Broken, Objection, cut};
use super::place::Place;

/// `api.example.com`, `*.example.com` or `{key}`.
pub(crate) fn pattern(place: &Place<'_>, text: &str) -> Result<HostPattern, Objection> {
    let refused = || place.object(Broken::NotHost { value: cut(text) });
    if let Some(key) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return super::text::key(place, key.to_owned()).map(HostPattern::Input);
    }
    if let Some(rest) = text.strip_prefix("*.") {
        let is_narrow = is_name(rest) && !is_registry(rest);
        return is_narrow.then(|| HostPattern::Below(rest.to_owned())).ok_or_else(refused);
    }
    is_name(text).then(|| HostPattern::Exact(text.to_owned())).ok_or_else(refused)
}

/// A name under which a registry gives names to anybody, as `co.uk` (public suffix list, without what companies put there).
fn is_registry(name: &str) -> bool {
    psl::suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann) && suffix.as_bytes() == name.as_bytes())
}

/// A lower-case name of two or more labels, no address (RFC 1123 §2.1).
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let last_is_numeric = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 253 && text.contains('.') && text.split('.').all(label) && !last_is_numeric
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place::Interface("identity");

    #[test]
    fn names_wildcards_and_inputs_are_hosts() {
        assert_eq!(pattern(&PLACE, "api.example.com"), Ok(HostPattern::Exact("api.example.com".into())));
        assert_eq!(pattern(&PLACE, "*.example.com"), Ok(HostPattern::Below("example.com".into())));
        assert_eq!(pattern(&PLACE, "*.acme.net"), Ok(HostPattern::Below("acme.net".into())));
        assert_eq!(pattern(&PLACE, "{address}"), Ok(HostPattern::Input("address".into())));
    }

    #[test]
    fn anything_wider_or_stranger_is_refused() {
        for text in [
            "*",
            "*.com",
            "*.co.uk",
            "*.com.au",
            "com",
            "Example.com",
            "10.0.0.1",
            "a.example.com:8080",
            "https://a.example",
            "a..b",
            "",
            "[::1]",
        ] {
            assert!(pattern(&PLACE, text).is_err(), "{text}");
        }
    }
}
