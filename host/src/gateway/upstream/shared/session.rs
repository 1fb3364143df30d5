//! One client session's part of a shared process. Its requests carry ids of the process, its level and its subscriptions
//! are counted with those of the others, and its end leaves nothing of it behind.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::json;
use tokio::sync::mpsc;

use super::process::SharedProcess;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies::SERVER_ERROR;
use crate::gateway::message::{Fields, Id, Message, MessageKind, raw};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::open_questions::OpenQuestions;
use crate::gateway::upstream::reply::Reply;

/// A session with a shared process. Dropping it leaves the process.
pub(crate) struct SharedSession {
    process: Arc<SharedProcess>,
    client: Arc<CommandClient>,
}

impl SharedSession {
    /// The part of a client with these parameters of `initialize`.
    pub(super) async fn join(process: Arc<SharedProcess>, initialize: &Fields, inbound: mpsc::Sender<Message>) -> Self {
        let client = process.clients.add(initialize, inbound);
        let roots = Message::request(Id::number(0), "roots/list", &Fields::new());
        if process.clients.brings_roots(&client, &roots) {
            let changed = Message::notification("notifications/roots/list_changed", None);
            // If the command does not read any more, the next request finds out.
            drop(process.stdio.notify(&changed).await);
        }
        Self { process, client }
    }

    /// The counter of request ids, which all sessions of the process share.
    pub(crate) fn ids(&self) -> Arc<AtomicU64> {
        self.process.ids.clone()
    }

    /// The questions that the process has asked this session.
    pub(crate) fn questions(&self) -> &Arc<OpenQuestions> {
        &self.client.questions
    }

    /// Whether the process has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.process.stdio.is_ended()
    }

    /// Sends a request. The level and the end of a subscription are sent as they are right for all sessions.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let uri = || message.param("uri").unwrap_or_default();
        let clients = &self.process.clients;
        match message.kind() {
            MessageKind::Request { method, .. } if method == "resources/subscribe" => self.client.subscribe(uri()),
            MessageKind::Request { method, id } if method == "resources/unsubscribe" => {
                self.client.unsubscribe(&uri());
                if clients.is_subscribed(&uri()) {
                    return Ok(Reply::Whole(Message::result(id.clone(), &json!({}))));
                }
            }
            MessageKind::Request { method, .. } if method == "logging/setLevel" => {
                return self.set_level(message).await;
            }
            MessageKind::Request { .. } | MessageKind::Notification { .. } | MessageKind::Response { .. } => {}
        }
        self.process.stdio.request_of(message, &self.client).await
    }

    /// The process logs at the most verbose level that a session asked for.
    async fn set_level(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let mut params = message.params();
        let is_level = self.client.set_level(&message.param("level").unwrap_or_default());
        // A word that is no level goes out as it is: the command says what is wrong with it.
        if let Some(level) = self.process.clients.level().filter(|_| is_level) {
            params.insert("level".into(), raw(&level.name()));
        }
        self.process.stdio.request_of(&message.clone().with_params(&params), &self.client).await
    }

    /// Sends a notification or an answer.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        self.process.stdio.notify(message).await
    }

    /// Leaves the process: what the session had in flight there is given up.
    pub(crate) async fn close(&self) {
        for message in self.leave() {
            // A command that does not read any more has nothing to give up.
            if self.process.stdio.notify(&message).await.is_err() {
                return;
            }
        }
    }

    /// Removes the session from the process, once, and returns what the process is to be sent for that.
    fn leave(&self) -> Vec<Message> {
        let (clients, client) = (&self.process.clients, &self.client);
        let level = clients.level();
        if !clients.remove(client) || self.is_ended() {
            return Vec::new();
        }
        let mut messages: Vec<Message> = self.process.stdio.drop_requests_of(client);
        let gone = |id| Message::error(Some(id), SERVER_ERROR, "the client has ended its session");
        messages.extend(client.questions.take_all().into_iter().map(gone));
        let request = |method: &str, key: &str, value: &str| {
            Message::request(self.process.next_id(), method, &[(key.to_owned(), raw(&value))].into())
        };
        let alone = client.subscriptions().into_iter().filter(|uri| !clients.is_subscribed(uri));
        messages.extend(alone.map(|uri| request("resources/unsubscribe", "uri", &uri)));
        if let Some(next) = clients.level().filter(|next| Some(*next) != level) {
            messages.push(request("logging/setLevel", "level", next.name()));
        }
        messages
    }
}

impl Drop for SharedSession {
    fn drop(&mut self) {
        let messages = self.leave();
        if messages.is_empty() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let process = self.process.clone();
            runtime.spawn(async move {
                for message in messages {
                    drop(process.stdio.notify(&message).await);
                }
            });
        }
    }
}
