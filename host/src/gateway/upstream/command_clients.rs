//! The client sessions that share one command, and which of them a message of the command is for.
//!
//! A message of one client must not reach another. An answer and progress name their request; everything else is judged
//! here, from the requests in flight and from what each session declared or asked for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use tokio::sync::mpsc;

use super::command_client::CommandClient;
use super::notification::is_about_server;
use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Message, MessageKind};

/// The sessions that use a command now.
#[derive(Default)]
pub(crate) struct CommandClients {
    all: Mutex<IndexMap<u64, Arc<CommandClient>>>,
    last: AtomicU64,
    /// Whether the command asked for roots when nobody could show any.
    lacks_roots: AtomicBool,
}

/// Who a message is for.
pub(super) enum Audience {
    /// The hub, which answers in place of a client.
    Hub,
    /// These sessions, and no others.
    Clients(Vec<Arc<CommandClient>>),
}

impl CommandClients {
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

    /// Who a message is for that is neither an answer nor the progress of a request in flight. `in_flight` are the sessions
    /// of the requests in flight, the latest last.
    pub(super) fn audience(&self, message: &Message, in_flight: &[Arc<CommandClient>]) -> Audience {
        // Who is apart gets no more than what names its requests.
        let in_flight: Vec<_> = {
            let all = lock(&self.all);
            in_flight.iter().filter(|client| all.contains_key(&client.number)).cloned().collect()
        };
        match message.kind() {
            MessageKind::Request { method, .. } if method == "ping" => Audience::Hub,
            MessageKind::Request { .. } => match self.answerer(message, &in_flight) {
                Some(client) => Audience::Clients(vec![client]),
                None => Audience::Hub,
            },
            MessageKind::Notification { method } => {
                Audience::Clients(self.notified(method.as_str(), message, &in_flight))
            }
            MessageKind::Response { .. } => Audience::Clients(Vec::new()),
        }
    }

    /// Of the sessions with a request in flight that can answer, the one with the latest request.
    fn answerer(&self, question: &Message, in_flight: &[Arc<CommandClient>]) -> Option<Arc<CommandClient>> {
        if let Some(client) = in_flight.iter().rev().find(|client| client.answers(question)) {
            return Some(client.clone());
        }
        if question.method() != Some("roots/list") {
            return None;
        }
        // Roots are about the client, not about a request. Servers ask for them as soon as they run.
        let found = self.only(|client| client.answers(question));
        self.lacks_roots.store(found.is_none(), Ordering::Relaxed);
        found
    }

    fn notified(&self, method: &str, message: &Message, in_flight: &[Arc<CommandClient>]) -> Vec<Arc<CommandClient>> {
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
            method if is_about_server(method) => self.those(|_| true),
            _ => match in_flight.last() {
                Some(client) => vec![client.clone()],
                None => self.those(|_| true),
            },
        }
    }

    /// A log line names no request. It goes to the sessions that asked for it, and to those that wait for the command.
    fn readers_of_log(&self, message: &Message, in_flight: &[Arc<CommandClient>]) -> Vec<Arc<CommandClient>> {
        let is_set = self.level().is_some();
        let line = message.param("level").as_deref().and_then(LogLevel::named);
        self.those(|client| {
            let is_waiting = in_flight.iter().any(|other| other.number == client.number);
            (client.level().is_some() || is_waiting) && client.shows(line, is_set)
        })
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

    fn only(&self, is_wanted: impl Fn(&CommandClient) -> bool) -> Option<Arc<CommandClient>> {
        let mut found = self.those(is_wanted);
        if found.len() == 1 { found.pop() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::{Id, fields, raw};

    fn add(clients: &CommandClients, capabilities: &Value) -> Arc<CommandClient> {
        let params = json!({ "capabilities": capabilities, "clientInfo": { "name": "c" } });
        clients.add(&fields(Some(&raw(&params))), mpsc::channel(1).0)
    }

    fn question(method: &str) -> Message {
        Message::request(Id::of("q"), method, &Fields::new())
    }

    fn numbers(audience: &Audience) -> Vec<u64> {
        match audience {
            Audience::Hub => vec![99],
            Audience::Clients(clients) => clients.iter().map(|client| client.number).collect(),
        }
    }

    #[test]
    fn a_question_goes_to_the_latest_request_whose_client_can_answer_it() {
        let clients = CommandClients::default();
        let [able, unable] = [json!({ "elicitation": {} }), json!({})].map(|declared| add(&clients, &declared));
        let asks =
            |in_flight: &[Arc<CommandClient>]| numbers(&clients.audience(&question("elicitation/create"), in_flight));

        assert_eq!(asks(&[able.clone(), unable.clone()]), [0]);
        assert_eq!(asks(&[unable.clone(), able.clone()]), [0]);
        assert_eq!(asks(&[unable]), [99]);
        assert_eq!(asks(&[]), [99]);
    }

    #[test]
    fn roots_are_asked_of_the_only_client_that_shows_them_and_again_once_there_is_one() {
        let clients = CommandClients::default();
        add(&clients, &json!({}));
        let asked = question("roots/list");

        assert_eq!(numbers(&clients.audience(&asked, &[])), [99]);
        let first = add(&clients, &json!({ "roots": {} }));
        assert!(clients.brings_roots(&first, &asked) && !clients.brings_roots(&first, &asked));
        assert_eq!(numbers(&clients.audience(&asked, &[])), [1]);
        add(&clients, &json!({ "roots": {} }));
        assert_eq!(numbers(&clients.audience(&asked, &[])), [99]);
    }

    #[test]
    fn a_client_apart_is_sent_nothing_that_names_none_of_its_requests() {
        let clients = CommandClients::default();
        let params = json!({ "capabilities": { "elicitation": {} }, "clientInfo": { "name": "c" } });
        let apart = [clients.apart(&fields(Some(&raw(&params))), mpsc::channel(1).0)];
        let note = |method: &str| Message::notification(method, Some(&json!({ "level": "error", "uri": "x://1" })));

        assert_eq!(numbers(&clients.audience(&question("elicitation/create"), &apart)), [99]);
        for method in ["message", "progress", "resources/updated", "tools/list_changed", "x/unknown"] {
            assert!(
                numbers(&clients.audience(&note(&format!("notifications/{method}")), &apart)).is_empty(),
                "{method}"
            );
        }
    }

    #[test]
    fn a_log_line_goes_to_those_who_asked_for_its_level_or_wait() {
        let clients = CommandClients::default();
        let [verbose, quiet, waiting, _] = [(); 4].map(|()| add(&clients, &json!({})));
        verbose.set_level("debug");
        quiet.set_level("error");
        let line = |level: &str| Message::notification("notifications/message", Some(&json!({ "level": level })));

        assert_eq!(numbers(&clients.audience(&line("debug"), std::slice::from_ref(&waiting))), [0]);
        assert_eq!(numbers(&clients.audience(&line("info"), std::slice::from_ref(&waiting))), [0, 2]);
        assert_eq!(numbers(&clients.audience(&line("error"), &[waiting])), [0, 1, 2]);
        assert_eq!(clients.level().map(LogLevel::name), Some("debug"));
    }

    #[test]
    fn an_update_goes_to_those_who_subscribed_and_a_change_of_a_list_to_all() {
        let clients = CommandClients::default();
        let [subscribed, _] = [(); 2].map(|()| add(&clients, &json!({})));
        subscribed.subscribe("x://1".into());
        let updated = Message::notification("notifications/resources/updated", Some(&json!({ "uri": "x://1" })));
        let changed = Message::notification("notifications/tools/list_changed", None);

        assert_eq!(numbers(&clients.audience(&updated, &[])), [0]);
        assert_eq!(numbers(&clients.audience(&changed, &[])), [0, 1]);
        clients.remove(&subscribed);
        assert!(!clients.is_subscribed("x://1"));
    }
}
