//! Whether an error means that the server does not know the session (any more): it was restarted, or forgot.
//!
//! Streamable HTTP, "Session Management": that is 404. In the wild it is also 400, 410 and others, with the words of an
//! SDK in a JSON-RPC error, in another JSON or as text; and an error in an answer with status 200.

use http::StatusCode;

use crate::gateway::message::Message;

/// What servers say about the session itself.
const OF_THE_SESSION: [&str; 16] = [
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
/// What servers say that are asked before `initialize`, as they see it.
const OF_THE_BEGINNING: [&str; 6] = [
    "not initialized",
    "not been initialized",
    "uninitialized",
    "before initialization",
    "initialize first",
    "expect initialize request",
];
/// The same as one word, as programs write it for programs: `session_not_found`, `SessionNotFound`.
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
/// "Session not found" of the official SDKs (and their time-out, which no server says of a session).
const SESSION_NOT_FOUND: i64 = -32001;
/// Codes under which servers answer with status 200: those of the protocol, not of a tool.
const PROTOCOL: [i64; 3] = [-32000, -32600, -32603];
/// Codes that mean something else as well: "server not initialized" in LSP and no such resource in MCP, invalid parameters.
const OF_MANY_MEANINGS: [i64; 2] = [-32002, -32602];
/// How a sentence begins that is about nothing but the session.
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

/// An error status, and what the body says.
pub(crate) fn by_status(status: StatusCode, text: &str, has_session: bool) -> bool {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => has_session || speaks_of_session(text),
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => false,
        // Nothing was done for the request: a new session costs less than a wrong guess.
        StatusCode::FORBIDDEN => has_session && speaks_of_session(text),
        // A server that failed at its work may speak of any session; the call may have been carried out.
        status if status.is_server_error() => names_the_session(text),
        _ => speaks_of_session(text),
    }
}

/// Whether nothing can be told from a refusal: the server may know the session no more, or may not like the request.
pub(crate) fn is_unsaid(status: StatusCode, text: &str) -> bool {
    let text = text.trim();
    status == StatusCode::BAD_REQUEST && (text.is_empty() || text.eq_ignore_ascii_case("bad request"))
}

/// A 401 that is about the session and not about a login: some SDKs say it so, and then name no way to log in.
pub(crate) fn by_refusal(text: &str, has_session: bool) -> bool {
    has_session && speaks_of_session(text)
}

/// An answer with a good status.
pub(crate) fn says(answer: &Message) -> bool {
    answer.error_text().is_some_and(|text| by_error(answer.error_code(), &text))
}

/// A JSON-RPC error in an answer with a good status.
fn by_error(code: Option<i64>, text: &str) -> bool {
    match code {
        Some(SESSION_NOT_FOUND) => text.to_ascii_lowercase().contains("session") || speaks_of_session(text),
        Some(code) if PROTOCOL.contains(&code) => speaks_of_session(text),
        Some(code) if OF_MANY_MEANINGS.contains(&code) => begins_with_the_beginning(text),
        Some(_) | None => false,
    }
}

fn begins_with_the_beginning(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase().replace("initialised", "initialized");
    let text = ["bad request: ", "invalid request: ", "error: "]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .unwrap_or(&text);
    PLAIN_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Words that mean the session of the transport and no other.
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
    WORDS.iter().chain(&OF_THE_BEGINNING).any(|word| text.contains(word)) || has_code(&text) || looked_in_vain(&text)
}

/// What Node.js says where a program took the transport of a session out of a table without looking whether it is there.
fn looked_in_vain(text: &str) -> bool {
    text.contains("of undefined") && text.contains("reading") && text.contains("handlerequest")
}

fn has_code(text: &str) -> bool {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_' && char != '-');
    words.map(|word| word.replace(['_', '-'], "")).any(|word| CODES.contains(&word.as_str()))
}

/// A text that says this much and no more, or goes on with something else than letters.
fn lacks_session(text: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    ["no session", "bad session"].iter().any(|words| text.split(words).skip(1).any(|rest| !goes_on(rest)))
}

fn speaks_of_session(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if has_code(&text) {
        return true;
    }
    // A name with "session" in it is a parameter's.
    let text = text.replace("session_", "");
    if lacks_session(&text) {
        return true;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    says(&OF_THE_BEGINNING) || says(&["no transport found"]) || says(&["session"]) && says(&OF_THE_SESSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_and_sdks_say_of_a_lost_session_is_understood() {
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
