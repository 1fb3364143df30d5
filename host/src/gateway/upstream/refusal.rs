//! What it means that a server refuses a request: a login, the end of the session, an error in the protocol's own words, or a
//! status and no more.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};

use super::http::Answer;
use super::lost;
use super::reply::Reply;
use super::streamable::Streamable;
use super::wire::{ERROR_BYTES, ERROR_WAIT};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message};

/// The number of the ping that finds out whether there is a session: no other request gets so far.
const PROBE: u64 = 2_147_483_647;

impl Streamable {
    /// An error status: the session's end, an error in the protocol's own words, or neither.
    pub(super) async fn refusal(&self, answer: Answer, id: &Id) -> Result<Reply, UpstreamError> {
        let status = answer.status;
        let is_json = answer.is("application/json");
        let body = answer.read_start(self.wire.limits.message_bytes, ERROR_WAIT).await;
        let message = Message::parse(body.as_bytes()).ok().filter(|message| is_json && message.error_text().is_some());
        let sentence = message.as_ref().and_then(Message::error_text);
        let start = || body.chars().take(ERROR_BYTES).collect();
        if self.stateless.is_none() && self.is_about_session(status, &sentence.unwrap_or_else(start)).await {
            return Err(self.lost());
        }
        match message {
            Some(message) => Ok(Reply::Whole(message.with_id(id.clone()))),
            None => Err(UpstreamError::Status { server: self.wire.name.clone(), status, detail: None }),
        }
    }

    /// Whether a refusal means that the server does not know the session. One that says nothing does where a ping is refused
    /// likewise: a request that the server does not like leaves the session as it is.
    async fn is_about_session(&self, status: StatusCode, text: &str) -> bool {
        if lost::by_status(status, text, self.session.is_some()) {
            return true;
        }
        if self.session.is_none() || !lost::is_unsaid(status, text) {
            return false;
        }
        let ping = Message::request(Id::number(PROBE), "ping", &Fields::new());
        match self.post(&ping, ERROR_WAIT).await {
            Ok(answer) => answer.status == status || answer.status == StatusCode::NOT_FOUND,
            Err(error) => matches!(error, UpstreamError::SessionEnded { .. }),
        }
    }
}

/// RFC 6750 §3.1: 401, or 403 for want of scope.
pub(super) fn is_refusal(answer: &Answer) -> bool {
    let wants_scope = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("insufficient_scope"));
    answer.status == StatusCode::UNAUTHORIZED
        || answer.status == StatusCode::FORBIDDEN && answer.headers.get_all(WWW_AUTHENTICATE).iter().any(wants_scope)
}

/// What a proxy answers by itself, where it cannot reach the server or wants to know who asks.
pub(super) const fn may_be_of_proxy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 407 | 502 | 503 | 504)
}

/// Whether a refusal asks for a proof with the nonce it gives (RFC 9449 §9).
pub(super) fn wants_nonce(answer: &Answer) -> bool {
    let says = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("use_dpop_nonce"));
    answer.status == StatusCode::UNAUTHORIZED && answer.headers.get_all(WWW_AUTHENTICATE).iter().any(says)
}

/// The sentence of an error body: of a JSON-RPC error, of the usual JSON fields, or a short plain text.
pub(super) fn said(body: &str) -> Option<String> {
    let body = body.trim_start_matches('\u{feff}');
    let value: serde_json::Value = match serde_json::from_str(body) {
        Ok(value) => value,
        Err(_) => return Some(body.trim().chars().take(200).collect()).filter(|text: &String| !text.is_empty()),
    };
    let found = ["/error/message", "/error_description", "/message", "/error", "/detail"].into_iter();
    let mut texts = found.filter_map(|pointer| value.pointer(pointer)?.as_str());
    texts.next().map(|text| text.chars().take(200).collect())
}
