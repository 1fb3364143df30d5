//! Texts of a request as values of headers (Streamable HTTP of 2026-07-28, "Value Encoding").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

/// Around a value in Base64.
const BEGINNING: &str = "=?base64?";
const END: &str = "?=";

/// A text as the value of a header.
pub(crate) fn encoded(text: &str) -> Option<HeaderValue> {
    if is_plain(text) {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::from_str(&format!("{BEGINNING}{}{END}", STANDARD.encode(text))).ok()
}

/// The text that a header carries. `None` if it is encoded in a wrong way.
pub(crate) fn decoded(header: &str) -> Option<String> {
    let header = header.trim_matches([' ', '\t']);
    match header.strip_prefix(BEGINNING).and_then(|rest| rest.strip_suffix(END)) {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(header.to_owned()),
    }
}

/// A tab inside is allowed as it is, but not every server takes it so.
fn is_plain(text: &str) -> bool {
    let is_marked = text.starts_with(BEGINNING) && text.ends_with(END);
    let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    is_visible && !is_marked && !text.starts_with(' ') && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_no_header_can_carry_is_encoded_and_comes_back() {
        for (text, expected) in [
            ("us-west1", "us-west1"),
            ("us west 1", "us west 1"),
            ("", ""),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("a\tb", "=?base64?YQli?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("=?base64?open", "=?base64?open"),
        ] {
            assert_eq!(encoded(text).expect("a value"), expected, "{text:?}");
            assert_eq!(decoded(expected).as_deref(), Some(text));
        }
    }

    #[test]
    fn values_are_plain_or_marked() {
        for (header, value) in [
            ("plain", Some("plain")),
            ("  padded\t", Some("padded")),
            ("=?base64?SGVsbG8sIOS4lueVjA==?=", Some("Hello, 世界")),
            ("=?base64?IHBhZGRlZCA=?=", Some(" padded ")),
            ("=?base64??=", Some("")),
            ("SGVsbG8=", Some("SGVsbG8=")),
            ("=?base64?SGVsbG8=", Some("=?base64?SGVsbG8=")),
            ("=?base64?SGVsbG8?=", None),
            ("=?base64?SGVs!!!bG8=?=", None),
            ("=?base64?/w==?=", None),
        ] {
            assert_eq!(decoded(header).as_deref(), value, "{header}");
        }
    }
}
