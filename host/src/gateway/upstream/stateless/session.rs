//! A server without sessions as a session: what a client sets is remembered here and said with every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::client_meta::ClientMeta;
use super::exchange::Exchange;
use super::questions::Questions;
use super::rounds::Rounds;
use super::subscriptions::Subscriptions;
use super::wire::Wire;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies::INVALID_PARAMS;
use crate::gateway::message::{Fields, Message, MessageKind, string};
use crate::gateway::revision::ClientGeneration;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::Reply;
use crate::gateway::upstream::request_ids::RequestIds;

/// A session with a server that has none.
pub(crate) struct StatelessSession {
    exchange: Arc<Exchange>,
    questions: Arc<Questions>,
    subscriptions: Subscriptions,
    generation: ClientGeneration,
}

/// What such a session is made of.
pub(crate) struct StatelessParts<'a> {
    pub(crate) server: &'a str,
    pub(crate) wire: Wire,
    /// The ids of its requests, which no other request to the server has.
    pub(crate) request_ids: RequestIds,
    /// How long an answer is awaited.
    pub(crate) limit: AnswerLimit,
    pub(crate) greeting: &'a Fields,
    /// Where messages go that belong to no request.
    pub(crate) inbound: mpsc::Sender<Message>,
}

impl StatelessSession {
    pub(crate) fn new(client: ClientMeta, parts: StatelessParts<'_>) -> Self {
        let generation = ClientGeneration::of(string(parts.greeting, "protocolVersion").as_deref());
        let exchange = Exchange {
            server: parts.server.to_owned(),
            wire: parts.wire,
            client,
            request_ids: parts.request_ids,
            limit: parts.limit,
            is_lost: AtomicBool::new(false),
        };
        let subscriptions = Subscriptions::new(parts.greeting, parts.inbound);
        Self { exchange: Arc::new(exchange), questions: Arc::default(), subscriptions, generation }
    }

    /// The ids of its requests.
    pub(crate) fn request_ids(&self) -> RequestIds {
        self.exchange.request_ids.clone()
    }

    /// Whether requests and results pass as they are, because the client speaks this revision, too.
    pub(crate) fn is_raw(&self) -> bool {
        self.generation == ClientGeneration::Stateless
    }

    /// Whether the server wants some arguments in headers, too.
    pub(crate) fn mirrors_headers(&self) -> bool {
        self.exchange.wire.tools().is_some()
    }

    /// Sends a request. Methods that the revision removed are answered here: a client of this revision sends none.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, method } = message.kind() else { return Err(UpstreamError::DuplicateId) };
        let uri = || message.param("uri").unwrap_or_default();
        let answer = match method.as_str() {
            "ping" => Message::result(id.clone(), &json!({})),
            // A client of this revision says with each request what it wants.
            "logging/setLevel" if self.is_raw() => Message::result(id.clone(), &json!({})),
            "logging/setLevel" => {
                let level = message.param("level").unwrap_or_default();
                if self.exchange.client.set_level(&level) {
                    Message::result(id.clone(), &json!({}))
                } else {
                    Message::error(Some(id.clone()), INVALID_PARAMS, &format!("there is no log level {level:?}"))
                }
            }
            "resources/subscribe" => self.subscriptions.subscribe(&self.exchange, id, &uri()).await,
            "resources/unsubscribe" => self.subscriptions.unsubscribe(&self.exchange, id, &uri()),
            _ => return Rounds::new(&self.exchange, &self.questions, self.generation, message).reply().await,
        };
        Ok(Reply::Whole(answer))
    }

    /// Takes an answer of the client to what a server needs. Nothing else has a place to go: a request is cancelled by
    /// dropping its reply.
    pub(crate) fn notify(&self, message: &Message) {
        if let MessageKind::Response { id: Some(id) } = message.kind() {
            self.questions.answer(id, message.clone());
        }
    }

    /// Starts to listen for changes of lists.
    pub(crate) fn listen(&self) {
        self.subscriptions.listen(&self.exchange);
    }

    /// Waits until the stream for that is open, or known not to come now.
    pub(crate) async fn listening(&self) {
        self.subscriptions.settled().await;
    }

    /// Whether the server is known to speak another revision now, or its command has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.exchange.is_lost.load(Ordering::Relaxed) || self.exchange.wire.is_ended()
    }

    /// Of a command of this session alone: set once it has ended by itself, with the reason.
    pub(crate) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        self.exchange.wire.ending()
    }

    /// Ends the streams, and a command of this session alone.
    pub(crate) async fn close(&self) {
        self.subscriptions.end();
        self.exchange.wire.close().await;
    }
}
