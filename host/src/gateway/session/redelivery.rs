//! A client's streams, over one connection after another (Streamable HTTP, "Resumability and Redelivery").
//!
//! A connection that breaks does not end a call: what the server says goes on into a log, and the client reads the rest
//! where it left off. A client that stays away for too long has given the call up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::StreamExt;
use futures::stream::{BoxStream, select_all, unfold};
use serde_json::json;

use super::answer_stream::{AnswerStream, ClientAnswer};
use super::core::Session;
use super::from_server::ClientStream;
use crate::gateway::local_replies::{self, SERVER_ERROR};
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::replay::{EventId, LogReader, Pushed, ReplayStreams, StreamEvent, StreamLog};

/// The first revision whose clients understand an event without a message.
const PRIMED: &str = "2025-11-25";

/// An answer's stream as one connection reads it.
pub(crate) struct AnswerReader {
    events: LogReader,
    /// The id of the event that stands before the first message.
    pub(crate) before: EventId,
}

/// The client's stream for messages that belong to no request, as one connection reads it.
pub(crate) struct ListenReader {
    stream: ClientStream,
    /// Events that were sent before and may not have arrived.
    again: VecDeque<StreamEvent>,
    session: Arc<Session>,
    /// The id of the event that stands before the first message.
    pub(crate) before: EventId,
    /// Whether the client knows that id already.
    pub(crate) is_resumed: bool,
}

/// What a client gets that names the last event it received.
pub(crate) enum Resumed {
    /// The rest of the answer's stream.
    Answer(AnswerReader),
    /// The stream for messages that belong to no request.
    Listening(ListenReader),
    /// The answer is not kept any more; this says so, in its place.
    Lost(Message),
}

/// A client named an event that the hub never sent, or whose stream it does not know any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event in the header Last-Event-ID is none of a stream that is kept; leave the header out to listen from now on"
)]
pub(crate) struct UnknownEvent;

impl Session {
    /// Whether the client understands an event without a message.
    pub(crate) fn is_primed(&self) -> bool {
        // Revisions are dates, so they sort.
        self.agreed_revision().as_str() >= PRIMED
    }

    /// Reads the answer to a request in a task of its own, which goes on when the connection breaks.
    pub(crate) fn log_answer(self: &Arc<Self>, request: Id, answer: AnswerStream) -> AnswerReader {
        self.log(vec![request], messages_of(answer))
    }

    /// Answers several requests at once, on one stream. `None` if none of the messages is a request.
    pub(crate) async fn answer_batch(self: &Arc<Self>, batch: Vec<Message>) -> Option<AnswerReader> {
        let mut requests = Vec::new();
        let mut answers = Vec::new();
        for message in batch {
            match message.kind().clone() {
                MessageKind::Request { id, .. } => {
                    requests.push(id);
                    let session = self.clone();
                    let answer = async move { session.request(message).await };
                    answers.push(futures::stream::once(answer).flat_map(ClientAnswer::into_messages).boxed());
                }
                MessageKind::Notification { .. } | MessageKind::Response { .. } => self.accept(message).await,
            }
        }
        (!requests.is_empty()).then(|| self.log(requests, select_all(answers).boxed()))
    }

    fn log(self: &Arc<Self>, requests: Vec<Id>, messages: BoxStream<'static, Message>) -> AnswerReader {
        let single = requests.first().filter(|_| requests.len() == 1).cloned();
        let (before, log) = self.replay.open(single);
        let reader = AnswerReader { events: log.read(0), before: before.clone() };
        let filling = LogFilling { session: self.clone(), stream: before, log, requests };
        tokio::spawn(filling.fill(messages));
        reader
    }

    /// Opens the client's stream for messages that belong to none of its requests. The stream before it ends.
    pub(crate) fn listen_from_now(self: &Arc<Self>) -> ListenReader {
        let before = self.replay.last_standalone();
        ListenReader { stream: self.listen(), again: VecDeque::new(), session: self.clone(), before, is_resumed: false }
    }

    /// Goes on with the stream that this event was of. An answer's stream leaves the client's other streams alone. Of the
    /// stream that answers no request, what is not kept any more is skipped; an answer that is not kept is reported.
    pub(crate) fn resume(self: &Arc<Self>, last: &str) -> Result<Resumed, UnknownEvent> {
        let last = EventId::read(last).filter(|last| self.replay.is_of_session(last)).ok_or(UnknownEvent)?;
        if ReplayStreams::is_standalone(&last) {
            // Opened first: from here on no other connection adds to what was sent.
            let mut reader = self.listen_from_now();
            reader.again = self.replay.sent_after(&last);
            reader.is_resumed = self.replay.is_own(&last);
            return Ok(Resumed::Listening(reader));
        }
        self.touch();
        if let Some(log) = self.replay.find(&last) {
            return Ok(Resumed::Answer(AnswerReader { events: log.read(last.number), before: last }));
        }
        let request = last.request.ok_or(UnknownEvent)?;
        let sentence = "the answer to this request is not kept any more, because the hub was restarted or the client was \
                        away for too long; send the request again";
        Ok(Resumed::Lost(Message::error(Some(request), SERVER_ERROR, sentence)))
    }
}

impl AnswerReader {
    /// The next event. `None` after the answer. May be dropped while it waits: no event is lost.
    pub(crate) async fn next(&self) -> Option<StreamEvent> {
        self.events.next().await
    }
}

impl ListenReader {
    /// Whether the stream ends because the hub does.
    pub(crate) fn ends_with_hub(&self) -> bool {
        self.session.context.is_draining.load(Ordering::Relaxed)
    }

    /// The next event. `None` once another stream took over or the session ended. May be dropped while it waits: no event
    /// is lost.
    pub(crate) async fn next(&mut self) -> Option<StreamEvent> {
        if let Some(event) = self.again.pop_front() {
            return Some(event);
        }
        let message = self.stream.next().await?;
        Some(self.session.replay.sent(message.to_line()))
    }
}

/// The task that fills a log.
struct LogFilling {
    session: Arc<Session>,
    stream: EventId,
    log: Arc<StreamLog>,
    /// The requests that are answered.
    requests: Vec<Id>,
}

impl LogFilling {
    async fn fill(self, mut messages: BoxStream<'static, Message>) {
        let filled = async {
            while let Some(message) = messages.next().await {
                self.add(message).await;
            }
        };
        tokio::select! {
            () = filled => self.log.complete(),
            // Only then are the messages dropped, and with them the requests in flight: they can still be cancelled.
            () = self.log.given_up(self.session.context.limits.away) => self.give_up().await,
        }
    }

    async fn add(&self, message: Message) {
        if self.log.push(message.to_line()).await == Pushed::Waits {
            return;
        }
        match message.kind() {
            MessageKind::Response { id } => {
                let id = id.clone().unwrap_or_else(|| Id::of(""));
                if self.log.push(local_replies::no_room(id, "").to_line()).await == Pushed::NoRoom {
                    self.log.end();
                }
            }
            MessageKind::Request { .. } | MessageKind::Notification { .. } => self.session.refuse_unread(&message),
        }
    }

    /// The client does not come back. Its requests are cancelled at their servers.
    async fn give_up(&self) {
        self.log.end();
        self.session.replay.forget(&self.stream);
        for request in &self.requests {
            let params = json!({ "requestId": request.to_raw(), "reason": "the client went away" });
            self.session.cancel_request(&Message::notification("notifications/cancelled", Some(&params))).await;
        }
    }
}

impl ClientAnswer {
    /// All messages of the answer, as they come.
    pub(crate) fn into_messages(self) -> BoxStream<'static, Message> {
        match self {
            Self::Whole(answer) => futures::stream::once(async { answer }).boxed(),
            Self::Stream(stream) => messages_of(stream),
        }
    }
}

fn messages_of(answer: AnswerStream) -> BoxStream<'static, Message> {
    unfold(answer, |mut answer| async move { Some((answer.next().await?, answer)) }).boxed()
}
