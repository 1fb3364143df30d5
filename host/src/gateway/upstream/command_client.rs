//! One client session of a command that several share: what it declared, what it subscribed to, and what it is asked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use super::notification::is_part_of;
use super::open_questions::OpenQuestions;
use crate::gateway::declared;
use crate::gateway::local_replies;
use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Message, object};

/// What a session gets that set no level, where another one did.
const UNSAID_LEVEL: LogLevel = LogLevel::Info;
/// URIs of one session that are counted.
const MAX_SUBSCRIBED: usize = 1000;
/// How long a session may take to accept a message. Its reader never waits for its client, so this is long.
const ACCEPTED: Duration = Duration::from_secs(1);

/// A client session that uses the command.
pub(crate) struct CommandClient {
    pub(super) number: u64,
    /// Whether it is the hub's own session, which answers no questions.
    pub(super) is_hub: bool,
    capabilities: Fields,
    /// Where messages go that belong to none of its requests.
    inbound: mpsc::Sender<Message>,
    level: Mutex<Option<LogLevel>>,
    subscribed: Mutex<BTreeSet<String>>,
    /// Questions of the command that it has not answered.
    pub(super) questions: Arc<OpenQuestions>,
}

impl CommandClient {
    /// A session of a client with these parameters of `initialize`.
    pub(super) fn new(number: u64, initialize: &Fields, inbound: mpsc::Sender<Message>) -> Self {
        let is_same = |key: &str, other: &Fields| {
            initialize.get(key).map(|value| value.get()) == other.get(key).map(|value| value.get())
        };
        let own = local_replies::initialize_params();
        Self {
            number,
            is_hub: is_same("clientInfo", &own) && is_same("capabilities", &own),
            capabilities: object(initialize, "capabilities"),
            inbound,
            level: Mutex::default(),
            subscribed: Mutex::default(),
            questions: Arc::default(),
        }
    }

    /// Whether the client declared that it answers this request of a server.
    pub(super) fn answers(&self, question: &Message) -> bool {
        declared::answers(&self.capabilities, question).unwrap_or(!self.is_hub)
    }

    /// Whether the client can be sent to an address by a server.
    pub(super) fn opens_urls(&self) -> bool {
        declared::opens_urls(&self.capabilities)
    }

    pub(super) fn level(&self) -> Option<LogLevel> {
        *lock(&self.level)
    }

    /// Sets its level. Returns whether there is a level of this name.
    pub(super) fn set_level(&self, name: &str) -> bool {
        let level = LogLevel::named(name);
        if level.is_some() {
            *lock(&self.level) = level;
        }
        level.is_some()
    }

    /// Whether its level lets a log line of this level pass. `is_set` says whether any session set a level.
    pub(super) fn shows(&self, line: Option<LogLevel>, is_set: bool) -> bool {
        let unsaid = || is_set.then_some(UNSAID_LEVEL);
        match (line, self.level().or_else(unsaid)) {
            (Some(line), Some(level)) => line >= level,
            (None, _) | (_, None) => true,
        }
    }

    /// Counts a subscription. False if it is counted already, or there are too many.
    pub(super) fn subscribe(&self, uri: String) -> bool {
        let mut subscribed = lock(&self.subscribed);
        subscribed.len() < MAX_SUBSCRIBED && subscribed.insert(uri)
    }

    pub(super) fn unsubscribe(&self, uri: &str) {
        lock(&self.subscribed).remove(uri);
    }

    /// The URIs that it is subscribed to.
    pub(super) fn subscriptions(&self) -> Vec<String> {
        lock(&self.subscribed).iter().cloned().collect()
    }

    /// Whether it is subscribed to exactly this URI.
    pub(super) fn is_subscribed(&self, uri: &str) -> bool {
        lock(&self.subscribed).contains(uri)
    }

    /// Whether it wants to hear of this resource, which may be a part of the one that it subscribed to.
    pub(super) fn watches(&self, uri: &str) -> bool {
        lock(&self.subscribed).iter().any(|whole| is_part_of(uri, whole))
    }

    /// Gives it a message that belongs to none of its requests. One that it does not take is dropped.
    pub(super) async fn take(&self, message: Message) {
        if !matches!(tokio::time::timeout(ACCEPTED, self.inbound.send(message)).await, Ok(Ok(()))) {
            tracing::debug!("a message of a shared command came after the end of its session");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::{Id, fields, raw};

    fn client(capabilities: &serde_json::Value) -> CommandClient {
        let params = json!({ "capabilities": capabilities, "clientInfo": { "name": "c" } });
        CommandClient::new(1, &fields(Some(&raw(&params))), mpsc::channel(1).0)
    }

    fn question(method: &str, params: &serde_json::Value) -> Message {
        Message::request(Id::of("q"), method, &fields(Some(&raw(params))))
    }

    #[test]
    fn the_hubs_own_session_answers_nothing() {
        let own = CommandClient::new(1, &local_replies::initialize_params(), mpsc::channel(1).0);

        assert!(own.is_hub && !own.answers(&question("x/unknown", &json!({}))));
    }

    #[test]
    fn a_log_line_passes_at_the_level_of_the_session_or_above() {
        let client = client(&json!({}));
        let line = |name| LogLevel::named(name);

        assert!(client.shows(line("debug"), false));
        assert!(!client.shows(line("debug"), true));
        assert!(client.shows(line("info"), true));
        client.set_level("error");
        assert!(!client.shows(line("warning"), true));
        assert!(client.shows(line("critical"), true));
    }

    #[test]
    fn a_part_of_a_subscribed_resource_is_watched_too() {
        let client = client(&json!({}));
        client.subscribe("file:///a".into());

        assert!(client.watches("file:///a") && client.watches("file:///a/b"));
        assert!(!client.watches("file:///b") && !client.watches("file:///ab"));
        client.unsubscribe("file:///a");
        assert!(!client.watches("file:///a"));
    }
}
