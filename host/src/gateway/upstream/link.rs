//! One session with one server, whatever it is carried by.

use tokio::sync::mpsc;

use super::legacy::Legacy;
use super::reply::Reply;
use super::stdio::Stdio;
use super::streamable::Streamable;
use super::task::Task;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Message, object};

/// What carries a session.
pub(crate) enum Carrier {
    /// Streamable HTTP.
    Streamable(Streamable),
    /// The transport of 2024-11-05.
    Legacy(Legacy),
    /// A command.
    Stdio(Box<Stdio>),
}

/// A session that has been initialised.
pub(crate) struct Link {
    pub(crate) server: String,
    pub(crate) carrier: Carrier,
    /// The result of `initialize`.
    pub(crate) greeting: Fields,
    /// Where unasked messages go.
    pub(crate) inbound: mpsc::Sender<Message>,
    /// Takes them from there.
    pub(crate) reader: std::sync::Mutex<Option<Task>>,
}

impl Carrier {
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        match self {
            Self::Streamable(session) => session.request(message).await,
            Self::Legacy(session) => session.request(message).await,
            Self::Stdio(session) => session.request(message).await,
        }
    }

    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        match self {
            Self::Streamable(session) => session.notify(message).await,
            Self::Legacy(session) => session.notify(message).await,
            Self::Stdio(session) => session.notify(message).await,
        }
    }
}

impl Link {
    /// Sends a request.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        self.carrier.request(message).await
    }

    /// Sends a notification or an answer.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        self.carrier.notify(message).await
    }

    /// Listens for unasked messages where that has to be asked for.
    pub(crate) fn listen(&self) {
        match &self.carrier {
            Carrier::Streamable(session) => session.listen(self.inbound.clone()),
            Carrier::Legacy(_) | Carrier::Stdio(_) => {}
        }
    }

    /// Whether it is known to be over.
    pub(crate) fn is_ended(&self) -> bool {
        match &self.carrier {
            Carrier::Streamable(_) => false,
            Carrier::Legacy(session) => session.is_ended(),
            Carrier::Stdio(session) => session.is_ended(),
        }
    }

    /// Whether the server declared this capability.
    pub(crate) fn has(&self, capability: &str) -> bool {
        object(&self.greeting, "capabilities").contains_key(capability)
    }

    /// Ends it.
    pub(crate) async fn close(&self) {
        match &self.carrier {
            Carrier::Streamable(session) => session.close().await,
            Carrier::Legacy(_) => {}
            Carrier::Stdio(session) => session.close().await,
        }
    }
}
