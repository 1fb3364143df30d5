//! The rules for a request to an MCP endpoint.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;

use super::problem::Problem;
use crate::gateway::mcp_headers::{LAST_EVENT_ID, PROTOCOL_VERSION, SESSION_ID};
use crate::gateway::message::{BYTE_ORDER_MARK, Fields, Id, Message};
use crate::gateway::session::Session;
use crate::gateway::{Gateway, Principal, ServerScope, revision};
use crate::serve::connections::TooSlow;
use crate::telemetry::exchange;

/// A request that is being read.
pub(super) struct InboundRequest<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) headers: &'a HeaderMap,
    /// The caller: sessions that another one opened are unknown to it.
    pub(super) principal: Principal,
}

impl<'a> InboundRequest<'a> {
    pub(super) fn of(gateway: &'a Gateway, head: &'a Parts) -> Self {
        let principal = head.extensions.get::<Principal>().cloned().unwrap_or_default();
        Self { gateway, headers: &head.headers, principal }
    }

    /// A message of this request, with what goes on to servers of its headers.
    pub(super) fn carry(&self, message: Message) -> Message {
        message.with_headers(Some(exchange::onward(self.gateway.carried(self.headers))))
    }

    pub(super) fn scope(&self, server: Option<&str>) -> Result<ServerScope, Problem> {
        Ok(self.gateway.scope(server, &self.principal)?)
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

    pub(super) async fn body(&self, body: Body) -> Result<Bytes, Problem> {
        let limit = self.gateway.message_limit();
        let unread = |error: axum::Error| TooSlow::in_error(&error).map_or(Problem::TooLarge(limit), Problem::TooSlow);
        to_bytes(body, limit).await.map_err(unread)
    }

    /// "Protocol Version Header": 400 for one that is not spoken; without it, the session's own stands.
    pub(super) fn speaks_known_revision(&self) -> Result<(), Problem> {
        let Some(named) = self.headers.get(PROTOCOL_VERSION) else { return Ok(()) };
        let named = String::from_utf8_lossy(named.as_bytes());
        if revision::is_known(&named) { Ok(()) } else { Err(Problem::Revision(named.into_owned())) }
    }

    pub(super) async fn session(&self, scope: &ServerScope) -> Result<Arc<Session>, Problem> {
        let id = self.headers.get(SESSION_ID).ok_or(Problem::NoSession)?;
        let session = id.to_str().ok().map(|id| self.gateway.session(id, scope, &self.principal));
        session.ok_or(Problem::UnknownSession)?.await?.ok_or(Problem::UnknownSession)
    }

    /// The last event of a broken stream that arrived.
    pub(super) fn last_event(&self) -> Option<&str> {
        let last = self.headers.get(LAST_EVENT_ID)?;
        // What cannot be read is an unknown event all the same.
        Some(last.to_str().unwrap_or("?").trim()).filter(|last| !last.is_empty())
    }
}

/// The id of a request, if the bytes are enough of one for that: the client then knows which of its requests was refused.
pub(super) fn request_id(body: &[u8]) -> Option<Id> {
    let fields: Fields = serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)).ok()?;
    Id::read_refused(fields.get("id").filter(|_| fields.contains_key("method"))?.get())
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
    fn only_a_request_has_an_id_that_a_refusal_carries() {
        let id = |text: &str| request_id(text.as_bytes()).map(|id| id.to_raw().get().to_owned());

        assert_eq!(id(r#"{"id":1.0,"method":"a"}"#).as_deref(), Some("1.0"));
        for text in [r#"{"id":1,"result":{}}"#, r#"{"id":{},"method":"a"}"#, r#"[{"id":1,"method":"a"}]"#, "{", ""] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn a_media_range_covers_what_it_names() {
        assert!(covers("*/*", "text/event-stream"));
        assert!(covers("text/*", "text/event-stream"));
        assert!(covers("Text/Event-Stream", "text/event-stream"));
        assert!(!covers("application/*", "text/event-stream"));
        assert!(!covers("text/html", "text/event-stream"));
    }
}
