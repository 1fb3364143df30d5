//! Requests over the standard streams of a command. A process is no session, so that several client sessions may use one
//! (revision 2026-07-28, "stdio"): each request has an id of its own there, and all that comes before its answer names it.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tokio::sync::watch;

use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::stdio::Stdio;

/// The way of one client session to a command.
pub(super) struct CommandWire {
    stdio: Arc<Stdio>,
    /// The session among those that share the command. `None` if the command is of this session alone.
    client: Option<Arc<CommandClient>>,
}

/// A request that a command has. Dropping it cancels the request, unless it was answered.
struct CommandCall {
    stdio: Arc<Stdio>,
    id: Id,
    is_answered: bool,
}

impl CommandWire {
    pub(super) const fn new(stdio: Arc<Stdio>, client: Option<Arc<CommandClient>>) -> Self {
        Self { stdio, client }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.stdio.is_ended()
    }

    /// Of a command of this session alone: set once it has ended by itself, with the reason.
    pub(super) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        self.client.is_none().then(|| self.stdio.ending())
    }

    /// Ends a command of this session alone. One that others use, too, loses only the requests of this session.
    pub(super) async fn close(&self) {
        match &self.client {
            // Each of them cancels itself as soon as it has lost its answer.
            Some(client) => drop(self.stdio.drop_requests_of(client)),
            None => self.stdio.close().await,
        }
    }

    /// Sends a request that is complete. Dropping the reply before its answer cancels the request.
    pub(super) async fn send(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        // Before the request is sent, so that it is cancelled also if this is dropped while it goes out.
        let mut call = CommandCall { stdio: self.stdio.clone(), id: id.clone(), is_answered: false };
        let sent = match &self.client {
            Some(client) => self.stdio.request_of_within(request, client, limit).await,
            None => self.stdio.request_within(request, limit).await,
        };
        match sent {
            Ok(Reply::Stream(stream)) => Ok(Reply::driven(until_answered(stream, call), false)),
            other @ (Ok(Reply::Whole(_)) | Err(_)) => {
                call.is_answered = true;
                other
            }
        }
    }
}

fn until_answered(
    stream: ReplyStream,
    call: CommandCall,
) -> futures::stream::BoxStream<'static, Result<Message, UpstreamError>> {
    let step = async |(mut stream, mut call): (ReplyStream, CommandCall)| {
        let message = stream.next().await?;
        let is_answer = message.as_ref().is_ok_and(|message| matches!(message.kind(), MessageKind::Response { .. }));
        call.is_answered |= is_answer;
        Some((message, (stream, call)))
    };
    futures::stream::unfold((stream, call), step).boxed()
}

/// On standard streams nothing is closed, so the command is told (Cancellation). It answers nothing more.
impl Drop for CommandCall {
    fn drop(&mut self) {
        if self.is_answered || self.stdio.is_ended() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let message = Message::notification("notifications/cancelled", Some(&json!({ "requestId": self.id.to_raw() })));
        let stdio = self.stdio.clone();
        // If the command does not read it, the request is its only loss.
        runtime.spawn(async move { drop(stdio.notify(&message).await) });
    }
}
