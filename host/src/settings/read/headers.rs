//! `headers` of a server.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::part::Part;
use crate::settings::expand::expand;

/// Headers for every request. One that came out empty, or that a placeholder is missing from, is not sent: an unset credential
/// must not stand for a login.
pub(super) fn read(part: &Part<'_>, of_address: Option<String>) -> Vec<(String, String)> {
    let pairs = part.pairs("headers");
    for (name, value) in &pairs {
        let key = format!("headers.{name}");
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            part.wrong(&key, None, "is not the name of a header", "use letters, digits and '-'");
        }
        if HeaderValue::from_str(value).is_err() {
            part.wrong(&key, None, "has characters that no header may have", "take line breaks and the like out");
        }
    }
    let mut kept: Vec<_> =
        pairs.into_iter().filter(|(name, value)| !value.is_empty() && is_filled(part, name)).collect();
    let has_own = kept.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    kept.extend(of_address.filter(|_| !has_own).map(|value| ("Authorization".to_owned(), value)));
    kept
}

/// Whether every placeholder of a header got a value. The entry reports the missing ones.
fn is_filled(part: &Part<'_>, name: &str) -> bool {
    let Some(headers) = part.member_object("headers") else { return true };
    let text = headers.raw(name).and_then(Value::as_str).unwrap_or_default();
    let expanded = expand(text, part.findings.environment);
    if !expanded.unset.is_empty() && !expanded.text.is_empty() {
        let rule = "is not sent, because a placeholder in it came to nothing";
        let remedy = "set the variable, or write the value";
        part.findings.warn(part.findings.fault(&headers.path(name), None, rule, remedy));
    }
    expanded.unset.is_empty()
}
