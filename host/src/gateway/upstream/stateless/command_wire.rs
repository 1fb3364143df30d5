//! Requests over the standard streams of a command. A process is no session, so that several client sessions may use one
//! (revision 2026-07-28, "stdio"): each request has an id of its own there, and all that comes before its answer names it.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tokio::sync::watch;

use super::log_turn::{LogTurn, LogTurnHold};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Id, Message, MessageKind, object, raw};
use crate::gateway::request_meta::LOG_LEVEL;
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::stdio::Stdio;

/// The way of one client session to a command.
pub(super) struct CommandWire {
    stdio: Arc<Stdio>,
    /// The session among those that share the command. `None` if the command is of this session alone.
    sharing: Option<SharedPlace>,
}

/// A client session's place in a process that others use, too.
pub(crate) struct SharedPlace {
    pub(crate) client: Arc<CommandClient>,
    pub(crate) log_turn: Arc<LogTurn>,
}

/// A request that a command has. Dropping it cancels the request, unless it was answered.
struct CommandCall {
    stdio: Arc<Stdio>,
    id: Id,
    is_answered: bool,
    log_turn: Option<LogTurnHold>,
}

impl CommandWire {
    pub(super) const fn new(stdio: Arc<Stdio>, sharing: Option<SharedPlace>) -> Self {
        Self { stdio, sharing }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.stdio.is_ended()
    }

    /// Of a command of this session alone: set once it has ended by itself, with the reason.
    pub(super) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        self.sharing.is_none().then(|| self.stdio.ending())
    }

    /// Ends a command of this session alone. One that others use, too, loses only the requests of this session.
    pub(super) async fn close(&self) {
        match &self.sharing {
            // Each of them cancels itself as soon as it has lost its answer.
            Some(place) => drop(self.stdio.drop_requests_of(&place.client)),
            None => self.stdio.close().await,
        }
    }

    /// Sends a request that is complete. Dropping the reply before its answer cancels the request.
    pub(super) async fn send(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        let (request, log_turn) = self.with_log_turn(request);
        // Before the request is sent, so that it is cancelled also if this is dropped while it goes out.
        let mut call = CommandCall { stdio: self.stdio.clone(), id: id.clone(), is_answered: false, log_turn };
        let sent = match &self.sharing {
            Some(place) => self.stdio.request_of_within(&request, &place.client, limit).await,
            None => self.stdio.request_within(&request, limit).await,
        };
        match sent {
            Ok(Reply::Stream(stream)) => Ok(Reply::driven(until_answered(stream, call), false)),
            other @ (Ok(Reply::Whole(_)) | Err(_)) => {
                call.is_answered = true;
                other
            }
        }
    }

    /// The request as the command is to see it: one that asks for log lines only in the turn of its client.
    fn with_log_turn(&self, request: &Message) -> (Message, Option<LogTurnHold>) {
        let Some(place) = &self.sharing else { return (request.clone(), None) };
        let mut params = request.params();
        let mut meta = object(&params, "_meta");
        if !meta.contains_key(LOG_LEVEL) {
            return (request.clone(), None);
        }
        if let Some(hold) = place.log_turn.take(place.client.number) {
            return (request.clone(), Some(hold));
        }
        meta.shift_remove(LOG_LEVEL);
        params.insert("_meta".into(), raw(&meta));
        (request.clone().with_params(&params), None)
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
        if let Some(hold) = &mut self.log_turn {
            hold.is_answered = self.is_answered;
        }
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
