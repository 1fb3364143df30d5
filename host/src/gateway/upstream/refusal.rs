//! What the status, the headers and the body of a refusal say by themselves.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};

use super::http::HttpResponse;

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

/// The sentence in an error's body: of a JSON-RPC error, of the usual JSON members, or a short plain text.
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
    fn a_long_sentence_is_cut() {
        assert_eq!(sentence_in(&"x".repeat(1000)).map(|text| text.len()), Some(MAX_SENTENCE));
    }
}
