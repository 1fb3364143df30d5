//! A request of one client session that a shared process has: it has its turn until its answer, and a list of tasks is cut
//! down to the client's own.

use std::sync::Arc;

use futures::StreamExt;

use crate::gateway::error::UpstreamError;
use crate::gateway::in_seconds::InSeconds;
use crate::gateway::local_replies::SERVER_ERROR;
use crate::gateway::message::{Message, MessageKind};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::command_clients::CommandClients;
use crate::gateway::upstream::command_turns::{CallTurn, may_ask};
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::stdio::Stdio;

/// A request, before its answer.
pub(super) struct SharedCall {
    clients: Arc<CommandClients>,
    client: Arc<CommandClient>,
    turn: Option<CallTurn>,
    is_list_of_tasks: bool,
}

impl SharedCall {
    /// Waits for the turn of a request, if it needs one. Err: the answer to give, because it does not get one in time or is
    /// about a task of another client.
    pub(super) async fn begin(
        request: &Message,
        client: &Arc<CommandClient>,
        clients: &Arc<CommandClients>,
        stdio: &Stdio,
    ) -> Result<Self, Message> {
        let mut call = Self { clients: clients.clone(), client: client.clone(), turn: None, is_list_of_tasks: false };
        let MessageKind::Request { id, method } = request.kind() else { return Ok(call) };
        if let Some(refusal) = clients.tasks.refusal(client.number, request) {
            return Err(refusal);
        }
        call.is_list_of_tasks = method == "tasks/list";
        if may_ask(method) {
            let wait = stdio.patience();
            let late = || {
                let sentence = format!(
                    "{name} asks its clients questions that name no call, so it is called for one client after the other, \
                     and another client's call did not end within {waited}; this call was not sent. \
                     \"perSessionClient\": true in the settings of {name} gives each client a process of its own",
                    name = stdio.name(),
                    waited = InSeconds(wait),
                );
                Message::error(Some(id.clone()), SERVER_ERROR, &sentence)
            };
            call.turn = Some(clients.turns.begin(client, wait).await.ok_or_else(late)?);
        }
        Ok(call)
    }

    /// The reply to the request.
    pub(super) fn reply(self, reply: Reply) -> Reply {
        match reply {
            Reply::Stream(stream) if self.turn.is_some() || self.is_list_of_tasks => {
                let step = async |(mut stream, mut call): (ReplyStream, Self)| {
                    let message = stream.next().await?;
                    Some((call.noted(message), (stream, call)))
                };
                Reply::driven(futures::stream::unfold((stream, self), step).boxed(), false)
            }
            other @ (Reply::Stream(_) | Reply::Whole(_)) => other,
        }
    }

    fn noted(&mut self, message: Result<Message, UpstreamError>) -> Result<Message, UpstreamError> {
        let is_over = match &message {
            Ok(message) => matches!(message.kind(), MessageKind::Response { .. }),
            // The command may still work on it.
            Err(UpstreamError::TimedOut { .. } | UpstreamError::Closed { .. }) => false,
            Err(_) => true,
        };
        // Before the reader is done with the answer: the next call waits for the command, not for that.
        if is_over && let Some(mut turn) = self.turn.take() {
            turn.is_over = true;
        }
        match message {
            Ok(answer) if is_over && self.is_list_of_tasks => {
                Ok(self.clients.tasks.own_only(self.client.number, answer))
            }
            other => other,
        }
    }
}
