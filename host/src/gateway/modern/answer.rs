//! The answer to one request: alone, or after the messages that belong to it. A question of a server ends it with
//! `input_required`, and the call waits for the retry.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::clients::ModernClients;
use super::envelope::Envelope;
use super::listen::ListenStream;
use super::methods::ModernMethod;
use super::parked::CallMark;
use super::running::RunningCall;
use super::{inputs, results};
use crate::gateway::declared;
use crate::gateway::error_codes::{INTERNAL_ERROR, METHOD_NOT_FOUND};
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Id, Message, MessageKind};

/// How long an answer may take before a stream is opened for it. Until then, its status can still say that it failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long other questions are awaited after one came: servers may ask several at once.
const MORE: Duration = Duration::from_millis(20);

/// What a client gets for a request.
pub(crate) enum ModernAnswer {
    /// The answer came alone.
    Whole(Message),
    /// Messages as they come, the answer last.
    Stream(ModernMessages),
}

/// The messages on the stream of one request.
pub(crate) enum ModernMessages {
    /// Of a request that a server works on.
    Call(Box<ModernStream>),
    /// The changes that a client listens to, until it goes away.
    Listen(Box<ListenStream>),
}

impl ModernMessages {
    /// The next message; `None` at the end. May be dropped while it waits: no message is lost.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        match self {
            Self::Call(stream) => stream.next().await,
            Self::Listen(stream) => stream.next().await,
        }
    }
}

/// The messages that answer one request. Dropping it before the answer cancels the request.
pub(crate) struct ModernStream {
    clients: Arc<ModernClients>,
    /// `None` once it is answered.
    call: Option<RunningCall>,
    pub(super) asked: Asked,
    /// A message that was read ahead.
    first: Option<Message>,
    /// Questions of servers, with which the answer will end.
    questions: Vec<Message>,
    /// When it ends with them. `None` while there are none.
    questions_until: Option<Instant>,
}

/// What the answer depends on.
pub(super) struct Asked {
    pub(super) id: Id,
    pub(super) method: ModernMethod,
    pub(super) envelope: Envelope,
    pub(super) mark: CallMark,
    /// The client's progress token.
    pub(super) token: Option<Box<RawValue>>,
}

impl ModernStream {
    pub(super) const fn new(clients: Arc<ModernClients>, call: RunningCall, asked: Asked) -> Self {
        Self { clients, call: Some(call), asked, first: None, questions: Vec::new(), questions_until: None }
    }

    /// The answer alone, if nothing comes before it and it does not take long.
    pub(super) async fn into_answer(mut self) -> ModernAnswer {
        match tokio::time::timeout(PATIENCE, self.next()).await {
            Ok(Some(message)) if self.call.is_none() => return ModernAnswer::Whole(message),
            Ok(first) => self.first = first,
            Err(_) => {}
        }
        ModernAnswer::Stream(ModernMessages::Call(Box::new(self)))
    }

    /// The next message; `None` after the answer. May be dropped while it waits: no message is lost.
    async fn next(&mut self) -> Option<Message> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let call = self.call.as_mut()?;
            let next = match self.questions_until {
                None => call.next().await,
                Some(until) => match tokio::time::timeout_at(until, call.next()).await {
                    Ok(Some(message)) => Some(message),
                    Ok(None) | Err(_) => return self.park(),
                },
            };
            let Some(message) = next else {
                self.call = None;
                let sentence = "the answer was lost; try again";
                return Some(Message::error(Some(self.asked.id.clone()), INTERNAL_ERROR, sentence));
            };
            if let Some(message) = self.take(message) {
                return Some(message);
            }
        }
    }

    /// What the client gets for a message of the call. `None` if that is nothing, or not yet.
    fn take(&mut self, message: Message) -> Option<Message> {
        match message.kind() {
            MessageKind::Response { .. } => Some(self.finish(message)),
            // A stream that ends with a question is not worth a notification.
            MessageKind::Notification { .. } if self.questions_until.is_some() => None,
            MessageKind::Notification { method } => {
                let method = method.clone();
                self.notification(&method, message)
            }
            MessageKind::Request { .. } => {
                self.ask(message);
                None
            }
        }
    }

    fn finish(&mut self, answer: Message) -> Message {
        self.call = None;
        let has_url = declared::opens_urls(&self.asked.envelope.capabilities);
        let pages = inputs::of_error(&answer).filter(|_| has_url);
        match pages {
            Some(required) => Message::result(self.asked.id.clone(), &required),
            None => results::modern(self.asked.method, answer, self.asked.id.clone()),
        }
    }

    /// Only notifications about this request may come on its stream.
    fn notification(&self, method: &str, message: Message) -> Option<Message> {
        match method {
            "notifications/progress" => {
                let mut params = message.params();
                params.insert("progressToken".into(), self.asked.token.clone()?);
                Some(message.with_params(&params))
            }
            "notifications/message" => {
                let level = LogLevel::named(&message.param("level")?)?;
                self.asked.envelope.log_level.is_some_and(|from| level >= from).then_some(message)
            }
            _ => None,
        }
    }

    /// Keeps a server's question for the end of the answer, with others that come soon. If the client cannot answer it, the
    /// server is told.
    fn ask(&mut self, question: Message) {
        let MessageKind::Request { id, .. } = question.kind() else { return };
        if declared::answers(&self.asked.envelope.capabilities, &question) == Some(true) {
            self.questions.push(question);
            self.questions_until.get_or_insert_with(|| Instant::now() + MORE);
        } else if let Some(call) = &self.call {
            let sentence = "the client did not declare the capability for this";
            let refusal = Message::error(Some(id.clone()), METHOD_NOT_FOUND, sentence);
            let session = call.hidden.session.clone();
            tokio::spawn(async move { session.accept(refusal).await });
        }
    }

    /// Ends the answer with the questions. The call waits for the retry.
    fn park(&mut self) -> Option<Message> {
        let call = self.call.take()?;
        let questions = std::mem::take(&mut self.questions);
        Some(self.clients.park(call, questions, self.asked.mark, self.asked.id.clone()))
    }
}
