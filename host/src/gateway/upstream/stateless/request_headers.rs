//! The headers of a request, for those who route it without reading its body (Streamable HTTP, "Standard Headers" and
//! "Value Encoding").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::gateway::message::Message;
use crate::gateway::revision;
use crate::gateway::upstream::headers::{METHOD, PROTOCOL_VERSION};

const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// Around a value in Base64.
const BEGINNING: &str = "=?base64?";
const END: &str = "?=";

/// The revision, the method and the name of a request.
pub(super) fn of_message(message: &Message) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(revision::STATELESS));
    // There is no other form for a method. One that no header can carry is in the body only.
    if let Some(method) = message.method().and_then(|method| HeaderValue::from_str(method).ok()) {
        headers.insert(METHOD, method);
    }
    let name = match message.method() {
        Some("tools/call" | "prompts/get") => message.param("name"),
        Some("resources/read") => message.param("uri"),
        Some("tasks/get" | "tasks/update" | "tasks/cancel") => message.param("taskId"),
        Some(_) | None => None,
    };
    if let Some(name) = name.and_then(|name| value(&name)) {
        headers.insert(NAME, name);
    }
    headers
}

/// A text as the value of a header.
pub(super) fn value(text: &str) -> Option<HeaderValue> {
    if is_plain(text) {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::from_str(&format!("{BEGINNING}{}{END}", STANDARD.encode(text))).ok()
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
    use crate::gateway::message::{Id, fields, raw};

    fn headers(method: &str, params: &serde_json::Value) -> HeaderMap {
        of_message(&Message::request(Id::of("1"), method, &fields(Some(&raw(params)))))
    }

    #[test]
    fn the_name_is_what_the_method_is_about() {
        let params = serde_json::json!({ "name": "n", "uri": "x://u", "taskId": "t" });
        for (method, name) in [
            ("tools/call", Some("n")),
            ("prompts/get", Some("n")),
            ("resources/read", Some("x://u")),
            ("tasks/cancel", Some("t")),
            ("completion/complete", None),
            ("tools/list", None),
        ] {
            let headers = headers(method, &params);

            assert_eq!(headers.get(METHOD).map(HeaderValue::as_bytes), Some(method.as_bytes()));
            assert_eq!(headers.get(NAME).and_then(|name| name.to_str().ok()), name, "{method}");
            assert_eq!(headers[PROTOCOL_VERSION], revision::STATELESS);
        }
    }

    #[test]
    fn a_value_that_no_header_can_carry_is_encoded() {
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
            assert_eq!(value(text).expect("a value"), expected, "{text:?}");
        }
    }
}
