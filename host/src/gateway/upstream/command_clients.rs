//! The client sessions that share one command, and which of them a message of the command is for.
//!
//! A message of one client must not reach another. An answer and progress name their request, and some messages name a task;
//! everything else is judged here, from the requests in flight and from what each session declared or asked for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use tokio::sync::mpsc;

use super::command_client::CommandClient;
use super::command_questions;
use super::command_questions::{Answerer, answerer};
use super::command_tasks::CommandTasks;
use super::command_turns::{CommandTurns, KnownQuestions};
use super::notification::is_about_server;
use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Id, Message, MessageKind};

/// The sessions that use a command now.
#[derive(Default)]
pub(crate) struct CommandClients {
    all: Mutex<IndexMap<u64, Arc<CommandClient>>>,
    last: AtomicU64,
    pub(super) turns: Arc<CommandTurns>,
    pub(super) tasks: CommandTasks,
    /// Whether the command asked for roots when nobody could show any.
    lacks_roots: AtomicBool,
}

/// Who a message is for.
pub(super) enum Audience {
    /// The hub, which gives this answer in place of a client.
    Hub(Message),
    /// These sessions, and no others.
    Clients(Vec<Arc<CommandClient>>),
}

impl CommandClients {
    /// The sessions of a new process of a command that is known to ask this.
    pub(super) fn of_process(known: Arc<KnownQuestions>) -> Self {
        Self { turns: Arc::new(CommandTurns::new(known)), ..Self::default() }
    }

    /// Adds a session of a client with these parameters of `initialize`.
    pub(super) fn add(&self, initialize: &Fields, inbound: mpsc::Sender<Message>) -> Arc<CommandClient> {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let client = Arc::new(CommandClient::new(number, initialize, inbound));
        lock(&self.all).insert(number, client.clone());
        client
    }

    /// A session that gets nothing but what names its requests, because the command has no sessions.
    pub(super) fn apart(&self, initialize: &Fields, inbound: mpsc::Sender<Message>) -> Arc<CommandClient> {
        Arc::new(CommandClient::new(self.last.fetch_add(1, Ordering::Relaxed), initialize, inbound))
    }

    /// Removes a session. Returns whether it was there.
    pub(super) fn remove(&self, client: &CommandClient) -> bool {
        lock(&self.all).shift_remove(&client.number).is_some()
    }

    /// Remembers what an answer to this session says about later messages.
    pub(super) fn note_answer(&self, client: &CommandClient, answer: &Message) {
        self.tasks.note(client.number, answer);
    }

    /// Who a message is for that is neither an answer nor the progress of a request in flight. `in_flight` are the sessions
    /// of the requests in flight that the command may ask something because of, each once.
    pub(super) fn audience(&self, message: &Message, in_flight: &[Arc<CommandClient>]) -> Audience {
        // Who is apart gets no more than what names its requests.
        let in_flight: Vec<_> = {
            let all = lock(&self.all);
            in_flight.iter().filter(|client| all.contains_key(&client.number)).cloned().collect()
        };
        match message.kind() {
            MessageKind::Request { id, method } => self.asked(id, method, message, &in_flight),
            MessageKind::Notification { method } => {
                Audience::Clients(self.notified(method.as_str(), message, &in_flight))
            }
            MessageKind::Response { .. } => Audience::Clients(Vec::new()),
        }
    }

    fn asked(&self, id: &Id, method: &str, question: &Message, in_flight: &[Arc<CommandClient>]) -> Audience {
        let of_hub = || Audience::Hub(command_questions::unanswerable(id.clone(), method));
        if method == "ping" {
            return of_hub();
        }
        if let Some(owner) = self.tasks.owner(question) {
            let owner = self.those(|client| client.number == owner && client.answers(question));
            return if owner.is_empty() { of_hub() } else { Audience::Clients(owner) };
        }
        let found = answerer(question, in_flight, &self.those(|_| true), self.turns.known());
        if method == "roots/list" {
            self.lacks_roots.store(matches!(found, Answerer::Nobody), Ordering::Relaxed);
        }
        match found {
            Answerer::Client(client) => Audience::Clients(vec![client]),
            Answerer::Nobody => of_hub(),
            Answerer::Several => Audience::Hub(command_questions::ambiguous(id.clone(), method)),
        }
    }

    fn notified(&self, method: &str, message: &Message, in_flight: &[Arc<CommandClient>]) -> Vec<Arc<CommandClient>> {
        if let Some(owner) = self.tasks.owner(message) {
            return self.those(|client| client.number == owner);
        }
        match method {
            "notifications/resources/updated" => {
                let uri = message.param("uri").unwrap_or_default();
                self.those(|client| client.watches(&uri))
            }
            "notifications/message" => self.readers_of_log(message, in_flight),
            "notifications/elicitation/complete" => self.those(CommandClient::opens_urls),
            // Its request has ended.
            "notifications/progress" => Vec::new(),
            // Each session knows its own questions, and drops the rest.
            "notifications/cancelled" => self.those(|_| true),
            method if is_about_server(method) || in_flight.is_empty() => self.those(|_| true),
            _ => in_flight.to_vec(),
        }
    }

    /// A log line names no request. It goes to the sessions that the command works for now, and otherwise to all that asked
    /// for lines.
    fn readers_of_log(&self, message: &Message, in_flight: &[Arc<CommandClient>]) -> Vec<Arc<CommandClient>> {
        let is_set = self.level().is_some();
        let line = message.param("level").as_deref().and_then(LogLevel::named);
        if in_flight.is_empty() {
            return self.those(|client| client.level().is_some() && client.shows(line, is_set));
        }
        in_flight.iter().filter(|client| client.shows(line, is_set)).cloned().collect()
    }

    /// The most verbose level that a session asked for.
    pub(super) fn level(&self) -> Option<LogLevel> {
        lock(&self.all).values().filter_map(|client| client.level()).min()
    }

    /// Whether a session is subscribed to this URI.
    pub(super) fn is_subscribed(&self, uri: &str) -> bool {
        lock(&self.all).values().any(|client| client.is_subscribed(uri))
    }

    /// Whether a session is subscribed to anything.
    pub(super) fn is_any_subscribed(&self) -> bool {
        lock(&self.all).values().any(|client| !client.subscriptions().is_empty())
    }

    /// Whether the command should ask for roots again, because this client can show some. Says so once.
    pub(super) fn brings_roots(&self, client: &CommandClient, question: &Message) -> bool {
        client.answers(question) && self.lacks_roots.swap(false, Ordering::Relaxed)
    }

    fn those(&self, is_wanted: impl Fn(&CommandClient) -> bool) -> Vec<Arc<CommandClient>> {
        lock(&self.all).values().filter(|client| is_wanted(client)).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
