//! How a request of this revision travels: over HTTP or over the standard streams of a command.

use std::sync::Arc;

use tokio::sync::watch;

use super::command_wire::CommandWire;
use super::http_wire::HttpWire;
use super::tool_headers::ToolHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::gateway::upstream::authorized::AuthorizedHttp;
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::Reply;
use crate::gateway::upstream::stdio::Stdio;

/// The way to a server.
pub(crate) struct Wire(Transport);

enum Transport {
    Http(HttpWire),
    Command(CommandWire),
}

impl Wire {
    pub(crate) fn http(http: Arc<AuthorizedHttp>, tools: Arc<ToolHeaders>) -> Self {
        Self(Transport::Http(HttpWire { http, tools }))
    }

    /// The way to a command that nobody else uses.
    pub(crate) const fn command(stdio: Arc<Stdio>) -> Self {
        Self(Transport::Command(CommandWire::new(stdio, None)))
    }

    /// The way to a command that other client sessions use, too.
    pub(crate) const fn shared(stdio: Arc<Stdio>, client: Arc<CommandClient>) -> Self {
        Self(Transport::Command(CommandWire::new(stdio, Some(client))))
    }

    /// The table of the arguments that go into headers. `None` where there are no headers.
    pub(super) fn tools(&self) -> Option<&ToolHeaders> {
        match &self.0 {
            Transport::Http(wire) => Some(&wire.tools),
            Transport::Command(_) => None,
        }
    }

    /// Whether a command has ended.
    pub(super) fn is_ended(&self) -> bool {
        match &self.0 {
            Transport::Http(_) => false,
            Transport::Command(wire) => wire.is_ended(),
        }
    }

    /// Of a command that nobody else uses: set once it has ended by itself, with the reason.
    pub(super) fn ending(&self) -> Option<watch::Receiver<Option<UpstreamError>>> {
        match &self.0 {
            Transport::Http(_) => None,
            Transport::Command(wire) => wire.ending(),
        }
    }

    /// Ends what the session has at a command, and the command if nobody else uses it.
    pub(super) async fn close(&self) {
        match &self.0 {
            Transport::Http(_) => {}
            Transport::Command(wire) => wire.close().await,
        }
    }

    /// Forgets which revision the server speaks: the next session asks again.
    pub(super) fn doubt(&self) {
        match &self.0 {
            Transport::Http(wire) => wire.http.transport().remember(None),
            Transport::Command(_) => {}
        }
    }

    /// Sends a request that is complete. Dropping the reply before its answer cancels the request.
    pub(super) async fn send(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        match &self.0 {
            Transport::Http(wire) => wire.send(request, limit).await,
            Transport::Command(wire) => wire.send(request, limit).await,
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
            Transport::Command(wire) => wire.send(request, limit).await.map(Some),
        }
    }
}
