//! What the status, the headers and the body of a refusal say by themselves.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};

use super::http::HttpResponse;
use crate::gateway::message::Message;

/// Characters of a server's sentence that are shown.
const MAX_SENTENCE: usize = 200;

/// Whether a response refuses the credential: 401, or 403 for lack of scope (RFC 6750 §3.1).
pub(super) fn is_refusal(response: &HttpResponse) -> bool {
    let wants_scope = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("insufficient_scope"));
    response.status == StatusCode::UNAUTHORIZED
        || response.status == StatusCode::FORBIDDEN
            && response.headers.get_all(WWW_AUTHENTICATE).iter().any(wants_scope)
}

/// Whether a proxy may have answered by itself: because it cannot reach the server, or wants credentials of its own.
pub(super) const fn may_be_of_proxy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 407 | 502 | 503 | 504)
}

/// Whether a refusal asks for a proof of possession with the nonce that it carries (RFC 9449 §9).
pub(super) fn wants_nonce(response: &HttpResponse) -> bool {
    let says = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("use_dpop_nonce"));
    response.status == StatusCode::UNAUTHORIZED && response.headers.get_all(WWW_AUTHENTICATE).iter().any(says)
}

/// The sentence of a body that is a JSON-RPC error, which is meant for clients.
pub(super) fn error_in(body: &str) -> Option<String> {
    let sentence = Message::parse(body.as_bytes()).ok()?.error_text()?;
    Some(sentence.chars().take(MAX_SENTENCE).collect())
}

/// What an error's body says, for the log: the usual JSON members, or a short plain text.
pub(super) fn sentence_in(body: &str) -> Option<String> {
    let body = body.trim_start_matches('\u{feff}');
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else {
        return Some(body.trim().chars().take(MAX_SENTENCE).collect()).filter(|text: &String| !text.is_empty());
    };
    let found = ["/error/message", "/error_description", "/message", "/error", "/detail"].into_iter();
    let mut texts = found.filter_map(|pointer| value.pointer(pointer)?.as_str());
    texts.next().map(|text| text.chars().take(MAX_SENTENCE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_an_error_is_found_in_json_and_in_plain_text() {
        let bodies = [
            (r#"{"jsonrpc":"2.0","error":{"code":1,"message":"no"}}"#, Some("no")),
            (r#"{"error":"invalid_token","error_description":"it expired"}"#, Some("it expired")),
            ("\u{feff}{\"detail\":\"gone\"}", Some("gone")),
            (" closed today ", Some("closed today")),
            (r#"{"code":7}"#, None),
            ("", None),
        ];

        for (body, sentence) in bodies {
            assert_eq!(sentence_in(body).as_deref(), sentence, "{body}");
        }
    }

    #[test]
    fn only_a_json_rpc_error_is_for_clients() {
        let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no","data":"d"}}"#;

        assert_eq!(error_in(error).as_deref(), Some("no"));
        for body in [r#"{"error":{"code":1,"message":"no"}}"#, r#"{"message":"no"}"#, "no", "<p>no</p>", ""] {
            assert_eq!(error_in(body), None, "{body}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let error = Message::error(None, 1, &"x".repeat(1000)).to_line();

        assert_eq!(sentence_in(&"x".repeat(1000)).map(|text| text.len()), Some(MAX_SENTENCE));
        assert_eq!(error_in(&String::from_utf8_lossy(&error)).map(|text| text.len()), Some(MAX_SENTENCE));
    }
}
