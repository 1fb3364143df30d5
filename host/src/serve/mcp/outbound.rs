//! How answers leave: JSON, or server-sent events that are written as they come.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::inbound::{Problem, SESSION_ID};
use crate::gateway::message::Message;
use crate::gateway::session::{AnswerStream, ClientStream};

/// A stream that was silent for this long gets a comment, so that no proxy closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Messages that wait for a slow reader of one stream.
const WAITING: usize = 16;
/// Their bytes; one message may have more, and then it waits alone. Until there is room nothing more is read from the
/// server.
const WAITING_BYTES: usize = 256 * 1024;
/// Asks proxies not to hold events back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The answer, or what was wrong.
pub(super) fn answered(outcome: Result<Response, Problem>) -> Response {
    outcome.unwrap_or_else(|problem| json(problem.status(), &problem.to_message()))
}

/// One message as a JSON answer.
pub(super) fn json(status: StatusCode, message: &Message) -> Response {
    let mut response = Response::new(Body::from(message.to_line()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to `initialize`, with the session's id.
pub(super) fn greeting(session: &str, message: &Message) -> Response {
    let mut response = json(StatusCode::OK, message);
    if let Ok(id) = HeaderValue::from_str(session) {
        response.headers_mut().insert(SESSION_ID, id);
    }
    response
}

/// Nothing but a status.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The messages that answer a request. Reading them goes on in a task of its own, because it must not be interrupted by
/// the need for a sign of life; it ends with the reader.
pub(super) fn stream(outflow: AnswerStream) -> Response {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(read(outflow, sender));
    events(futures::stream::unfold(receiver, |mut receiver| async move {
        let bytes = match tokio::time::timeout(KEEP_ALIVE, receiver.recv()).await {
            Ok(next) => next?.event,
            Err(_) => alive(),
        };
        Some((Ok(bytes), receiver))
    }))
}

/// An event that waits for its reader.
struct WaitingEvent {
    event: Bytes,
    _room: OwnedSemaphorePermit,
}

async fn read(mut outflow: AnswerStream, sender: mpsc::Sender<WaitingEvent>) {
    let room = Arc::new(Semaphore::new(WAITING_BYTES));
    let next = async {
        while let Some(message) = outflow.next().await {
            let event = event(&message);
            let bytes = u32::try_from(event.len().min(WAITING_BYTES)).unwrap_or(u32::MAX);
            let Ok(room) = room.clone().acquire_many_owned(bytes).await else { return };
            if sender.send(WaitingEvent { event, _room: room }).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = next => {}
        () = sender.closed() => {}
    }
}

/// The stream of messages that answer no request of the client.
pub(super) fn listening(listener: ClientStream) -> Response {
    let first = futures::stream::once(async { Ok(alive()) });
    let rest = futures::stream::unfold(listener, |listener| async move {
        let bytes = match tokio::time::timeout(KEEP_ALIVE, listener.next()).await {
            Ok(message) => event(&message?),
            Err(_) => alive(),
        };
        Some((Ok(bytes), listener))
    });
    events(futures::StreamExt::chain(first, rest))
}

pub(super) fn events(stream: impl futures::Stream<Item = Result<Bytes, Infallible>> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// One message is one line, so one `data` field.
pub(super) fn event(message: &Message) -> Bytes {
    const START: &[u8] = b"event: message\ndata: ";
    const END: &[u8] = b"\n\n";
    let line = message.to_line();
    let mut bytes = BytesMut::with_capacity(START.len() + line.len() + END.len());
    bytes.put_slice(START);
    bytes.put_slice(&line);
    bytes.put_slice(END);
    bytes.freeze()
}

pub(super) const fn alive() -> Bytes {
    Bytes::from_static(b":\n\n")
}
