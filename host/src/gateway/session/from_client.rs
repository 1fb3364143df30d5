//! What a client sends that is no request: notifications, and its answers to requests of servers.

use std::sync::Arc;

use super::core::Session;
use super::server_requests::Answered;
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::upstream::UpstreamSession;

impl Session {
    /// Passes a notification or an answer of the client to the servers that it concerns. Unknown ids are ignored.
    pub(crate) async fn accept(&self, message: Message) {
        self.touch();
        self.last_headers.note(&message);
        match message.kind().clone() {
            MessageKind::Response { id: Some(id) } => {
                match self.server_requests.take(&id) {
                    Some(Answered::Server(upstream_session, original)) => {
                        send(&upstream_session, &message.with_id(original)).await;
                    }
                    // The call that waited may have ended.
                    Some(Answered::Hub(waiting)) => drop(waiting.send(message)),
                    None => {}
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
            "notifications/cancelled" => self.cancel_request(&message).await,
            "notifications/progress" => {
                if let Some((upstream_session, message)) = self.server_requests.progress(message) {
                    send(&upstream_session, &message).await;
                }
            }
            _ if method.starts_with("notifications/") => {
                let open = self.upstream_sessions.all_open();
                let sent = open.iter().map(|upstream_session| send(upstream_session, &message));
                futures::future::join_all(sent).await;
            }
            // A request without an id asks for no answer, but a server might do what it says.
            _ => {}
        }
    }
}

async fn send(upstream_session: &Arc<UpstreamSession>, message: &Message) {
    if let Err(error) = upstream_session.notify(message).await {
        let server = &upstream_session.server;
        tracing::debug!(server.name = server, "{server} did not accept a message: {error}");
    }
}
