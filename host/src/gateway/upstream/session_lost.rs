//! Whether an error means that the server does not know the session any more, because it was restarted or has forgotten
//! it.
//!
//! By Streamable HTTP, "Session Management", that is 404. Real servers also use 400, 410 and others, with the sentence
//! of an SDK in a JSON-RPC error, in other JSON or as plain text; some put an error into a response with status 200.

use http::StatusCode;

use crate::gateway::error_codes::{
    HEADER_MISMATCH, INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, RESOURCE_NOT_FOUND, SERVER_ERROR,
    UNSUPPORTED_VERSION,
};
use crate::gateway::message::Message;

/// Words that servers use about a session that they do not know.
const SESSION_WORDS: [&str; 16] = [
    "not found",
    "could not find",
    "no valid",
    "invalid",
    "unknown",
    "expired",
    "missing",
    "required",
    "not exist",
    "doesn't exist",
    "no longer",
    "terminated",
    "closed",
    "no active",
    "not active",
    "inactive",
];
/// Sentences of servers that did not see `initialize`.
const BEFORE_INITIALIZE: [&str; 6] = [
    "not initialized",
    "not been initialized",
    "uninitialized",
    "before initialization",
    "initialize first",
    "expect initialize request",
];
/// The same as codes for programs: `session_not_found`, `SessionNotFound`.
const CODES: [&str; 12] = [
    "sessionnotfound",
    "sessionidnotfound",
    "invalidsession",
    "sessioninvalid",
    "invalidsessionid",
    "sessionexpired",
    "unknownsession",
    "sessionunknown",
    "sessionterminated",
    "sessionclosed",
    "badsession",
    "nosession",
];
/// "Session not found" in the official SDKs. They use the same code for time-outs.
const SESSION_NOT_FOUND: i64 = -32001;
/// Codes of the protocol, not of a tool, that servers use with status 200.
const PROTOCOL: [i64; 3] = [SERVER_ERROR, INVALID_REQUEST, INTERNAL_ERROR];
/// Codes with other meanings, too: "server not initialized" in LSP but "resource not found" in MCP, and invalid
/// parameters.
const AMBIGUOUS: [i64; 2] = [RESOURCE_NOT_FOUND, INVALID_PARAMS];
/// Errors that only a server of revision 2026-07-28 has, which knows no sessions: headers that contradict the body, and a
/// revision that it does not speak.
const WITHOUT_SESSIONS: [i64; 2] = [HEADER_MISMATCH, UNSUPPORTED_VERSION];
/// Beginnings of sentences that can only be about the session.
const PLAIN_BEGINNINGS: [&str; 10] = [
    "not initialized",
    "server not initialized",
    "server is not initialized",
    "server not yet initialized",
    "server has not been initialized",
    "session not initialized",
    "session is not initialized",
    "client not initialized",
    "received request before initialization",
    "unexpected message, expect initialize request",
];

/// Whether an error status and its body mean that the session is lost.
pub(crate) fn by_status(status: StatusCode, text: &str, has_session: bool) -> bool {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => has_session || speaks_of_session(text),
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => false,
        // Nothing was done for the request, so a new session costs less than a wrong guess.
        StatusCode::FORBIDDEN => has_session && speaks_of_session(text),
        // The call may have been carried out, and a server that failed may speak of any session. So only clear words
        // count.
        status if status.is_server_error() => names_the_session(text),
        _ => speaks_of_session(text),
    }
}

/// Whether an error of this code means that the server has no sessions any more, whatever its words.
pub(crate) fn by_code(code: Option<i64>) -> bool {
    code.is_some_and(|code| WITHOUT_SESSIONS.contains(&code))
}

/// Whether a refusal says nothing at all: the session may be lost, or the server may dislike the request.
pub(crate) fn is_unsaid(status: StatusCode, text: &str) -> bool {
    let text = text.trim();
    status == StatusCode::BAD_REQUEST && (text.is_empty() || text.eq_ignore_ascii_case("bad request"))
}

/// Whether a 401 is about the session and not about a login. Some SDKs answer so, and then name no way to log in.
pub(crate) fn by_refusal(text: &str, has_session: bool) -> bool {
    has_session && speaks_of_session(text)
}

/// Whether an answer with a good status means that the session is lost.
pub(crate) fn by_answer(answer: &Message) -> bool {
    answer.error_text().is_some_and(|text| by_error(answer.error_code(), &text))
}

/// Whether a JSON-RPC error with a good status means that the session is lost.
fn by_error(code: Option<i64>, text: &str) -> bool {
    match code {
        Some(SESSION_NOT_FOUND) => text.to_ascii_lowercase().contains("session") || speaks_of_session(text),
        Some(code) if PROTOCOL.contains(&code) => speaks_of_session(text),
        Some(code) if WITHOUT_SESSIONS.contains(&code) => true,
        Some(code) if AMBIGUOUS.contains(&code) => is_plainly_before_initialize(text),
        Some(_) | None => false,
    }
}

fn is_plainly_before_initialize(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase().replace("initialised", "initialized");
    let text = ["bad request: ", "invalid request: ", "error: "]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(&text);
    PLAIN_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether a text has words that only mean the session of the transport.
fn names_the_session(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "session not found",
        "session expired",
        "session has expired",
        "session terminated",
        "unknown session",
        "no such session",
        "invalid session id",
        "session id",
        "mcp-session-id",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().chain(&BEFORE_INITIALIZE).any(|word| text.contains(word))
        || has_code(&text)
        || is_unchecked_lookup(&text)
}

/// What Node.js prints when a program does not check whether it knows the session before it uses its transport.
fn is_unchecked_lookup(text: &str) -> bool {
    text.contains("of undefined") && text.contains("reading") && text.contains("handlerequest")
}

fn has_code(text: &str) -> bool {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_' && char != '-');
    words.map(|word| word.replace(['_', '-'], "")).any(|word| CODES.contains(&word.as_str()))
}

/// Whether a text says that there is no session, and not something about, for example, "no sessions".
fn lacks_session(text: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    ["no session", "bad session"].iter().any(|words| text.split(words).skip(1).any(|rest| !goes_on(rest)))
}

fn speaks_of_session(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if has_code(&text) {
        return true;
    }
    // A name such as `session_type` is a parameter's.
    let text = text.replace("session_", "");
    if lacks_session(&text) {
        return true;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    says(&BEFORE_INITIALIZE) || says(&["no transport found"]) || says(&["session"]) && says(&SESSION_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_servers_and_sdks_for_a_lost_session_are_recognised() {
        let said = [
            (404, "Not Found"),
            (404, r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}"#),
            (410, ""),
            (400, "Bad Request: No valid session ID provided"),
            (400, "Bad Request: Server not initialized"),
            (400, "Invalid or missing session ID"),
            (400, "Bad Request: Mcp-Session-Id header is required"),
            (400, "No transport found for sessionId"),
            (422, "Unexpected message, expect initialize request: session not initialized"),
            (500, "unknown session"),
            (400, r#"{"error":"session_not_found"}"#),
            (400, r#"{"code":"SESSION_NOT_FOUND"}"#),
            (400, r#"{"code":"SessionNotFound"}"#),
            (400, r#"{"error":"invalid-session"}"#),
            (400, "No session"),
            (400, "Bad session"),
            (403, "Invalid session"),
            (500, "Cannot read properties of undefined (reading 'handleRequest')"),
            (500, "<pre>TypeError: Cannot read properties of undefined (reading &#39;handleRequest&#39;)</pre>"),
        ];

        for (status, text) in said {
            assert!(by_status(StatusCode::from_u16(status).expect("status"), text, true), "{status} {text}");
        }
        for (code, text) in [
            (-32001, "Session not found"),
            (-32000, "Server not initialized"),
            (-32600, "Invalid session"),
            (-32002, "Server not initialized"),
            (-32602, "Bad Request: Server not initialized"),
            (-32602, "Not initialised"),
            (-32022, "Unsupported protocol version"),
        ] {
            assert!(by_error(Some(code), text), "{code} {text}");
        }
    }

    #[test]
    fn other_errors_are_not_about_the_session() {
        for (status, text) in [
            (400, "Invalid params"),
            (400, "session_type must be one of a, b"),
            (400, "session_type is required"),
            (400, "no sessions are planned on this day"),
            (403, "forbidden"),
            (500, "Cannot read properties of undefined (reading 'name')"),
            (401, "session expired"),
            (429, "session limit"),
            (500, "oops"),
            (500, "login session of the user expired; invalid cookie"),
        ] {
            assert!(!by_status(StatusCode::from_u16(status).expect("status"), text, true), "{status} {text}");
        }
        assert!(!by_status(StatusCode::NOT_FOUND, "no such page", false));
        for (code, text) in [
            (-32001, "Request timed out"),
            (-32602, "Session not found: 7"),
            (-32000, "browser failed"),
            (-32602, "the language server is not initialized"),
            (-32002, "Resource not found"),
            (-32602, "Invalid session id"),
        ] {
            assert!(!by_error(Some(code), text), "{code} {text}");
        }
    }
}
