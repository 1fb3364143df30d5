//! The rules for a request to an MCP endpoint, and the answer where it breaks one.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::gateway::message::{Message, MessageError};
use crate::gateway::session::Session;
use crate::gateway::{Gateway, OpenError, ScopeError, ServerScope, local_replies, revision};
use crate::serve::connections::TooSlow;

/// The header that names the session.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// Names the revision that was agreed upon.
pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The JSON-RPC code of whatever is wrong with the HTTP request itself.
const HTTP_PROBLEM: i64 = local_replies::SERVER_ERROR;

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// There is no server or group of this name.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// It takes no answer of the kinds that may come.
    #[error("the request must accept {0}; send that in its Accept header")]
    NotAcceptable(String),
    /// Not JSON by its own account.
    #[error("the request must carry application/json; send that as its Content-Type header")]
    NotJson,
    /// The message has more bytes than allowed.
    #[error("the message has more than {0} bytes, which is the most that is taken")]
    TooLarge(usize),
    /// The message did not arrive in time.
    #[error("{0}; send the message again")]
    TooSlow(TooSlow),
    /// The body is not a JSON-RPC message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// No session is begun.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A revision that is not spoken.
    #[error("the revision {0:?} in the header MCP-Protocol-Version is not spoken here; there are: {revisions}", revisions = known_revisions())]
    Revision(String),
    /// No session is named.
    #[error("the request has no Mcp-Session-Id header; send initialize first and then the id that its answer carries")]
    NoSession,
    /// The session is unknown, or belongs to another endpoint.
    #[error("there is no such session, or it has ended; send initialize again")]
    UnknownSession,
}

impl Problem {
    /// The error as a message: without an id, since no request was taken.
    pub(super) fn to_message(&self) -> Message {
        Message::error(None, self.code(), &self.to_string())
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Scope(_) | Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Open(OpenError::Full(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Message(_) | Self::Revision(_) | Self::NoSession | Self::Open(OpenError::Client(_)) => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    pub(super) const fn code(&self) -> i64 {
        match self {
            Self::Message(error) => error.code(),
            Self::Scope(_)
            | Self::NotAcceptable(_)
            | Self::NotJson
            | Self::TooLarge(_)
            | Self::TooSlow(_)
            | Self::Open(_)
            | Self::Revision(_)
            | Self::NoSession
            | Self::UnknownSession => HTTP_PROBLEM,
        }
    }
}

/// The revisions that are spoken, for a sentence.
fn known_revisions() -> String {
    revision::KNOWN.join(", ")
}

/// A request that is being read.
pub(super) struct InboundRequest<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) headers: &'a HeaderMap,
}

impl InboundRequest<'_> {
    pub(super) fn scope(&self, server: Option<&str>) -> Result<ServerScope, Problem> {
        Ok(self.gateway.scope(server)?)
    }

    /// RFC 9110 §12.5.1: no `Accept` accepts anything.
    pub(super) fn accepts(&self, wanted: &[&str]) -> Result<(), Problem> {
        let lines = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<&str> = lines.flat_map(|line| line.split(',')).map(media_type).collect();
        let is_met = |wanted: &&str| ranges.iter().any(|range| covers(range, wanted));
        if !self.headers.contains_key(ACCEPT) || wanted.iter().all(is_met) {
            return Ok(());
        }
        Err(Problem::NotAcceptable(wanted.join(" and ")))
    }

    pub(super) fn sends_json(&self) -> Result<(), Problem> {
        let named = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(media_type);
        let is_json = named.is_some_and(|named| named.eq_ignore_ascii_case("application/json"));
        if is_json { Ok(()) } else { Err(Problem::NotJson) }
    }

    pub(super) async fn message(&self, body: Body) -> Result<Message, Problem> {
        let limit = self.gateway.message_limit();
        let unread = |error: axum::Error| TooSlow::in_error(&error).map_or(Problem::TooLarge(limit), Problem::TooSlow);
        let bytes = to_bytes(body, limit).await.map_err(unread)?;
        Ok(Message::parse(&bytes)?)
    }

    /// "Protocol Version Header": 400 for one that is not spoken; without it, the session's own stands.
    pub(super) fn speaks_known_revision(&self) -> Result<(), Problem> {
        let Some(named) = self.headers.get(PROTOCOL_VERSION) else { return Ok(()) };
        let named = String::from_utf8_lossy(named.as_bytes());
        if revision::is_known(&named) { Ok(()) } else { Err(Problem::Revision(named.into_owned())) }
    }

    pub(super) fn session(&self, scope: &ServerScope) -> Result<Arc<Session>, Problem> {
        let id = self.headers.get(SESSION_ID).ok_or(Problem::NoSession)?;
        let session = id.to_str().ok().and_then(|id| self.gateway.session(id, scope));
        session.ok_or(Problem::UnknownSession)
    }
}

fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn covers(range: &str, wanted: &str) -> bool {
    let of_type = range.strip_suffix("/*").zip(wanted.split_once('/'));
    range == "*/*" || range.eq_ignore_ascii_case(wanted) || of_type.is_some_and(|(range, (wanted, _))| range == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_range_covers_what_it_names() {
        assert!(covers("*/*", "text/event-stream"));
        assert!(covers("text/*", "text/event-stream"));
        assert!(covers("Text/Event-Stream", "text/event-stream"));
        assert!(!covers("application/*", "text/event-stream"));
        assert!(!covers("text/html", "text/event-stream"));
    }
}
