//! What a session wants to be told of: changes of lists, and of the resources that its client is subscribed to. A client
//! subscribes one by one; the server gets one stream for all (revision 2026-07-28, "Subscriptions").

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::exchange::Exchange;
use super::subscription_stream::SubscriptionTask;
use super::wanted::{OutcomeKind, StreamOutcome, Wanted};
use crate::gateway::background::BackgroundTask;
use crate::gateway::local_replies::{INVALID_PARAMS, METHOD_NOT_FOUND};
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, fields, object, raw};
use crate::gateway::upstream::stream_state::StreamState;

/// Resources that a session may be subscribed to.
const MOST: usize = 1000;
/// How long a subscription waits until the server has acknowledged it.
const ACKNOWLEDGED: Duration = Duration::from_secs(10);

/// What a server declares that it tells of.
struct Tells {
    /// The filter of lists.
    lists: Fields,
    /// Changes of single resources.
    updates: bool,
}

/// The subscriptions of one session.
pub(super) struct Subscriptions {
    tells: Tells,
    wanted: watch::Sender<Wanted>,
    outcome: watch::Sender<StreamOutcome>,
    inbound: mpsc::Sender<Message>,
    /// Keeps the stream, once something is wanted.
    keeper: Mutex<Option<BackgroundTask>>,
    stream: StreamState,
}

impl Subscriptions {
    /// Of a server with this greeting. What it tells goes to `inbound`.
    pub(super) fn new(greeting: &Fields, inbound: mpsc::Sender<Message>) -> Self {
        let outcome = StreamOutcome { version: 0, kind: OutcomeKind::NotNow };
        Self {
            tells: Tells::of(greeting),
            wanted: watch::Sender::default(),
            outcome: watch::Sender::new(outcome),
            inbound,
            keeper: Mutex::default(),
            stream: StreamState::default(),
        }
    }

    /// Wants to be told of changes of lists from now on.
    pub(super) fn listen(&self, exchange: &Arc<Exchange>) {
        let lists = self.tells.lists.clone();
        let is_new = self.wanted.borrow().lists.is_empty() && !lists.is_empty();
        if is_new {
            self.want(exchange, |wanted| wanted.lists = lists);
        }
    }

    /// Waits until the stream for what is wanted is open, or known not to come now.
    pub(super) async fn settled(&self) {
        self.stream.settled().await;
    }

    /// Answers a client that subscribes to a resource.
    pub(super) async fn subscribe(&self, exchange: &Arc<Exchange>, id: &Id, uri: &str) -> Message {
        let refused = |code, sentence: &str| Message::error(Some(id.clone()), code, sentence);
        if !self.tells.updates {
            return refused(METHOD_NOT_FOUND, "the server has no subscriptions to resources");
        }
        if self.wanted.borrow().uris.len() >= MOST {
            return refused(INVALID_PARAMS, "there are too many subscriptions already; end some first");
        }
        self.want(exchange, |wanted| wanted.uris.extend([uri.to_owned()]));
        let version = self.wanted.borrow().version;
        let mut told = self.outcome.subscribe();
        let told = tokio::time::timeout(ACKNOWLEDGED, told.wait_for(|outcome| outcome.version >= version)).await;
        let kind = told.ok().and_then(Result::ok).map_or(OutcomeKind::NotNow, |outcome| outcome.kind.clone());
        let problem = match kind {
            OutcomeKind::Acknowledged(honoured) if honours(&honoured, uri) => None,
            OutcomeKind::Acknowledged(_) => Some(format!("the server does not tell of changes of {uri:?}")),
            OutcomeKind::Refused(problem) => Some(problem),
            // The stream is tried again, and the subscription is in force once it is open.
            OutcomeKind::NotNow => None,
        };
        let Some(problem) = problem else { return Message::result(id.clone(), &json!({})) };
        self.want(exchange, |wanted| wanted.uris.retain(|other| other != uri));
        refused(INVALID_PARAMS, &problem)
    }

    /// Answers a client that does not want to be told of a resource any more.
    pub(super) fn unsubscribe(&self, exchange: &Arc<Exchange>, id: &Id, uri: &str) -> Message {
        if !self.tells.updates {
            return Message::error(Some(id.clone()), METHOD_NOT_FOUND, "the server has no subscriptions to resources");
        }
        if self.wanted.borrow().uris.contains(uri) {
            self.want(exchange, |wanted| wanted.uris.retain(|other| other != uri));
        }
        Message::result(id.clone(), &json!({}))
    }

    /// Ends the stream; nothing is told after this.
    pub(super) fn end(&self) {
        drop(lock(&self.keeper).take());
    }

    fn want(&self, exchange: &Arc<Exchange>, change: impl FnOnce(&mut Wanted)) {
        self.wanted.send_modify(|wanted| {
            change(wanted);
            wanted.version += 1;
        });
        self.stream.expect();
        lock(&self.keeper).get_or_insert_with(|| {
            let told = SubscriptionTask {
                exchange: exchange.clone(),
                wanted: self.wanted.subscribe(),
                outcome: self.outcome.clone(),
                inbound: self.inbound.clone(),
                stream: self.stream.clone(),
            };
            BackgroundTask::spawn(told.keep())
        });
    }
}

impl Tells {
    fn of(greeting: &Fields) -> Self {
        let capabilities = object(greeting, "capabilities");
        let has = |capability: &str, flag: &str| {
            object(&capabilities, capability).get(flag).is_some_and(|flag| flag.get() == "true")
        };
        let lists = ["tools", "prompts", "resources"].into_iter().filter(|capability| has(capability, "listChanged"));
        let lists = lists.map(|capability| (format!("{capability}ListChanged"), raw(&true))).collect();
        Self { lists, updates: has("resources", "subscribe") }
    }
}

/// Whether the acknowledged filter has a resource. A server that does not say what it honours honours all.
fn honours(acknowledged: &Fields, uri: &str) -> bool {
    let Some(filter) = acknowledged.get("notifications") else { return true };
    let uris = fields(Some(filter)).get("resourceSubscriptions").map(|uris| serde_json::from_str(uris.get()));
    let uris: Vec<String> = uris.and_then(Result::ok).unwrap_or_default();
    uris.iter().any(|honoured| honoured == uri)
}
