//! The stream that answers one POST, taken up again where it broke.
//!
//! Streamable HTTP, "Resumability and Redelivery": a server that gives its events ids may close the connection at any
//! time; the client waits as long as `retry` says and asks for the rest with `Last-Event-ID`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sse_stream::Sse;

use super::events::{Cut, Events};
use super::http::{Ask, HttpError};
use super::incoming;
use super::wire::Wire;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Id, Kind, Message};

/// Where a stream is taken up again.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How often in a row a stream may break without a message.
const MAX_RESUMPTIONS: u8 = 20;
/// The pause before taking it up again where the server names none, and the longest that it may name.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Where a stream stands.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) last: Option<HeaderValue>,
    pub(crate) pause: Duration,
}

impl Cursor {
    pub(crate) const fn new() -> Self {
        Self { last: None, pause: PAUSE }
    }

    /// Takes note of an event's id and pause, and gives its message, if it has one.
    pub(crate) fn read(&mut self, event: Sse) -> Option<String> {
        if let Some(id) = event.id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            self.last = Some(id);
        }
        if let Some(retry) = event.retry {
            self.pause = Duration::from_millis(retry).min(LONGEST_PAUSE);
        }
        event.data.filter(|data| !data.is_empty() && matches!(event.event.as_deref(), None | Some("" | "message")))
    }
}

/// The first event of a stream.
#[derive(Default)]
pub(crate) enum Held {
    /// Nobody has looked at it.
    #[default]
    Nothing,
    /// It was looked at, and is still to come.
    Event(Option<Result<Sse, Cut>>),
}

/// The messages of one POST.
pub(crate) struct PostStream {
    pub(crate) wire: Arc<Wire>,
    /// Session and revision, for taking it up again.
    pub(crate) headers: HeaderMap,
    pub(crate) id: Id,
    pub(crate) events: Events,
    pub(crate) cursor: Cursor,
    pub(crate) broken: u8,
    pub(crate) held: Held,
    /// Messages that came in one event.
    pub(crate) ready: VecDeque<Message>,
    pub(crate) is_done: bool,
}

impl PostStream {
    /// The first message, if it is there in time. It is still to come.
    pub(crate) async fn first(&mut self, wait: Duration) -> Option<Message> {
        let event = tokio::time::timeout(wait, self.events.next()).await.ok()?;
        let data = event.as_ref().and_then(|event| event.as_ref().ok()?.data.as_deref());
        let message = data.and_then(|data| Message::parse(data.as_bytes()).ok());
        self.held = Held::Event(event);
        message
    }

    /// The next message; `None` after the answer or an error.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        while !self.is_done {
            let Some(message) = self.ready.pop_front() else {
                match self.read().await {
                    Ok(()) => continue,
                    Err(error) => {
                        self.is_done = true;
                        return Some(Err(error));
                    }
                }
            };
            match message.kind() {
                Kind::Request { .. } | Kind::Notification { .. } => return Some(Ok(message)),
                Kind::Response { .. } if message.answers(&self.id) => {
                    self.is_done = true;
                    return Some(Ok(message.with_id(self.id.clone())));
                }
                Kind::Response { .. } => {
                    tracing::debug!(server.name = self.wire.name, "an answer to nothing was left out");
                }
            }
        }
        None
    }

    /// Reads one event, or takes the stream up again.
    async fn read(&mut self) -> Result<(), UpstreamError> {
        let wait = self.wire.wait;
        let event = match std::mem::take(&mut self.held) {
            Held::Event(event) => event,
            Held::Nothing => tokio::time::timeout(wait, self.events.next())
                .await
                .map_err(|_| self.wire.failure(HttpError::TimedOut(wait)))?,
        };
        let Some(event) = event else { return self.resume().await };
        let Some(data) = self.cursor.read(event.map_err(|cut| self.wire.failure(cut.into()))?) else { return Ok(()) };
        match incoming::messages(data.as_bytes()) {
            Ok(messages) => self.ready.extend(messages),
            // Some servers keep a stream alive with events of their own; the answer may still come.
            Err(error) => {
                tracing::debug!(server.name = self.wire.name, "an event that is no message was left out: {error}");
            }
        }
        self.broken = 0;
        Ok(())
    }

    async fn resume(&mut self) -> Result<(), UpstreamError> {
        let closed = || UpstreamError::Closed { server: self.wire.name.clone() };
        let last = self.cursor.last.clone().filter(|_| self.broken < MAX_RESUMPTIONS).ok_or_else(closed)?;
        self.broken += 1;
        tokio::time::sleep(self.cursor.pause).await;
        let mut headers = self.headers.clone();
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(LAST_EVENT_ID, last);
        let ask = Ask { method: Method::GET, url: self.wire.url.clone(), headers, body: None };
        let answer = self.wire.send(ask, None).await?;
        if !answer.status.is_success() || !answer.is("text/event-stream") {
            return Err(closed());
        }
        self.events = Events::new(answer.into_stream(), self.wire.limits.message_bytes);
        Ok(())
    }
}
