//! How a session with a server is opened: over the transport that the server turns out to speak.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::authorized::AuthorizedHttp;
use super::deadline::AnswerLimit;
use super::greeting;
use super::opening_command::CommandOpener;
use super::opening_http;
use super::opening_http::OpenedTransport;
use super::opening_request::OpeningRequest;
use super::parts::UpstreamParts;
use super::session::{TransportSession, UpstreamSession};
use super::shared::SharedCommand;
use super::stateless::PROBE;
use super::stdio::Program;
use crate::gateway::client_headers::LastHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Message, string};
use crate::gateway::repair;
use crate::settings::{Server, Transport};

/// Opens sessions with one server.
pub(super) struct Opener {
    name: String,
    way: Way,
    /// The wait for the answer to `initialize`.
    wait: Duration,
}

enum Way {
    Http(Arc<AuthorizedHttp>),
    Command(Box<CommandOpener>),
    /// The server's entry cannot be used, for this reason.
    None(String),
}

impl Opener {
    pub(super) fn new(server: &Server, parts: &UpstreamParts<'_>) -> Self {
        let wait = start_wait(server, parts.limits.start);
        let way = match &server.transport {
            Transport::Http { url, hint } => match AuthorizedHttp::new(server, url, *hint, wait, parts) {
                Ok(http) => Way::Http(Arc::new(http)),
                Err(problem) => Way::None(problem),
            },
            Transport::Stdio { command, args, env, inherits_environment, directory } => {
                let program = Program {
                    name: server.name.clone(),
                    command: command.clone(),
                    args: args.clone(),
                    env: env.clone(),
                    inherits_environment: *inherits_environment,
                    directory: directory.clone(),
                    context: parts.command_context.clone(),
                    running_commands: parts.running_commands.clone(),
                    limits: parts.limits.clone(),
                    waiting: parts.waiting.clone(),
                    limit: AnswerLimit::of(server, parts.limits.answer),
                };
                Way::Command(Box::new(CommandOpener::new(program, wait, server.lifetime)))
            }
        };
        Self { name: server.name.clone(), way, wait }
    }

    /// The name of the transport that worked last, of a server over HTTP.
    pub(super) fn transport_name(&self) -> Option<&'static str> {
        match &self.way {
            Way::Http(http) => http.transport().name(),
            Way::Command(_) | Way::None(_) => None,
        }
    }

    /// Takes the transport of this name for the one that worked last.
    pub(super) fn recall_transport(&self, name: &str) {
        match &self.way {
            Way::Http(http) => http.transport().recall(name),
            Way::Command(_) | Way::None(_) => {}
        }
    }

    /// Opens a session with these parameters of `initialize`. Messages that belong to no request go to `inbound`.
    pub(super) async fn open(
        &self,
        params: &Fields,
        inbound: mpsc::Sender<Message>,
        headers: Arc<LastHeaders>,
    ) -> Result<UpstreamSession, UpstreamError> {
        let request = OpeningRequest::new(params);
        let opened = match &self.way {
            Way::Http(http) => self.open_http(&http.for_client(headers), &request, &inbound).await?,
            Way::Command(command) => command.open(&request, &inbound).await?,
            Way::None(problem) => {
                return Err(UpstreamError::Unusable { server: self.name.clone(), problem: problem.clone() });
            }
        };
        let OpenedTransport { session: mut transport, greeting } = opened;
        let mut greeting = greeting::accepted(&self.name, &greeting)?;
        let is_repaired = repair::greeting::repair(&mut greeting, &self.name);
        let revision = string(&greeting, "protocolVersion").unwrap_or_default();
        if let TransportSession::Streamable(session) = &mut transport {
            session.agree(&revision);
        }
        if !matches!(transport, TransportSession::Shared(_)) {
            // If the server refuses this, the next request will show whether the session works.
            drop(transport.notify(&Message::notification("notifications/initialized", None)).await);
        }
        Ok(UpstreamSession::new(&self.name, transport, greeting, is_repaired, inbound))
    }

    async fn open_http(
        &self,
        http: &Arc<AuthorizedHttp>,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<OpenedTransport, UpstreamError> {
        // A server that does not answer the first question may take its whole time for the second.
        match tokio::time::timeout(self.wait + PROBE.min(self.wait), opening_http::open(http, request, inbound)).await {
            Err(_) | Ok(Err(UpstreamError::TimedOut { .. })) => {
                Err(UpstreamError::SlowStart { server: self.name.clone(), waited: self.wait, last_lines: None })
            }
            Ok(opened) => opened,
        }
    }

    /// The command that sessions share, if the server is one.
    pub(super) fn shared_command(&self) -> Option<&SharedCommand> {
        match &self.way {
            Way::Command(command) => command.shared(),
            Way::Http(_) | Way::None(_) => None,
        }
    }
}

/// How long a server may take to answer `initialize`. A `timeout` that was given for calls makes this wait longer, but not
/// shorter.
fn start_wait(server: &Server, usual: Duration) -> Duration {
    match server.start_timeout {
        Some(said) if server.timeout == Some(said) => said.max(usual),
        Some(said) => said,
        None => usual,
    }
}
