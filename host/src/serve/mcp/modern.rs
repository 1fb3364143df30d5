//! The MCP endpoints for clients of revision 2026-07-28: one POST for each request, without a session.

use axum::response::Response;
use bytes::Bytes;
use futures::Stream;
use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::inbound::InboundRequest;
use super::modern_headers;
use super::{event_stream, observed, outbound};
use crate::gateway::error_codes::{HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use crate::gateway::mcp_headers::PROTOCOL_VERSION;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::modern::envelope::{self, Envelope};
use crate::gateway::modern::{ModernAnswer, ModernMessages};
use crate::gateway::{ServerScope, ended, local_replies, revision};
use crate::telemetry::exchange;

/// Errors that the revision answers with status 400.
const OF_THIS_REVISION: [i64; 3] = [HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION];

/// Whether a message is of this revision: by what it says about itself, else by its header.
pub(super) fn is_meant(headers: &HeaderMap, message: &Message) -> bool {
    is_named(headers) || envelope::version(message).is_some()
}

/// Whether a request without a body is of this revision.
pub(super) fn is_named(headers: &HeaderMap) -> bool {
    headers.get(PROTOCOL_VERSION).is_some_and(|value| value.as_bytes() == revision::STATELESS.as_bytes())
}

/// The answer to GET and DELETE, which this revision does not have (Streamable HTTP, "Sending Messages").
pub(super) fn no_such_method() -> Response {
    let mut response = outbound::empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Answers a message, with the status that the revision demands.
pub(super) async fn answered(reading: &InboundRequest<'_>, scope: ServerScope, message: Message) -> Response {
    let (gateway, headers) = (reading.gateway, reading.headers);
    let id = match message.kind() {
        MessageKind::Request { id, .. } => id.clone(),
        // This revision has no notification over HTTP that a server could need.
        MessageKind::Notification { .. } => {
            observed::accepted(StatusCode::ACCEPTED);
            return outbound::empty(StatusCode::ACCEPTED);
        }
        MessageKind::Response { .. } => {
            let sentence = "a client of this revision sends no answers; repeat the call with inputResponses";
            let error = Message::error(None, local_replies::INVALID_REQUEST, sentence);
            return observed_json(StatusCode::BAD_REQUEST, &error);
        }
    };
    let envelope = match checked(headers, &message, &id) {
        Ok(envelope) => envelope.with_mirrored(modern_headers::mirrored(headers)),
        Err(refusal) => return observed_json(StatusCode::BAD_REQUEST, &refusal),
    };
    match gateway.answer(scope, reading.principal.clone(), message, envelope).await {
        ModernAnswer::Whole(answer) => observed_json(status_of(&answer), &answer),
        ModernAnswer::Stream(messages) => {
            if let ModernMessages::Listen(_) = messages {
                // It is answered once it is open; how long it stays open is no duration of a request.
                observed::accepted(StatusCode::OK);
            }
            event_stream::events(events(messages))
        }
    }
}

fn observed_json(status: StatusCode, answer: &Message) -> Response {
    observed::answered(answer, status);
    outbound::json(status, answer)
}

/// In this order: what is missing, what differs from the headers, what is not spoken.
fn checked(headers: &HeaderMap, message: &Message, id: &Id) -> Result<Envelope, Box<Message>> {
    let envelope = envelope::read(message).map_err(|error| Box::new(error.answer(id.clone())))?;
    modern_headers::check(headers, message, &envelope.version)
        .map_err(|fault| Box::new(Message::error(Some(id.clone()), HEADER_MISMATCH, &fault.to_string())))?;
    envelope.supported().map_err(|error| Box::new(error.answer(id.clone())))
}

/// The status that the revision demands for an error (Streamable HTTP, "Sending Messages").
fn status_of(answer: &Message) -> StatusCode {
    match answer.error_code() {
        Some(local_replies::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        Some(code) if OF_THIS_REVISION.contains(&code) => StatusCode::BAD_REQUEST,
        Some(_) | None => StatusCode::OK,
    }
}

/// The messages as events without ids: this revision resumes no stream. A client that goes away drops the stream, which
/// cancels the request.
fn events(messages: ModernMessages) -> impl Stream<Item = Bytes> + Send + 'static {
    let exchange = exchange::current();
    futures::stream::unfold((messages, exchange), |(mut messages, exchange)| async move {
        let bytes = match tokio::time::timeout(event_stream::KEEP_ALIVE, messages.next()).await {
            Ok(message) => {
                let message = message?;
                if let Some(exchange) = &exchange {
                    ended::on_stream(exchange, Some(&message));
                }
                event_stream::unnumbered("message", &message.to_line())
            }
            Err(_) => event_stream::alive(),
        };
        Some((bytes, (messages, exchange)))
    })
}
