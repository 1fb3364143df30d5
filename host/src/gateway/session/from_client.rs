//! What a client sends that is no request: notifications, and its answers to requests of servers.

use std::sync::Arc;
use std::time::Duration;

use super::core::Session;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::roster::ServerScope;
use crate::gateway::upstream::UpstreamSession;

/// How long a server may take to accept a cancellation.
const CANCELLATION: Duration = Duration::from_secs(5);

impl Session {
    /// Passes a notification or an answer of the client to the servers that it concerns. Unknown ids are ignored.
    pub(crate) async fn accept(&self, message: Message) {
        self.touch();
        self.last_headers.note(&message);
        match message.kind().clone() {
            MessageKind::Response { id: Some(id) } => {
                if let Some((upstream_session, original)) = self.server_requests.take(&id) {
                    send(&upstream_session, &message.with_id(original)).await;
                }
            }
            MessageKind::Notification { method } => self.accept_notification(&method, message).await,
            MessageKind::Response { id: None } | MessageKind::Request { .. } => {}
        }
    }

    async fn accept_notification(&self, method: &str, message: Message) {
        match method {
            // The hub sends this one itself whenever it opens a session with a server.
            "notifications/initialized" => {}
            "notifications/cancelled" => {
                if let Some(upstream_session) = self.session_of_cancelled(&message) {
                    send(&upstream_session, &message).await;
                }
            }
            "notifications/progress" => {
                if let Some((upstream_session, message)) = self.server_requests.progress(message) {
                    send(&upstream_session, &message).await;
                }
            }
            _ => {
                let open = self.upstream_sessions.all_open();
                let sent = open.iter().map(|upstream_session| send(upstream_session, &message));
                futures::future::join_all(sent).await;
            }
        }
    }

    /// Cancels a request of a client that went away. The server may not accept that in time; nobody depends on it.
    pub(super) async fn cancel_quietly(&self, cancellation: Message) {
        if let Some(upstream_session) = self.session_of_cancelled(&cancellation) {
            drop(tokio::time::timeout(CANCELLATION, send(&upstream_session, &cancellation)).await);
        }
    }

    /// The upstream session that has the request which is cancelled.
    fn session_of_cancelled(&self, cancellation: &Message) -> Option<Arc<UpstreamSession>> {
        let id = Id::read(cancellation.params().get("requestId")?)?;
        let server = lock(&self.in_flight).get(&id).cloned().flatten();
        match &self.scope {
            ServerScope::One(server) => self.upstream_sessions.open(server),
            ServerScope::All | ServerScope::Group(_) => self.upstream_sessions.open(&server?),
        }
    }
}

async fn send(upstream_session: &Arc<UpstreamSession>, message: &Message) {
    if let Err(error) = upstream_session.notify(message).await {
        let server = &upstream_session.server;
        tracing::debug!(server.name = server, "{server} did not accept a message: {error}");
    }
}
