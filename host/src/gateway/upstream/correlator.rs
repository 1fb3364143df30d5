//! Answers on a stream that all requests share: which message belongs to which request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indexmap::IndexMap;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use self::pending::{PendingRequest, only, subscription};
use super::command_client::CommandClient;
use super::command_clients::{Audience, CommandClients};
use super::deadline::AnswerLimit;
use super::notification::is_about_server;
use super::open_questions::OpenQuestions;
use super::shared_stream::SharedStream;
use crate::gateway::budget::Budget;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Id, Message, MessageKind};

/// Requests in flight at once.
const MAX_WAITING: usize = 4000;

/// Sorts the messages of one shared stream.
pub(crate) struct Correlator {
    server: String,
    waiting: Mutex<Option<IndexMap<Id, PendingRequest>>>,
    /// Bytes of the messages that wait for their readers.
    room: Arc<Budget>,
    /// Where messages go that belong to no request.
    inbound: mpsc::Sender<Message>,
    /// Why the stream ended, if it ended by itself.
    ending: watch::Sender<Option<UpstreamError>>,
    /// The client sessions behind the requests, where there are several.
    clients: Option<Arc<CommandClients>>,
    /// When a request was last sent or answered.
    used: Mutex<Instant>,
    /// The questions on the stream, unless several client sessions share it.
    questions: Arc<OpenQuestions>,
}

impl Correlator {
    /// Messages that belong to no request, or that exceed `room`, go to `inbound`.
    pub(crate) fn new(server: &str, inbound: mpsc::Sender<Message>, room: Budget) -> Self {
        let waiting = Mutex::new(Some(IndexMap::new()));
        let (ending, room) = (watch::Sender::new(None), Arc::new(room));
        let used = Mutex::new(Instant::now());
        let questions = Arc::default();
        Self { server: server.to_owned(), waiting, room, inbound, ending, clients: None, used, questions }
    }

    /// The questions of the server that its client has not answered, where there is one client.
    pub(crate) const fn questions(&self) -> &Arc<OpenQuestions> {
        &self.questions
    }

    /// The same for a stream that several client sessions share: a message that belongs to no request goes to those that it
    /// is for, and `inbound` gets only the hub's own answers to the other side.
    pub(crate) fn shared_by(self, clients: Option<Arc<CommandClients>>) -> Self {
        Self { clients, ..self }
    }

    /// Registers a request that is about to be sent. Refuses an id that is in flight, and too many requests at once.
    pub(crate) fn expect(&self, request: &Message, limit: AnswerLimit) -> Result<SharedStream, UpstreamError> {
        self.expect_for(None, request, limit)
    }

    /// The same for one of several client sessions.
    pub(crate) fn expect_for(
        &self,
        client: Option<Arc<CommandClient>>,
        request: &Message,
        limit: AnswerLimit,
    ) -> Result<SharedStream, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        let mut waiting = lock(&self.waiting);
        let ended = || UpstreamError::SessionEnded { server: self.server.clone() };
        let waiting = waiting.as_mut().ok_or_else(ended)?;
        waiting.retain(|_, other| !other.answer.is_closed());
        if waiting.contains_key(id) || waiting.len() >= MAX_WAITING {
            return Err(UpstreamError::DuplicateId);
        }
        if client.as_ref().is_none_or(|client| !client.is_hub) {
            *lock(&self.used) = Instant::now();
        }
        let deadline = limit.begin_with(client.as_ref().map_or(&self.questions, |client| &client.questions));
        let (pending, before, answer) = PendingRequest::of(request, client);
        waiting.insert(id.clone(), pending);
        let server = self.server.clone();
        Ok(SharedStream { server, before, answer: Some(answer), deadline, last: None })
    }

    /// Passes a message to the request that it belongs to, or to `inbound`.
    pub(crate) async fn deliver(&self, message: Message) {
        let Some(message) = self.deliver_to_request(message) else { return };
        match &self.clients {
            Some(clients) => match clients.audience(&message, &self.clients_in_flight()) {
                Audience::Clients(audience) => self.deliver_to_clients(&audience, &message).await,
                Audience::Hub(answer) => self.deliver_inbound(answer).await,
            },
            None => self.deliver_inbound(message).await,
        }
    }

    async fn deliver_inbound(&self, message: Message) {
        if self.inbound.send(message).await.is_err() {
            tracing::debug!(server.name = self.server, "a message came after the end of the session");
        }
    }

    /// Passes a message to these sessions: on the stream of its latest request, where it has one in flight.
    async fn deliver_to_clients(&self, audience: &[Arc<CommandClient>], message: &Message) {
        for client in audience {
            client.questions.opened(message);
            let left = {
                let waiting = lock(&self.waiting);
                let is_its_own = |other: &&PendingRequest| {
                    !other.answer.is_closed() && other.client.as_ref().is_some_and(|its| Arc::ptr_eq(its, client))
                };
                let latest = waiting.as_ref().and_then(|waiting| waiting.values().rev().find(is_its_own));
                self.pass(latest.filter(|_| !is_about_server(message.method().unwrap_or_default())), message.clone())
            };
            if let Some(message) = left {
                client.take(message).await;
            }
        }
    }

    /// The sessions with a request in flight that the server may ask something because of, each once.
    fn clients_in_flight(&self) -> Vec<Arc<CommandClient>> {
        let waiting = lock(&self.waiting);
        let in_flight = waiting.iter().flat_map(IndexMap::values).filter(|other| other.may_ask());
        let clients = in_flight.filter_map(|other| other.client.as_ref());
        clients.map(|client| (client.number, client.clone())).collect::<IndexMap<_, _>>().into_values().collect()
    }

    /// Gives up the requests of a session, and returns the ids of those to cancel. A list is not worth it: servers of the
    /// Python SDK before 2.0 end when a request is cancelled that they have not begun yet.
    pub(crate) fn drop_requests_of(&self, client: &CommandClient) -> Vec<Id> {
        let is_its_own = |other: &PendingRequest| other.client.as_ref().is_some_and(|its| its.number == client.number);
        let mut waiting = lock(&self.waiting);
        let Some(waiting) = waiting.as_mut() else { return Vec::new() };
        let given_up = waiting.extract_if(.., |_, other| is_its_own(other));
        given_up.filter(|(_, other)| !other.answer.is_closed() && !other.is_list()).map(|(id, _)| id).collect()
    }

    /// How long no request was sent or answered. The hub's own do not count.
    pub(crate) fn unused_for(&self) -> Duration {
        lock(&self.used).elapsed()
    }

    /// Ends the stream if no request is in flight. Who only waits for changes of lists does not count. Returns whether it has
    /// ended.
    pub(crate) fn end_if_unused(&self) -> bool {
        let mut waiting = lock(&self.waiting);
        let is_used = waiting.iter().flat_map(IndexMap::values).any(PendingRequest::is_use);
        if !is_used {
            waiting.take();
        }
        !is_used
    }

    /// Whether the stream has ended.
    pub(crate) fn is_ended(&self) -> bool {
        lock(&self.waiting).is_none()
    }

    /// Set once the stream has ended by itself, with the reason.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<UpstreamError>> {
        self.ending.subscribe()
    }

    /// Ends the stream: every request in flight fails, with `why` if that is known.
    pub(crate) fn end(&self, why: Option<UpstreamError>) {
        let waiting = lock(&self.waiting).take().unwrap_or_default();
        let Some(why) = why else { return };
        self.ending.send_replace(Some(why.clone()));
        for (_, waiting) in waiting {
            waiting.tell(Err(why.clone()));
        }
    }

    /// Fails the request whose answer was too large: the one of this id, or the only one in flight.
    pub(crate) fn too_large(&self, id: Option<u64>, limit: usize) {
        let mut waiting = lock(&self.waiting);
        let found = waiting.as_mut().and_then(|waiting| match id {
            Some(id) => waiting.shift_remove(&Id::number(id)),
            None => only(waiting),
        });
        drop(waiting);
        let error = UpstreamError::TooLarge { server: self.server.clone(), limit };
        match found {
            Some(found) => found.tell(Err(error)),
            None => tracing::warn!(server.name = self.server, "{error}; the message was dropped"),
        }
    }

    /// Returns the message if it belongs to no request in flight.
    fn deliver_to_request(&self, message: Message) -> Option<Message> {
        let mut waiting = lock(&self.waiting);
        let waiting = waiting.as_mut()?;
        match message.kind() {
            MessageKind::Response { id: Some(id) } => {
                let number = id.as_number().map(Id::number);
                let found = waiting.shift_remove(id).or_else(|| waiting.shift_remove(&number?))?;
                if let (Some(clients), Some(client)) = (&self.clients, &found.client) {
                    clients.note_answer(client, &message);
                }
                if found.client.as_ref().is_none_or(|client| !client.is_hub) {
                    *lock(&self.used) = Instant::now();
                }
                found.tell(Ok(message));
                None
            }
            // The server could not parse a request. If several are in flight, nothing says which.
            MessageKind::Response { id: None } => {
                only(waiting)?.tell(Ok(message));
                None
            }
            MessageKind::Notification { method } if waiting.values().any(PendingRequest::is_subscription) => {
                match subscription(method, &message).and_then(|id| waiting.get(&id)) {
                    Some(found) if found.is_subscription() && method == "notifications/cancelled" => {
                        let id = subscription(method, &message)?;
                        let closed = UpstreamError::Closed { server: self.server.clone() };
                        waiting.shift_remove(&id)?.tell(Err(closed));
                        None
                    }
                    Some(found) if found.is_subscription() => self.pass(Some(found), message),
                    Some(_) | None => self.of_request(waiting, message),
                }
            }
            MessageKind::Notification { .. } | MessageKind::Request { .. } => self.of_request(waiting, message),
        }
    }

    /// Passes a message to the request that it most likely belongs to.
    fn of_request(&self, waiting: &IndexMap<Id, PendingRequest>, message: Message) -> Option<Message> {
        match message.kind() {
            MessageKind::Notification { method } if is_about_server(method) => Some(message),
            MessageKind::Notification { method } if method == "notifications/progress" => {
                let token = message.params().get("progressToken").map(|token| token.get().to_owned());
                let found = waiting.values().find(|other| other.progress.is_some() && other.progress == token);
                self.pass(found, message)
            }
            MessageKind::Notification { method }
                if method == "notifications/message" && waiting.values().any(PendingRequest::wants_log) =>
            {
                self.pass_log(waiting, &message);
                None
            }
            MessageKind::Notification { .. } | MessageKind::Request { .. } if self.clients.is_some() => Some(message),
            MessageKind::Notification { .. } | MessageKind::Request { .. } | MessageKind::Response { .. } => {
                self.pass(waiting.values().rev().find(|other| !other.is_subscription()), message)
            }
        }
    }

    /// Passes a log line, which names no request: to the latest request of each session that asked for lines of its level.
    fn pass_log(&self, waiting: &IndexMap<Id, PendingRequest>, line: &Message) {
        let level = line.param("level").as_deref().and_then(LogLevel::named);
        let readers = waiting.values().filter(|other| other.wants_line(level));
        let number = |other: &PendingRequest| other.client.as_ref().map(|client| client.number);
        let latest: IndexMap<_, _> = readers.map(|other| (number(other), other)).collect();
        for request in latest.into_values() {
            // Its reader has fallen far behind: the line is lost.
            drop(self.pass(Some(request), line.clone()));
        }
    }

    /// Passes a message to a request's reader. Returns it if there is no reader, or no room with it.
    fn pass(&self, to: Option<&PendingRequest>, message: Message) -> Option<Message> {
        let Some(to) = to else { return Some(message) };
        let Some(reservation) = self.room.reserve(message.size()) else { return Some(message) };
        match to.before.try_send((message, reservation)) {
            Ok(()) => None,
            Err(TrySendError::Full((message, _)) | TrySendError::Closed((message, _))) => Some(message),
        }
    }
}

mod pending;
#[cfg(test)]
mod tests;
