//! How a request of this revision travels: over HTTP or over the standard streams of a command.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;

use super::http_wire::HttpWire;
use super::tool_headers::ToolHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::authorized::AuthorizedHttp;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::stdio::Stdio;

/// The way to a server.
pub(crate) struct Wire(Transport);

enum Transport {
    Http(HttpWire),
    Command(Arc<Stdio>),
}

/// A request that a command has. Dropping it cancels the request, unless it was answered.
struct CommandCall {
    stdio: Arc<Stdio>,
    id: Id,
    is_answered: bool,
}

impl Wire {
    pub(crate) fn http(http: Arc<AuthorizedHttp>, tools: Arc<ToolHeaders>) -> Self {
        Self(Transport::Http(HttpWire { http, tools }))
    }

    pub(crate) const fn command(stdio: Arc<Stdio>) -> Self {
        Self(Transport::Command(stdio))
    }

    /// The table of the arguments that go into headers. `None` where there are no headers.
    pub(super) fn tools(&self) -> Option<&ToolHeaders> {
        match &self.0 {
            Transport::Http(wire) => Some(&wire.tools),
            Transport::Command(_) => None,
        }
    }

    /// The command, if this is one.
    pub(super) fn stdio(&self) -> Option<&Stdio> {
        match &self.0 {
            Transport::Http(_) => None,
            Transport::Command(stdio) => Some(stdio),
        }
    }

    /// Forgets which revision the server speaks: the next session asks again.
    pub(super) fn doubt(&self) {
        match &self.0 {
            Transport::Http(wire) => wire.http.remember(None),
            Transport::Command(_) => {}
        }
    }

    /// Sends a request that is complete. Dropping the reply before its answer cancels the request.
    pub(super) async fn send(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        match &self.0 {
            Transport::Http(wire) => wire.send(request, limit).await,
            Transport::Command(stdio) => call(stdio, request, limit).await,
        }
    }

    /// Sends a request that the server is free to refuse, and whose answer has no end. `None` if the credential is refused.
    pub(super) async fn send_endless(
        &self,
        request: &Message,
        limit: AnswerLimit,
    ) -> Result<Option<Reply>, UpstreamError> {
        match &self.0 {
            Transport::Http(wire) => wire.send_endless(request, limit).await,
            Transport::Command(stdio) => call(stdio, request, limit).await.map(Some),
        }
    }
}

async fn call(stdio: &Arc<Stdio>, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
    let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
    // Before the request is sent, so that it is cancelled also if this is dropped while it goes out.
    let mut call = CommandCall { stdio: stdio.clone(), id: id.clone(), is_answered: false };
    match stdio.request_within(request, limit).await {
        Ok(Reply::Stream(stream)) => Ok(Reply::driven(until_answered(stream, call), false)),
        Ok(whole @ Reply::Whole(_)) => {
            call.is_answered = true;
            Ok(whole)
        }
        Err(error) => {
            call.is_answered = true;
            Err(error)
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
