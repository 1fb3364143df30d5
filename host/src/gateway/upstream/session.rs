//! An open session with one server, over whatever transport.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::legacy::Legacy;
use super::open_questions::OpenQuestions;
use super::reply::Reply;
use super::request_ids::RequestIds;
use super::shared::SharedSession;
use super::stateless::StatelessSession;
use super::stdio::Stdio;
use super::streamable::Streamable;
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, MessageKind, object};
use crate::gateway::request_meta;
use crate::gateway::revision::Structure;

/// How long a server may take to accept a cancellation.
const CANCELLATION: Duration = Duration::from_secs(5);

/// A session, by its transport.
pub(super) enum TransportSession {
    /// Streamable HTTP with sessions.
    Streamable(Streamable),
    /// The revision without sessions, over HTTP or the standard streams of a command.
    Stateless(StatelessSession),
    /// HTTP with SSE, the transport of revision 2024-11-05.
    Legacy(Legacy),
    /// The standard streams of a command of this session alone.
    Stdio(Arc<Stdio>),
    /// A part of a command that client sessions share.
    Shared(SharedSession),
}

/// A session that has been initialised. Dropping it ends it.
pub(crate) struct UpstreamSession {
    pub(crate) server: String,
    transport: TransportSession,
    /// The server's result of `initialize`.
    pub(crate) greeting: Fields,
    /// Whether that result had to be repaired.
    pub(crate) is_repaired: bool,
    /// Capabilities that the server does not declare and turned out not to have.
    lacking: Mutex<BTreeSet<&'static str>>,
    request_ids: RequestIds,
    /// Where messages go that belong to no request.
    inbound: mpsc::Sender<Message>,
    /// The task that reads them.
    pub(crate) reader: Mutex<Option<BackgroundTask>>,
}

impl TransportSession {
    pub(super) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        // Boxed: it has room for the way that the transport needs, and no more.
        match self {
            Self::Streamable(session) => Box::pin(session.request(message)).await,
            Self::Stateless(session) => Box::pin(session.request(message)).await,
            Self::Legacy(session) => Box::pin(session.request(message)).await,
            Self::Stdio(session) => Box::pin(session.request(message)).await,
            Self::Shared(session) => Box::pin(session.request(message)).await,
        }
    }

    pub(super) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        match self {
            Self::Streamable(session) => session.notify(message).await,
            Self::Stateless(session) => {
                session.notify(message);
                Ok(())
            }
            Self::Legacy(session) => session.notify(message).await,
            Self::Stdio(session) => session.notify(message).await,
            Self::Shared(session) => session.notify(message).await,
        }
    }

    /// The questions that the server has asked. `None` where it asks by its answers.
    fn questions(&self) -> Option<&Arc<OpenQuestions>> {
        match self {
            Self::Streamable(session) => Some(session.questions()),
            Self::Stateless(_) => None,
            Self::Legacy(session) => Some(session.questions()),
            Self::Stdio(session) => Some(session.questions()),
            Self::Shared(session) => Some(session.questions()),
        }
    }

    fn request_ids(&self) -> RequestIds {
        match self {
            Self::Shared(session) => RequestIds::after(session.ids()),
            Self::Stateless(session) => session.request_ids(),
            Self::Streamable(_) | Self::Legacy(_) | Self::Stdio(_) => RequestIds::default(),
        }
    }
}

impl UpstreamSession {
    pub(super) fn new(
        server: &str,
        transport: TransportSession,
        greeting: Fields,
        is_repaired: bool,
        inbound: mpsc::Sender<Message>,
    ) -> Self {
        Self {
            server: server.to_owned(),
            request_ids: transport.request_ids(),
            transport,
            greeting,
            is_repaired,
            lacking: Mutex::default(),
            inbound,
            reader: Mutex::default(),
        }
    }

    /// Sends a request under an id of the hub's. The reply carries the request's own id again. A cancellation ends the wait.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let (message, issued_id) = self.request_ids.issue(message).ok_or(UpstreamError::DuplicateId)?;
        let message = if self.is_raw() { message } else { request_meta::without(message) };
        match self.transport.request(&message).await {
            Ok(reply) => Ok(reply.with_issued_id(issued_id)),
            Err(error) => {
                // A sender that stops waiting should cancel its request (Lifecycle, "Timeouts").
                if let UpstreamError::TimedOut { .. } = error {
                    Box::pin(self.cancel(&issued_id.cancellation())).await;
                }
                Err(error)
            }
        }
    }

    /// A question of the server goes to the client. While it is open, the server need not answer.
    pub(crate) fn note_question(&self, question: &Message) {
        if let Some(questions) = self.transport.questions() {
            questions.opened(question);
        }
    }

    /// The server does not wait for the answer to this question any more.
    pub(crate) fn close_question(&self, id: &Id) {
        if let Some(questions) = self.transport.questions() {
            questions.closed(id);
        }
    }

    /// Sends a notification or an answer. A cancellation of a request that is not in flight is not sent.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        if let MessageKind::Response { id: Some(id) } = message.kind() {
            self.close_question(id);
        }
        match self.translated(message) {
            Some(message) => self.transport.notify(&message).await,
            None => Ok(()),
        }
    }

    /// A notification or an answer as the server is to see it. `None` for a cancellation of a request that is not in flight.
    pub(crate) fn translated(&self, message: &Message) -> Option<Message> {
        self.request_ids.translated(message)
    }

    /// Sends a cancellation, as [`Self::translated`] returned it. Returns whether the server accepted it. It is not awaited
    /// for long: a server that is slow already may not accept this either.
    pub(crate) async fn cancel(&self, notice: &Message) -> bool {
        matches!(tokio::time::timeout(CANCELLATION, self.transport.notify(notice)).await, Ok(Ok(())))
    }

    /// Starts to listen for messages that belong to no request, where the transport needs a stream for that.
    pub(crate) fn listen(&self) {
        match &self.transport {
            TransportSession::Streamable(session) => session.listen(self.inbound.clone()),
            TransportSession::Stateless(session) => session.listen(),
            TransportSession::Legacy(_) | TransportSession::Stdio(_) | TransportSession::Shared(_) => {}
        }
    }

    /// Waits until the stream for messages that belong to no request is open, or known not to come. Not for long, and not at
    /// all if nobody listens.
    pub(crate) async fn listening(&self) {
        match &self.transport {
            TransportSession::Streamable(session) => session.listening().await,
            TransportSession::Stateless(session) => session.listening().await,
            TransportSession::Legacy(_) | TransportSession::Stdio(_) | TransportSession::Shared(_) => {}
        }
    }

    /// Whether requests and results pass as they are in revision 2026-07-28, because both sides speak it.
    fn is_raw(&self) -> bool {
        match &self.transport {
            TransportSession::Stateless(session) => session.is_raw(),
            TransportSession::Streamable(_)
            | TransportSession::Legacy(_)
            | TransportSession::Stdio(_)
            | TransportSession::Shared(_) => false,
        }
    }

    /// What the server's tools may return as structured content.
    pub(crate) const fn structure(&self) -> Structure {
        match &self.transport {
            TransportSession::Stateless(_) => Structure::Any,
            TransportSession::Streamable(_)
            | TransportSession::Legacy(_)
            | TransportSession::Stdio(_)
            | TransportSession::Shared(_) => Structure::Object,
        }
    }

    /// Whether the server wants some arguments of its tools in headers, too.
    pub(crate) fn mirrors_headers(&self) -> bool {
        match &self.transport {
            TransportSession::Stateless(session) => session.mirrors_headers(),
            TransportSession::Streamable(_)
            | TransportSession::Legacy(_)
            | TransportSession::Stdio(_)
            | TransportSession::Shared(_) => false,
        }
    }

    /// Whether the session is known to have ended.
    pub(crate) fn is_ended(&self) -> bool {
        match &self.transport {
            TransportSession::Streamable(session) => session.is_ended(),
            TransportSession::Stateless(session) => session.is_ended(),
            TransportSession::Legacy(session) => session.is_ended(),
            TransportSession::Stdio(session) => session.is_ended(),
            TransportSession::Shared(session) => session.is_ended(),
        }
    }

    /// Of a command of its own: set once it has ended by itself, with the reason. Holding this does not keep the command running.
    pub(crate) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        match &self.transport {
            TransportSession::Stdio(session) => Some(session.ending()),
            TransportSession::Stateless(session) => session.ending(),
            TransportSession::Streamable(_) | TransportSession::Legacy(_) | TransportSession::Shared(_) => None,
        }
    }

    /// Whether the server declared this capability.
    pub(crate) fn has(&self, capability: &str) -> bool {
        object(&self.greeting, "capabilities").contains_key(capability)
    }

    /// Records that the server refused a request for a capability that it does not declare.
    pub(crate) fn set_lacking(&self, capability: &'static str) {
        lock(&self.lacking).insert(capability);
    }

    /// Whether a request for an undeclared list is worthwhile: the server has not refused one yet, and it declares no list
    /// at all or the list is that of tools. Some servers declare nothing, and most that declare something forget only the
    /// tools.
    pub(crate) fn may_have(&self, capability: &str) -> bool {
        let declares_a_list = ["tools", "prompts", "resources"].iter().any(|listed| self.has(listed));
        (capability == "tools" || !declares_a_list) && !lock(&self.lacking).contains(capability)
    }

    /// Ends the session, and waits until a command of its own has ended.
    pub(crate) async fn close(&self) {
        match &self.transport {
            TransportSession::Streamable(session) => session.close().await,
            TransportSession::Stateless(session) => session.close().await,
            TransportSession::Legacy(_) => {}
            TransportSession::Stdio(session) => session.close().await,
            TransportSession::Shared(session) => session.close().await,
        }
    }
}
