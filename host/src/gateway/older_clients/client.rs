//! One client: its messages come in by POST, and everything that it is sent goes onto its stream.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::stream::Outlet;
use crate::gateway::ended;
use crate::gateway::local_replies::{INVALID_REQUEST, SERVER_ERROR};
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::principal::Principal;
use crate::gateway::roster::{ScopeKind, ServerScope};
use crate::gateway::session::Session;
use crate::telemetry::{Exchange, exchange};

/// Requests of one client that are being answered. Further ones are accepted once there is room.
const REQUESTS: usize = 256;
/// The same, as a number of permits.
const ALL_REQUESTS: u32 = 256;

/// How long after the last notification about a request its answer is sent. Clients of the official TypeScript SDK lose a
/// notification that they read together with the answer: it handles the answer first. A busy client reads late.
const APART: Duration = Duration::from_millis(50);

/// A client whose stream is open.
pub(crate) struct OlderClient {
    /// The id in the address for its messages.
    pub(crate) id: String,
    pub(crate) scope: ServerScope,
    /// Who opened the stream.
    pub(crate) principal: Principal,
    /// Its session, once it has sent `initialize`.
    session: OnceLock<Arc<Session>>,
    pub(super) outlet: Outlet,
    requests: Arc<Semaphore>,
}

impl OlderClient {
    pub(super) fn new(id: String, scope: ServerScope, principal: Principal, outlet: Outlet) -> Self {
        let requests = Arc::new(Semaphore::new(REQUESTS));
        Self { id, scope, principal, session: OnceLock::new(), outlet, requests }
    }

    /// The session, if it is open.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.session.get()
    }

    /// Takes a message. A request is answered on the stream.
    pub(crate) async fn accept(self: &Arc<Self>, message: Message) {
        match (message.kind().clone(), self.session()) {
            (MessageKind::Request { id, .. }, None) => {
                let sentence = "no session is open on this stream; send initialize first";
                self.say(&Message::error(Some(id), SERVER_ERROR, sentence)).await;
            }
            (MessageKind::Request { .. }, Some(session)) => {
                let Ok(place) = self.requests.clone().acquire_owned().await else { return };
                let (client, session) = (self.clone(), session.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = client.answer(&session, message) => {}
                        () = client.outlet.closed() => {}
                    }
                    drop(place);
                });
            }
            (MessageKind::Notification { .. } | MessageKind::Response { .. }, Some(session)) => {
                session.accept(message).await;
            }
            (MessageKind::Notification { .. } | MessageKind::Response { .. }, None) => {}
        }
    }

    /// Begins the session that was opened for this stream. Returns whether there was none yet.
    pub(crate) async fn begin(self: &Arc<Self>, session: &Arc<Session>, greeting: &Message) -> bool {
        if self.session.set(session.clone()).is_err() {
            return false;
        }
        self.say(greeting).await;
        let (client, listening) = (self.clone(), session.listen());
        tokio::spawn(async move {
            let pass = async {
                while let Some(message) = listening.next().await {
                    client.say(&message).await;
                }
                // The session has ended. Answers on their way still come first.
                let requests = client.requests.acquire_many(ALL_REQUESTS).await;
                client.outlet.end().await;
                drop(requests);
            };
            tokio::select! {
                () = pass => {}
                () = client.outlet.closed() => {}
            }
        });
        true
    }

    /// Refuses a second `initialize`.
    pub(crate) async fn refuse_again(&self, id: Id) {
        let sentence = "the session is initialised already; open another stream to begin a new one";
        self.say(&Message::error(Some(id), INVALID_REQUEST, sentence)).await;
    }

    /// Sends a message to the client.
    pub(crate) async fn say(&self, message: &Message) {
        self.outlet.send(message.to_line()).await;
    }

    async fn answer(&self, session: &Arc<Session>, request: Message) {
        let scope = match &self.scope.kind {
            ScopeKind::All => None,
            ScopeKind::Group(name) | ScopeKind::One(name) => Some(name.as_str()),
        };
        let headers = request.headers().cloned().unwrap_or_default();
        let exchange = Exchange::begin(&session.context.traffic, self.principal.name(), scope, &headers);
        exchange.during(self.answer_observed(session, request)).await;
    }

    async fn answer_observed(&self, session: &Arc<Session>, request: Message) {
        exchange::is_of(request.method().unwrap_or_default(), request.size());
        let headers = request.headers().cloned().map(exchange::onward);
        let request = request.with_headers(headers);
        let mut messages = session.request(request).await.into_messages();
        let mut notified = None;
        while let Some(message) = messages.next().await {
            match (message.kind(), notified) {
                (MessageKind::Response { .. }, last) => {
                    exchange::end(ended::with(&message, None));
                    if let Some(last) = last {
                        tokio::time::sleep_until(last + APART).await;
                    }
                }
                (MessageKind::Notification { .. }, _) => notified = Some(Instant::now()),
                (MessageKind::Request { .. }, _) => {}
            }
            self.say(&message).await;
        }
    }
}
