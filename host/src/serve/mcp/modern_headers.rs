//! The headers of a request of revision 2026-07-28 repeat parts of its body, and must say the same (Streamable HTTP, "Server
//! Validation").

use http::{HeaderMap, HeaderName};

use crate::gateway::header_value::decoded;
use crate::gateway::mcp_headers::{METHOD, NAME, PARAM, PROTOCOL_VERSION, name_key};
use crate::gateway::message::Message;
use crate::gateway::modern::mirrored::Mirrored;

/// Why the headers and the body do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderFault {
    #[error("the request has no {0} header; repeat the value of the body there")]
    Missing(HeaderName),
    #[error("the {0} header and the body of the request say different things")]
    Differs(HeaderName),
    #[error("the {0} header is encoded in a wrong way")]
    Malformed(HeaderName),
}

/// Checks the revision, the method and the name.
pub(super) fn check(headers: &HeaderMap, message: &Message, version: &str) -> Result<(), HeaderFault> {
    let method = message.method().unwrap_or_default();
    if one(headers, &PROTOCOL_VERSION)? != version {
        return Err(HeaderFault::Differs(PROTOCOL_VERSION));
    }
    if one(headers, &METHOD)? != method {
        return Err(HeaderFault::Differs(METHOD));
    }
    let Some(named) = name_key(method).and_then(|key| message.param(key)) else { return Ok(()) };
    // Clients without the extension for tasks do not send the name of a task; one that does must send it right.
    if method.starts_with("tasks/") && !headers.contains_key(NAME) {
        return Ok(());
    }
    let name = decoded(&one(headers, &NAME)?).ok_or(HeaderFault::Malformed(NAME))?;
    // White space around a value does not belong to it (RFC 9110 §5.5).
    if name == named || name == named.trim_matches([' ', '\t']) { Ok(()) } else { Err(HeaderFault::Differs(NAME)) }
}

/// The arguments that the headers repeat.
pub(super) fn mirrored(headers: &HeaderMap) -> Mirrored {
    let named = headers.keys().filter_map(|name| Some((name, name.as_str().strip_prefix(PARAM)?.to_owned())));
    named.map(|(name, argument)| (argument, one(headers, name).ok().and_then(|value| decoded(&value)))).collect()
}

/// The value of a header that must be there once.
fn one(headers: &HeaderMap, name: &HeaderName) -> Result<String, HeaderFault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => {
            let text = std::str::from_utf8(value.as_bytes()).map_err(|_| HeaderFault::Malformed(name.clone()))?;
            Ok(text.trim_matches([' ', '\t']).to_owned())
        }
        (None, _) => Err(HeaderFault::Missing(name.clone())),
        (Some(_), Some(_)) => Err(HeaderFault::Differs(name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(method: &str, params: &serde_json::Value, headers: &[(&'static str, &str)]) -> Result<(), HeaderFault> {
        let text = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let message = Message::parse(text.as_bytes()).expect("a request");
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")));
        check(&headers.collect(), &message, "2026-07-28")
    }

    #[test]
    fn headers_that_repeat_the_body_are_accepted() {
        let version = ("mcp-protocol-version", "2026-07-28");

        assert_eq!(checked("tools/list", &json!({}), &[version, ("mcp-method", "tools/list")]), Ok(()));
        for name in ["echo", " echo ", "=?base64?ZWNobw==?="] {
            let headers = [version, ("mcp-method", "tools/call"), ("mcp-name", name)];
            assert_eq!(checked("tools/call", &json!({ "name": "echo" }), &headers), Ok(()), "{name}");
        }
    }

    #[test]
    fn arguments_are_read_from_headers() {
        let headers = [("mcp-param-region", "=?base64?w6k=?="), ("mcp-param-wrong", "=?base64?!?="), ("mcp-name", "n")];
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).into_iter();

        let mirrored = mirrored(&headers.collect());

        let expected = [("region".to_owned(), Some("é".to_owned())), ("wrong".to_owned(), None)];
        assert_eq!(mirrored, expected.into());
    }

    #[test]
    fn headers_that_are_missing_or_differ_are_refused() {
        let (version, method) = (("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"));
        let name = ("mcp-name", "echo");
        for headers in [
            vec![method, name],
            vec![version, name],
            vec![version, method],
            vec![version, method, ("mcp-name", "ECHO")],
            vec![version, method, ("mcp-name", "=?base64?ZWNobw?=")],
            vec![version, ("mcp-method", "TOOLS/CALL"), name],
            vec![("mcp-protocol-version", "2025-11-25"), method, name],
        ] {
            assert!(checked("tools/call", &json!({ "name": "echo" }), &headers).is_err(), "{headers:?}");
        }
    }
}
