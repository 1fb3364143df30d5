//! From the client: notifications, and its answers to what servers asked.

use std::sync::Arc;

use super::{Scope, Session};
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Kind, Message};
use crate::gateway::upstream::link::Link;

impl Session {
    /// Takes a message that wants no answer to the servers that it concerns.
    pub(crate) async fn accept(&self, message: Message) {
        self.touch();
        match message.kind().clone() {
            Kind::Response { id: Some(id) } => {
                if let Some((link, original)) = self.asked.answered(&id) {
                    send(&link, &message.with_id(original)).await;
                }
            }
            Kind::Notification { method } => self.accept_notification(&method, message).await,
            Kind::Response { id: None } | Kind::Request { .. } => {}
        }
    }

    async fn accept_notification(&self, method: &str, message: Message) {
        match method {
            // Every session with a server is told when it begins.
            "notifications/initialized" => {}
            "notifications/cancelled" => {
                if let Some(link) = self.bearer(&message) {
                    send(&link, &message).await;
                }
            }
            "notifications/progress" => {
                if let Some((link, message)) = self.asked.progress(message) {
                    send(&link, &message).await;
                }
            }
            _ => {
                let links = self.live_links();
                futures::future::join_all(links.iter().map(|link| send(link, &message))).await;
            }
        }
    }

    /// The session that bears the request which is cancelled.
    fn bearer(&self, cancellation: &Message) -> Option<Arc<Link>> {
        let id = Id::read(cancellation.params().get("requestId")?)?;
        let server = lock(&self.flights).get(&id).cloned().flatten();
        match &self.scope {
            Scope::One(server) => self.live_link(server),
            Scope::All | Scope::Group(_) => self.live_link(&server?),
        }
    }
}

async fn send(link: &Arc<Link>, message: &Message) {
    if let Err(error) = link.notify(message).await {
        tracing::debug!(server.name = link.server, "a message was not taken: {error}");
    }
}
