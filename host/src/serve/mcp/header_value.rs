//! Values of parameters in headers (Streamable HTTP of 2026-07-28, "Value Encoding").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const START: &str = "=?base64?";
const END: &str = "?=";

/// The value that a header carries. `None` if it is encoded in a wrong way.
pub(super) fn decoded(header: &str) -> Option<String> {
    let header = header.trim_matches([' ', '\t']);
    match header.strip_prefix(START).and_then(|rest| rest.strip_suffix(END)) {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(header.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
