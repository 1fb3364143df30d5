//! From a server to the client: questions get an id of the hub's, everything else passes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Party, Session};
use crate::gateway::message::{Kind, Message, raw};
use crate::gateway::speech;
use crate::gateway::upstream::link::Link;

/// A client's GET stream.
pub(crate) struct Listener {
    session: Arc<Session>,
    reader: u64,
}

impl Session {
    /// Opens the stream for what comes unasked; the one before ends.
    pub(crate) fn listen(self: &Arc<Self>) -> Listener {
        self.touch();
        self.streams.fetch_add(1, Ordering::Relaxed);
        self.live_links().iter().for_each(|link| link.listen());
        Listener { session: self.clone(), reader: self.outbox.take_over() }
    }

    /// What the client is to see of a server's message; `None` where it is not the client's business.
    pub(crate) fn outward(&self, link: &Arc<Link>, message: Message) -> Option<Message> {
        match (message.kind().clone(), self.party) {
            (Kind::Request { id, method }, _) if method == "ping" => {
                reply(link, Message::result(id, &serde_json::json!({})));
                None
            }
            (Kind::Request { id, .. }, Party::Hub) => {
                reply(link, Message::error(Some(id), speech::METHOD_NOT_FOUND, "the hub answers no questions itself"));
                None
            }
            (Kind::Request { .. }, Party::Client) => Some(self.asked.ask(link, message)),
            (Kind::Notification { method }, Party::Client) if method == "notifications/cancelled" => {
                let mut params = message.params();
                let id = self.asked.withdrawn(link, &params)?;
                params.insert("requestId".into(), raw(&id.to_raw()));
                Some(message.with_params(&params))
            }
            (Kind::Notification { method }, Party::Client) if method == "notifications/progress" => {
                self.with_client_token(link, message)
            }
            (Kind::Notification { method }, Party::Client) if method == "notifications/resources/updated" => {
                self.is_subscribed(link, &message).then_some(message)
            }
            (Kind::Notification { .. }, Party::Client) => Some(message),
            (Kind::Notification { .. }, Party::Hub) | (Kind::Response { .. }, _) => None,
        }
    }

    /// Queues a message for the client's stream. A server whose question finds no room is told.
    pub(super) fn queue(&self, message: Message) {
        for lost in self.outbox.push(message) {
            let Kind::Request { id, .. } = lost.kind() else { continue };
            if let Some((link, id)) = self.asked.answered(id) {
                let sentence = "the client does not read what it is asked";
                reply(&link, Message::error(Some(id), speech::SERVER_ERROR, sentence));
            }
        }
    }
}

impl Listener {
    /// The next message; `None` when another stream took over or the session ended. Safe to be dropped while it waits.
    pub(crate) async fn next(&self) -> Option<Message> {
        self.session.outbox.next(self.reader).await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.session.streams.fetch_sub(1, Ordering::Relaxed);
        self.session.touch();
    }
}

/// Answers a server in the background: whoever reads its stream must not wait for it.
fn reply(link: &Arc<Link>, message: Message) {
    let link = link.clone();
    tokio::spawn(async move {
        if let Err(error) = link.notify(&message).await {
            tracing::debug!(server.name = link.server, "an answer was not taken: {error}");
        }
    });
}
