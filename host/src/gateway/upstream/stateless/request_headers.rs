//! The headers of a request, for those who route it without reading its body (Streamable HTTP, "Standard Headers").

use http::{HeaderMap, HeaderValue};

use crate::gateway::header_value::encoded;
use crate::gateway::mcp_headers::{METHOD, NAME, PROTOCOL_VERSION, name_key};
use crate::gateway::message::Message;
use crate::gateway::revision;

/// The revision, the method and the name of a request.
pub(super) fn of_message(message: &Message) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(revision::STATELESS));
    // There is no other form for a method. One that no header can carry is in the body only.
    if let Some(method) = message.method().and_then(|method| HeaderValue::from_str(method).ok()) {
        headers.insert(METHOD, method);
    }
    let key = message.method().and_then(name_key);
    if let Some(name) = key.and_then(|key| message.param(key)).and_then(|name| encoded(&name)) {
        headers.insert(NAME, name);
    }
    headers
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
}
