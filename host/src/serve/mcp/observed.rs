//! A POST is measured, and leaves a line in the log, from its arrival to its answer.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::outbound;
use super::problem::Refused;
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::{Gateway, Principal, ended};
use crate::telemetry::{Ended, exchange};

/// Answers a POST with what `answer` becomes.
pub(super) async fn post(
    gateway: &Gateway,
    server: Option<&str>,
    head: &Parts,
    answer: impl Future<Output = Result<Response, Refused>>,
) -> Response {
    let exchange = gateway.exchange(head.extensions.get::<Principal>(), server, &head.headers);
    match exchange.during(answer).await {
        Ok(response) => response,
        Err(refused) => {
            let (status, message) = (refused.problem.status(), refused.to_message());
            exchange.end(Ended { is_refused: true, ..ended::with(&message, Some(status.as_u16())) });
            outbound::json(status, &message)
        }
    }
}

/// The current request carries this message.
pub(super) fn message(message: &Message, body: &Bytes) {
    let method = match message.kind() {
        MessageKind::Request { method, .. } => method,
        MessageKind::Notification { .. } => "notification",
        MessageKind::Response { .. } => "answer",
    };
    exchange::is_of(method, body.len());
}

/// The current request is a batch, which counts as one.
pub(super) fn batch(body: &Bytes) {
    exchange::is_of("batch", body.len());
}

/// The current request is answered with this message.
pub(super) fn answered(answer: &Message, status: StatusCode) {
    exchange::end(ended::with(answer, Some(status.as_u16())));
}

/// The current request is answered with nothing but a status, or its answers come on a stream of their own.
pub(super) fn accepted(status: StatusCode) {
    exchange::end(Ended { status: Some(status.as_u16()), code: None, is_error: false, is_refused: false, bytes: 0 });
}
