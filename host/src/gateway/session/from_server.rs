//! What a server sends that is no answer: requests get an id of the hub's, everything else passes as it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::core::{Peer, Session};
use super::server_requests::Answered;
use crate::gateway::local_replies::{INVALID_PARAMS, METHOD_NOT_FOUND, SERVER_ERROR};
use crate::gateway::message::{Id, Message, MessageKind, raw};
use crate::gateway::upstream::UpstreamSession;

/// A client's GET stream. Dropping it ends the stream.
pub(crate) struct ClientStream {
    session: Arc<Session>,
    reader: u64,
}

impl Session {
    /// Opens the client's stream for messages that belong to none of its requests. The stream before it ends.
    pub(crate) fn listen(self: &Arc<Self>) -> ClientStream {
        self.touch();
        self.streams.fetch_add(1, Ordering::Relaxed);
        self.watch_lists();
        self.upstream_sessions.all_open().iter().for_each(|upstream_session| upstream_session.listen());
        ClientStream { session: self.clone(), reader: self.outbox.take_over() }
    }

    /// A server's message as the client is to see it. `None` if it is not for the client.
    pub(crate) fn pass_to_client(
        self: &Arc<Self>,
        upstream_session: &Arc<UpstreamSession>,
        message: Message,
    ) -> Option<Message> {
        if self.hears_of_lists(&upstream_session.server, &message).is_some() {
            return None;
        }
        if !self.may_hear(&upstream_session.server, &message) {
            if let Some(id) = message.id() {
                let sentence = "the client of this session has no such task";
                reply(upstream_session, Message::error(Some(id.clone()), INVALID_PARAMS, sentence));
            }
            return None;
        }
        match (message.kind().clone(), self.peer) {
            (MessageKind::Request { id, method }, _) if method == "ping" => {
                reply(upstream_session, Message::result(id, &serde_json::json!({})));
                None
            }
            (MessageKind::Request { id, .. }, Peer::Hub) => {
                let sentence = "the hub itself answers no requests of servers";
                reply(upstream_session, Message::error(Some(id), METHOD_NOT_FOUND, sentence));
                None
            }
            (MessageKind::Request { .. }, Peer::Client) => {
                upstream_session.note_question(&message);
                Some(self.server_requests.add(upstream_session, message))
            }
            (MessageKind::Notification { method }, Peer::Client) => {
                self.notification_to_client(&method, upstream_session, message)
            }
            (MessageKind::Notification { .. }, Peer::Hub) | (MessageKind::Response { .. }, _) => None,
        }
    }

    fn notification_to_client(
        &self,
        method: &str,
        upstream_session: &Arc<UpstreamSession>,
        message: Message,
    ) -> Option<Message> {
        match method {
            "notifications/cancelled" => {
                let mut params = message.params();
                if let Some(id) = params.get("requestId").and_then(|id| Id::read(id)) {
                    upstream_session.close_question(&id);
                }
                let id = self.server_requests.cancel(upstream_session, &params)?;
                params.insert("requestId".into(), raw(&id.to_raw()));
                Some(message.with_params(&params))
            }
            "notifications/progress" => self.progress.with_client_token(&upstream_session.server, message),
            "notifications/resources/updated" => self.is_subscribed(upstream_session, &message).then_some(message),
            _ => Some(message),
        }
    }

    /// Queues a message for the client's stream. A server whose request finds no room gets an error.
    pub(super) fn queue_for_client(&self, message: Message) {
        self.outbox.push(message).iter().for_each(|dropped| self.refuse_unread(dropped));
    }

    /// A message does not reach the client. If it is a server's request, the server gets an error.
    pub(super) fn refuse_unread(&self, message: &Message) {
        let MessageKind::Request { id, .. } = message.kind() else { return };
        if let Some(Answered::Server(upstream_session, id)) = self.server_requests.take(id) {
            let sentence = "the client does not read the requests that it is sent";
            reply(&upstream_session, Message::error(Some(id), SERVER_ERROR, sentence));
        }
    }
}

impl ClientStream {
    /// The next message. `None` once another stream took over or the session ended. May be dropped while it waits: no
    /// message is lost.
    pub(crate) async fn next(&self) -> Option<Message> {
        self.session.outbox.next(self.reader).await
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        self.session.streams.fetch_sub(1, Ordering::Relaxed);
        self.session.touch();
    }
}

/// Answers a server in the background: the task that reads its stream must not wait for it to accept the answer.
fn reply(upstream_session: &Arc<UpstreamSession>, message: Message) {
    let upstream_session = upstream_session.clone();
    tokio::spawn(async move {
        if let Err(error) = upstream_session.notify(&message).await {
            let server = &upstream_session.server;
            tracing::debug!(server.name = server, "{server} did not accept an answer: {error}");
        }
    });
}
