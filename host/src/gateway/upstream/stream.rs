//! The stream that answers one POST. It is resumed where it broke.
//!
//! Streamable HTTP, "Resumability and Redelivery": a server that gives its events ids may close the connection at any
//! time. The client waits as long as `retry` says and asks for the rest with `Last-Event-ID`.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Method};
use sse_stream::Sse;

use super::authorized::AuthorizedHttp;
use super::deadline::AnswerDeadline;
use super::events::Events;
use super::http::{HeadWait, HttpRequest};
use super::notification::is_work;
use super::server_http::{ERROR_BYTES, ERROR_WAIT};
use super::{incoming, session_lost};
use crate::gateway::error::UpstreamError;
use crate::gateway::mcp_headers::LAST_EVENT_ID;
use crate::gateway::message::{Id, Message, MessageKind};

/// How often in a row a stream may break without a message.
const MAX_RESUMPTIONS: u8 = 20;
/// Of those, how many find no server before it counts as gone.
const MAX_UNREACHABLE: u8 = 3;
/// The pause before resuming if the server names none, and the longest one that it may name.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The position in a stream.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) last: Option<HeaderValue>,
    pub(crate) pause: Duration,
}

impl Cursor {
    pub(crate) const fn new() -> Self {
        Self { last: None, pause: PAUSE }
    }

    /// Remembers an event's id and pause, and returns the data of its message, if there is one.
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

/// The messages that answer one POST.
pub(crate) struct PostStream {
    pub(crate) http: Arc<AuthorizedHttp>,
    /// Session and revision, for resuming. `None` if the stream cannot be resumed.
    pub(crate) resume_with: Option<HeaderMap>,
    pub(crate) id: Id,
    pub(crate) events: Events,
    pub(crate) cursor: Cursor,
    pub(crate) broken: u8,
    /// The end of the wait for the answer.
    pub(crate) deadline: AnswerDeadline,
    /// Set to true when the server says that it does not know the session. `None` if there is no session to be lost.
    pub(crate) is_lost: Option<Arc<AtomicBool>>,
    /// Whether a message belonged to the request. Then the server knows the session and has worked on the request.
    pub(crate) is_at_work: bool,
    /// Messages that came in one event and are still to be read.
    pub(crate) ready: VecDeque<Message>,
    pub(crate) is_done: bool,
}

impl PostStream {
    /// The next message; `None` after the answer or an error. `SessionEnded` means that the server did nothing for the
    /// request.
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
                MessageKind::Request { method, .. } | MessageKind::Notification { method } => {
                    self.is_at_work |= is_work(method);
                    self.deadline.note(&message);
                    return Some(Ok(message));
                }
                MessageKind::Response { .. } if message.answers(&self.id) => {
                    self.is_done = true;
                    return Some(self.checked_answer(message));
                }
                MessageKind::Response { .. } => {
                    tracing::debug!(server.name = self.http.server.name, "an answer to no request was dropped");
                }
            }
        }
        None
    }

    /// The answer, unless it says that the session is lost. If the server worked on the request, it is the answer all
    /// the same, and only later requests open a new session.
    fn checked_answer(&self, answer: Message) -> Result<Message, UpstreamError> {
        if let Some(is_lost) = self.is_lost.as_ref().filter(|_| session_lost::by_answer(&answer)) {
            is_lost.store(true, Ordering::Relaxed);
            if !self.is_at_work {
                return Err(UpstreamError::SessionEnded { server: self.http.server.name.clone() });
            }
        }
        Ok(answer.with_id(self.id.clone()))
    }

    /// Reads one event, or resumes the stream.
    async fn read(&mut self) -> Result<(), UpstreamError> {
        let Some(event) = self.deadline.within(pin!(self.events.next())).await else {
            return Err(self.deadline.missed(&self.http.server.name));
        };
        let Some(event) = event else { return self.resume().await };
        let Some(data) = self.cursor.read(event.map_err(|cut| self.http.server.failure(cut.into()))?) else {
            return Ok(());
        };
        match incoming::messages(data.as_bytes()) {
            Ok(messages) => self.ready.extend(messages),
            // Some servers keep a stream alive with events of their own. The answer may still come.
            Err(error) => {
                tracing::debug!(
                    server.name = self.http.server.name,
                    "an event that is no message was dropped: {error}"
                );
            }
        }
        self.broken = 0;
        Ok(())
    }

    async fn resume(&mut self) -> Result<(), UpstreamError> {
        let closed = || UpstreamError::Closed { server: self.http.server.name.clone() };
        let last = self.cursor.last.clone().filter(|_| self.broken < MAX_RESUMPTIONS).ok_or_else(closed)?;
        let mut headers = self.resume_with.clone().ok_or_else(closed)?;
        self.broken += 1;
        tokio::time::sleep(self.cursor.pause.min(self.deadline.left())).await;
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(LAST_EVENT_ID, last);
        let request = HttpRequest {
            method: Method::GET,
            url: self.http.server.url.clone(),
            headers,
            body: None,
            wait: HeadWait::Answer(Box::new(self.deadline.clone())),
        };
        let response = match self.http.send(request, None).await {
            Ok(response) if response.status.is_success() && response.is("text/event-stream") => response,
            Ok(response) => {
                let status = response.status;
                // Many servers with sessions answer GET with 404, so only the body counts.
                if session_lost::by_status(status, &response.read_start(ERROR_BYTES, ERROR_WAIT).await, false) {
                    self.forget();
                }
                return Err(closed());
            }
            // The server had the request already, so it is not sent again.
            Err(UpstreamError::SessionEnded { .. }) => {
                self.forget();
                return Err(closed());
            }
            Err(UpstreamError::TimedOut { server, .. }) => return Err(self.deadline.missed(&server)),
            // Asking for the rest again does no harm. A connection that was kept may have ended just when it was used.
            Err(UpstreamError::Unreachable { .. }) if self.broken < MAX_UNREACHABLE => {
                self.events = Events::new(futures::stream::empty().boxed(), self.http.server.limits.message_bytes);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.events = Events::new(response.into_stream(), self.http.server.limits.message_bytes);
        Ok(())
    }

    fn forget(&self) {
        if let Some(is_lost) = &self.is_lost {
            is_lost.store(true, Ordering::Relaxed);
        }
    }
}
