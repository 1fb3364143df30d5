//! A JSON-RPC message, parsed no deeper than its envelope.
//!
//! The hub routes on `id`, `method` and a parameter or two. Everything else passes through as the text it came as, so
//! that unknown members, their order and big numbers survive in both directions.

mod answer_members;
mod clear_params;
mod envelope;
mod failure;
mod line;
mod make;
mod params;
mod prepared;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::value::RawValue;

use self::envelope::{Envelope, Member};
use super::budget::Reservation;

pub(crate) use self::prepared::{OpenResult, PreparedResult};
pub(crate) use super::id::Id;
pub(crate) use super::json::{Fields, Members, fields, fields_of, object, raw, string, text};

/// The byte order mark. UTF-8 needs none, but some programs write it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The kind of a message, with what routing needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// A request, which expects an answer.
    Request { id: Id, method: String },
    /// A notification, which expects no answer.
    Notification { method: String },
    /// An answer to a request. There is no id if the request could not be parsed.
    Response { id: Option<Id> },
}

/// A single message. A clone copies its text.
#[derive(Clone)]
pub(crate) struct Message {
    /// Boxed: messages are handed through many futures and wait in many channels, which have room for some.
    parts: Box<MessageParts>,
}

#[derive(Clone)]
struct MessageParts {
    kind: MessageKind,
    envelope: Envelope,
    /// The result of an answer that the hub keeps ready. The envelope is without one.
    prepared: Option<Box<PreparedResult>>,
    /// Bytes of a budget that are given back when the last copy of this message, or of a line of it, is dropped.
    reservation: Option<Arc<Reservation>>,
    /// Of the request that it came with, those that may go on to servers.
    headers: Option<Arc<HeaderMap>>,
}

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageError {
    /// The bytes are not JSON.
    #[error("the message is not JSON: {0}")]
    NotJson(String),
    /// The bytes are a batch, which revision 2025-06-18 removed.
    #[error("the message is a batch, and a request carries one message: send each one by itself")]
    Batch,
    /// The JSON is not an object, or not JSON-RPC 2.0.
    #[error("the message is not JSON-RPC 2.0: {0}")]
    NotJsonRpc(&'static str),
}

impl MessageError {
    /// The JSON-RPC error code for the answer.
    pub(crate) const fn code(&self) -> i64 {
        match self {
            Self::NotJson(_) => -32700,
            Self::Batch | Self::NotJsonRpc(_) => -32600,
        }
    }
}

impl Message {
    /// Parses the envelope of one message. Ignores a byte order mark before it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'[') => return Err(MessageError::Batch),
            Some(b'{') | None => {}
            Some(_) => match serde_json::from_slice::<&RawValue>(bytes) {
                Ok(_) => return Err(MessageError::NotJsonRpc("it is not an object")),
                Err(error) => return Err(MessageError::NotJson(error.to_string())),
            },
        }
        let not_json = |problem: &dyn std::fmt::Display| MessageError::NotJson(problem.to_string());
        let text = std::str::from_utf8(bytes).map_err(|error| not_json(&error))?;
        let envelope = Envelope::read(text.trim_ascii()).map_err(|error| not_json(&error))?;
        let envelope = answer_members::straightened(envelope);
        if envelope.get(Member::JsonRpc).and_then(text_of).as_deref() != Some("2.0") {
            return Err(MessageError::NotJsonRpc("its jsonrpc is not \"2.0\""));
        }
        let kind = kind(&envelope).map_err(MessageError::NotJsonRpc)?;
        Ok(Self::of_envelope(kind, envelope))
    }

    fn of_envelope(kind: MessageKind, envelope: Envelope) -> Self {
        Self { parts: Box::new(MessageParts { kind, envelope, prepared: None, reservation: None, headers: None }) }
    }

    /// The kind of this message.
    pub(crate) fn kind(&self) -> &MessageKind {
        &self.parts.kind
    }

    /// The id of a request; `None` for any other message.
    pub(crate) fn id(&self) -> Option<&Id> {
        match &self.parts.kind {
            MessageKind::Request { id, .. } => Some(id),
            MessageKind::Notification { .. } | MessageKind::Response { .. } => None,
        }
    }

    /// The method of a request or notification; `None` for an answer.
    pub(crate) fn method(&self) -> Option<&str> {
        match &self.parts.kind {
            MessageKind::Request { method, .. } | MessageKind::Notification { method } => Some(method),
            MessageKind::Response { .. } => None,
        }
    }

    /// Whether this answers the request of this id. An answer without an id may belong to any request.
    pub(crate) fn answers(&self, asked: &Id) -> bool {
        match &self.parts.kind {
            MessageKind::Response { id: None } => true,
            MessageKind::Response { id: Some(id) } => {
                id == asked || id.as_number().is_some_and(|id| Some(id) == asked.as_number())
            }
            MessageKind::Request { .. } | MessageKind::Notification { .. } => false,
        }
    }

    /// The same message under another id. A notification has none and stays as it is.
    pub(crate) fn with_id(mut self, id: Id) -> Self {
        if !matches!(self.parts.kind, MessageKind::Notification { .. }) {
            self.parts.envelope.set(Member::Id, id.as_written());
        }
        match &mut self.parts.kind {
            MessageKind::Request { id: own, .. } => *own = id,
            MessageKind::Response { id: own } => *own = Some(id),
            MessageKind::Notification { .. } => {}
        }
        self
    }

    /// The parameters, one level deep.
    pub(crate) fn params(&self) -> Fields {
        fields_of(self.parts.envelope.get(Member::Params))
    }

    /// A parameter that is a string.
    pub(crate) fn param(&self, key: &str) -> Option<String> {
        text_of(self.param_text(key)?)
    }

    /// The JSON text of a parameter. Of a key that stands twice, the last one counts.
    pub(crate) fn param_text(&self, key: &str) -> Option<&str> {
        let (text, places) = self.parts.envelope.params()?;
        places.get(text, key)
    }

    /// The same message with other parameters.
    pub(crate) fn with_params(mut self, params: &Fields) -> Self {
        self.parts.envelope.set(Member::Params, raw(params).get());
        self
    }

    /// The text of the result; `None` for an error.
    pub(crate) fn result_text(&self) -> Option<&str> {
        match &self.parts.prepared {
            Some(prepared) => Some(prepared.text()),
            None => self.parts.envelope.get(Member::Result),
        }
    }

    /// The result, unparsed; `None` for an error.
    pub(crate) fn result_raw(&self) -> Option<&RawValue> {
        serde_json::from_str(self.result_text()?).ok()
    }

    /// The same answer with another result.
    pub(crate) fn with_result(mut self, result: &Fields) -> Self {
        self.parts.prepared = None;
        self.parts.envelope.set(Member::Result, raw(result).get());
        self
    }

    /// The members of an error; empty for any other message.
    pub(crate) fn error_fields(&self) -> Fields {
        fields_of(self.parts.envelope.get(Member::Error))
    }

    /// The sentence of an error; `None` for any other message.
    pub(crate) fn error_text(&self) -> Option<String> {
        let error = fields_of(Some(self.parts.envelope.get(Member::Error)?));
        Some(string(&error, "message").unwrap_or_else(|| "an error without a message".into()))
    }

    /// The code of an error; `None` for any other message.
    pub(crate) fn error_code(&self) -> Option<i64> {
        serde_json::from_str(self.error_fields().get("code")?.get()).ok()
    }

    /// Whether this is an error with data.
    pub(crate) fn has_error_data(&self) -> bool {
        self.error_fields().contains_key("data")
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.parts
            .prepared
            .as_ref()
            .map_or(self.parts.envelope.text().len(), |prepared| prepared.size_in(&self.parts.envelope))
    }

    /// The message as one line of JSON.
    pub(crate) fn to_line(&self) -> Bytes {
        let line = match &self.parts.prepared {
            Some(prepared) => prepared.line_in(&self.parts.envelope).into(),
            None => Bytes::copy_from_slice(self.parts.envelope.text().as_bytes()),
        };
        match &self.parts.reservation {
            Some(reservation) => line::holding(line, reservation.clone()),
            None => line,
        }
    }

    /// The same message with these headers of the client's request.
    pub(crate) fn with_headers(mut self, headers: Option<Arc<HeaderMap>>) -> Self {
        self.parts.headers = headers;
        self
    }

    /// The headers of the client's request that may go on to servers.
    pub(crate) fn headers(&self) -> Option<&Arc<HeaderMap>> {
        self.parts.headers.as_ref()
    }

    /// The same message, which holds the reservation until the last copy of it, or of a line of it, is dropped.
    pub(crate) fn holding(mut self, reservation: Reservation) -> Self {
        self.parts.reservation = Some(Arc::new(reservation));
        self
    }
}

/// Shows the kind only: the content of a message is private to its two ends.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("kind", &self.parts.kind).finish_non_exhaustive()
    }
}

fn kind(envelope: &Envelope) -> Result<MessageKind, &'static str> {
    let id = envelope.get(Member::Id).map(Id::of_json);
    match (envelope.get(Member::Method), id) {
        (Some(method), id) => {
            let method = text_of(method).ok_or("its method is not a string")?;
            match id {
                None => Ok(MessageKind::Notification { method }),
                Some(Some(id)) => Ok(MessageKind::Request { id, method }),
                Some(None) => Err("its id is neither a short string nor a number"),
            }
        }
        (None, id) if [Member::Result, Member::Error].iter().any(|member| envelope.get(*member).is_some()) => {
            Ok(MessageKind::Response { id: id.flatten() })
        }
        (None, _) => Err("it has neither a method nor a result nor an error"),
    }
}

/// The content of a JSON string; `None` for anything else.
fn text_of(json: &str) -> Option<String> {
    let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain {
        Some(plain) if !plain.contains('\\') => Some(plain.to_owned()),
        Some(_) | None => serde_json::from_str(json).ok(),
    }
}

#[cfg(test)]
mod tests;
