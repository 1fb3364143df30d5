//! Server-sent events to clients with sessions: each message is one event with an id, so that a stream can be resumed.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::{StreamExt, once, unfold};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use crate::gateway::message::Message;
use crate::gateway::session::{AnswerReader, ListenReader};

/// A stream that was silent for this long gets a comment, so that no proxy closes it.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client waits before it resumes a stream, milliseconds.
const RETRY: u32 = 1000;
/// Asks proxies not to hold events back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The stream that answers a request. Its first event carries no message: with its id a client can resume the stream even
/// if nothing else arrives.
pub(super) fn answering(reader: AnswerReader, is_primed: bool) -> Response {
    let first = if is_primed { priming(&reader.before.to_string()) } else { Bytes::new() };
    let rest = unfold(reader, |reader| async move {
        let bytes = match tokio::time::timeout(KEEP_ALIVE, reader.next()).await {
            Ok(next) => next.map(|next| event(&reader.before.of_event(next.number).to_string(), &next.line))?,
            Err(_) => alive(),
        };
        Some((bytes, reader))
    });
    events(once(async { first }).filter(|first| std::future::ready(!first.is_empty())).chain(rest))
}

/// The stream of messages that answer no request of the client.
pub(super) fn listening(reader: ListenReader, is_primed: bool) -> Response {
    let is_new = is_primed && !reader.is_resumed;
    // Something is sent at once, so that the client knows that it listens.
    let first = if is_new { priming(&reader.before.to_string()) } else { alive() };
    let rest = unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        let bytes = match tokio::time::timeout(KEEP_ALIVE, reader.next()).await {
            Ok(Some(next)) => event(&reader.before.of_event(next.number).to_string(), &next.line),
            Ok(None) if reader.ends_with_hub() => return Some((farewell(), None)),
            Ok(None) => return None,
            Err(_) => alive(),
        };
        Some((bytes, Some(reader)))
    });
    events(once(async { first }).chain(rest))
}

/// A stream of one message.
pub(super) fn only(message: &Message) -> Response {
    let event = unnumbered("message", &message.to_line());
    events(once(async { event }))
}

/// A stream of these bytes.
pub(super) fn events(stream: impl futures::Stream<Item = Bytes> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(stream.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// An event without an id. `data` is one line.
pub(super) fn unnumbered(kind: &str, data: &[u8]) -> Bytes {
    parts(&[b"event: ", kind.as_bytes(), b"\ndata: ", data, b"\n\n"])
}

/// A sign of life.
pub(super) const fn alive() -> Bytes {
    Bytes::from_static(b":\n\n")
}

/// The last words on a stream that ends with the hub: a comment, and when to come again.
fn farewell() -> Bytes {
    Bytes::from(format!(": the hub is stopping\nretry: {RETRY}\n\n"))
}

/// One message is one line, so one `data` field.
fn event(id: &str, line: &[u8]) -> Bytes {
    parts(&[b"id: ", id.as_bytes(), b"\nevent: message\ndata: ", line, b"\n\n"])
}

/// Revision 2025-11-25, "Sending Messages to the Server": an event id and empty data.
fn priming(id: &str) -> Bytes {
    Bytes::from(format!("id: {id}\nretry: {RETRY}\ndata: \n\n"))
}

fn parts(parts: &[&[u8]]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        bytes.put_slice(part);
    }
    bytes.freeze()
}
