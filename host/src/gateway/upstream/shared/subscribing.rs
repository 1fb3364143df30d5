//! What a shared process is told of subscriptions and levels: what is right for all of its sessions.
//!
//! Whether a session is the last one at a resource, and what the process is told because of that, is one step: another
//! session that subscribes meanwhile would be unsubscribed with it.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;

use super::process::SharedProcess;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies::SERVER_ERROR;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Id, Message, MessageKind, raw};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::reply::{Reply, ReplyStream};

/// A subscription that the process has not accepted. Dropping it forgets the subscription.
struct PendingSubscription {
    client: Arc<CommandClient>,
    uri: String,
    /// Whether it counts because of this request.
    is_new: bool,
}

/// What a session that has left a process leaves behind.
pub(super) struct Leaving {
    messages: Vec<Message>,
    uris: Vec<String>,
    /// The level of the process before.
    level: Option<LogLevel>,
}

/// Subscribes. The subscription counts from now on, so that no update is missed, and not if the process refuses it.
pub(super) async fn subscribe(
    process: &SharedProcess,
    client: &Arc<CommandClient>,
    message: &Message,
    uri: String,
) -> Result<Reply, UpstreamError> {
    let turn = process.telling.lock().await;
    let is_new = client.subscribe(uri.clone());
    let pending = PendingSubscription { client: client.clone(), uri, is_new };
    let reply = process.stdio.request_of(message, client).await?;
    drop(turn);
    match reply {
        Reply::Whole(answer) => {
            pending.judge(&answer);
            Ok(Reply::Whole(answer))
        }
        Reply::Stream(stream) => Ok(Reply::driven(until_judged(stream, pending), false)),
    }
}

/// Unsubscribes. The process is told if no other session is subscribed.
pub(super) async fn unsubscribe(
    process: &SharedProcess,
    client: &Arc<CommandClient>,
    message: &Message,
    uri: &str,
) -> Result<Reply, UpstreamError> {
    let _turn = process.telling.lock().await;
    client.unsubscribe(uri);
    match message.kind() {
        MessageKind::Request { id, .. } if process.clients.is_subscribed(uri) => {
            Ok(Reply::Whole(Message::result(id.clone(), &json!({}))))
        }
        MessageKind::Request { .. } | MessageKind::Notification { .. } | MessageKind::Response { .. } => {
            process.stdio.request_of(message, client).await
        }
    }
}

/// Sets a session's level. The process logs at the most verbose level that a session asked for.
pub(super) async fn set_level(
    process: &SharedProcess,
    client: &Arc<CommandClient>,
    message: &Message,
) -> Result<Reply, UpstreamError> {
    let _turn = process.telling.lock().await;
    let mut params = message.params();
    let is_level = client.set_level(&message.param("level").unwrap_or_default());
    // A word that is no level goes out as it is: the command says what is wrong with it.
    if let Some(level) = process.clients.level().filter(|_| is_level) {
        params.insert("level".into(), raw(&level.name()));
    }
    process.stdio.request_of(&message.clone().with_params(&params), client).await
}

impl Leaving {
    /// Removes a session from its process, once.
    pub(super) fn of(process: &SharedProcess, client: &CommandClient) -> Option<Self> {
        let level = process.clients.level();
        if !process.clients.remove(client) || process.stdio.is_ended() {
            return None;
        }
        let mut messages: Vec<Message> = process.stdio.drop_requests_of(client);
        let gone = |id: Id| Message::error(Some(id), SERVER_ERROR, "the client has ended its session");
        messages.extend(client.questions.take_all().into_iter().map(gone));
        Some(Self { messages, uris: client.subscriptions(), level })
    }

    /// Whether the process need not be told anything.
    pub(super) fn is_nothing(&self) -> bool {
        self.messages.is_empty() && self.uris.is_empty() && self.level.is_none()
    }

    /// Tells the process. One that does not read any more has nothing to give up.
    pub(super) async fn tell(self, process: &SharedProcess) -> Result<(), UpstreamError> {
        for message in self.messages {
            process.stdio.notify(&message).await?;
        }
        let _turn = process.telling.lock().await;
        let request = |method: &str, key: &str, value: &str| {
            Message::request(process.next_id(), method, &[(key.to_owned(), raw(&value))].into())
        };
        for uri in self.uris.iter().filter(|uri| !process.clients.is_subscribed(uri)) {
            process.stdio.notify(&request("resources/unsubscribe", "uri", uri)).await?;
        }
        if let Some(next) = process.clients.level().filter(|next| Some(*next) != self.level) {
            process.stdio.notify(&request("logging/setLevel", "level", next.name())).await?;
        }
        Ok(())
    }
}

fn until_judged(
    stream: ReplyStream,
    pending: PendingSubscription,
) -> futures::stream::BoxStream<'static, Result<Message, UpstreamError>> {
    let step = async |(mut stream, mut pending): (ReplyStream, Option<PendingSubscription>)| {
        let message = stream.next().await?;
        if let Ok(answer) = &message
            && let MessageKind::Response { .. } = answer.kind()
            && let Some(pending) = pending.take()
        {
            pending.judge(answer);
        }
        Some((message, (stream, pending)))
    };
    futures::stream::unfold((stream, Some(pending)), step).boxed()
}

impl PendingSubscription {
    /// Keeps the subscription if the process accepted it.
    fn judge(mut self, answer: &Message) {
        self.is_new &= answer.error_text().is_some();
    }
}

impl Drop for PendingSubscription {
    fn drop(&mut self) {
        if self.is_new {
            self.client.unsubscribe(&self.uri);
        }
    }
}
