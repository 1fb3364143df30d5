//! One session with one server, whatever it is carried by.

use std::collections::BTreeSet;
use std::sync::Mutex;

use tokio::sync::{mpsc, watch};

use super::legacy::Legacy;
use super::numbers::Numbers;
use super::reply::Reply;
use super::stdio::Stdio;
use super::streamable::Streamable;
use super::task::Task;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
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
    /// Whether the server says it in a way that clients refuse.
    pub(crate) is_mended: bool,
    /// Capabilities that it was asked for and does not have.
    pub(crate) lacking: Mutex<BTreeSet<&'static str>>,
    /// What requests go by at the server.
    pub(crate) numbers: Numbers,
    /// Where unasked messages go.
    pub(crate) inbound: mpsc::Sender<Message>,
    /// Takes them from there.
    pub(crate) reader: Mutex<Option<Task>>,
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
        let (message, ticket) = self.numbers.give(message).ok_or(UpstreamError::DuplicateId)?;
        Ok(self.carrier.request(&message).await?.with_ticket(ticket))
    }

    /// Sends a notification or an answer.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        match self.numbers.translated(message) {
            Some(message) => self.carrier.notify(&message).await,
            None => Ok(()),
        }
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
            Carrier::Streamable(session) => session.is_ended(),
            Carrier::Legacy(session) => session.is_ended(),
            Carrier::Stdio(session) => session.is_ended(),
        }
    }

    /// Of a command: tells once it ended by itself, and why. It does not keep the session from ending.
    pub(crate) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        match &self.carrier {
            Carrier::Stdio(session) => Some(session.ending()),
            Carrier::Streamable(_) | Carrier::Legacy(_) => None,
        }
    }

    /// Whether the server declared this capability.
    pub(crate) fn has(&self, capability: &str) -> bool {
        object(&self.greeting, "capabilities").contains_key(capability)
    }

    /// It was asked for what it does not declare, and refused.
    pub(crate) fn lacks(&self, capability: &'static str) {
        lock(&self.lacking).insert(capability);
    }

    /// Whether it was asked before, in vain.
    pub(crate) fn is_known_to_lack(&self, capability: &str) -> bool {
        lock(&self.lacking).contains(capability)
    }

    /// Whether it is worth asking for a list that was not declared: some servers declare nothing at all, and most that
    /// declare something forget only the tools.
    pub(crate) fn may_have(&self, capability: &str) -> bool {
        capability == "tools" || !["tools", "prompts", "resources"].iter().any(|listed| self.has(listed))
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
