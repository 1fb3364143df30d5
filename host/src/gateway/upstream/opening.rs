//! How a session with a server is opened: over the transport that the server turns out to speak.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::authorized::{AuthorizedHttp, HttpTransport};
use super::deadline::AnswerLimit;
use super::greeting;
use super::legacy::Legacy;
use super::parts::UpstreamParts;
use super::request_ids::INITIALIZE_ID;
use super::session::{TransportSession, UpstreamSession};
use super::shared::SharedCommand;
use super::stdio::{Program, Stdio};
use super::streamable::{OpenOutcome, Streamable};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message, string};
use crate::gateway::repair;
use crate::settings::{Server, Transport, TransportHint};

/// Opens sessions with one server.
pub(super) struct Opener {
    name: String,
    way: Way,
    /// The wait for the answer to `initialize`.
    wait: Duration,
}

enum Way {
    Http(Arc<AuthorizedHttp>),
    /// A command for each session.
    Command(Box<Program>),
    /// A command that sessions share.
    Shared(Box<SharedCommand>),
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
                if server.lifetime.is_per_session {
                    Way::Command(Box::new(program))
                } else {
                    Way::Shared(Box::new(SharedCommand::new(program, wait, server.lifetime)))
                }
            }
        };
        Self { name: server.name.clone(), way, wait }
    }

    /// Opens a session with these parameters of `initialize`. Messages that belong to no request go to `inbound`.
    pub(super) async fn open(
        &self,
        params: &Fields,
        inbound: mpsc::Sender<Message>,
    ) -> Result<UpstreamSession, UpstreamError> {
        let initialize = Message::request(Id::number(INITIALIZE_ID), "initialize", params);
        let (mut transport, answer) = match &self.way {
            Way::Http(http) => self.open_http(http, &initialize, &inbound).await?,
            Way::Command(program) => self.open_command(program, &initialize, &inbound).await?,
            Way::Shared(command) => {
                let (session, answer) = command.join(params, inbound.clone()).await?;
                (TransportSession::Shared(session), answer)
            }
            Way::None(problem) => {
                return Err(UpstreamError::Unusable { server: self.name.clone(), problem: problem.clone() });
            }
        };
        let mut greeting = greeting::accepted(&self.name, &answer)?;
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
        initialize: &Message,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<(TransportSession, Message), UpstreamError> {
        match tokio::time::timeout(self.wait, open_http(http, initialize, inbound)).await {
            Err(_) | Ok(Err(UpstreamError::TimedOut { .. })) => {
                Err(UpstreamError::SlowStart { server: self.name.clone(), waited: self.wait, last_lines: None })
            }
            Ok(opened) => opened,
        }
    }

    async fn open_command(
        &self,
        program: &Program,
        initialize: &Message,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<(TransportSession, Message), UpstreamError> {
        let _permit = program.running_commands.start_permit().await;
        let started = Box::new(Stdio::open(program, inbound.clone(), None)?);
        let answer = started.initialize(initialize, self.wait).await?;
        Ok((TransportSession::Stdio(started), answer))
    }

    /// The command that sessions share, if the server is one.
    pub(super) fn shared_command(&self) -> Option<&SharedCommand> {
        match &self.way {
            Way::Shared(command) => Some(command),
            Way::Http(_) | Way::Command(_) | Way::None(_) => None,
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

/// Tries the transport that worked last, then Streamable HTTP: most servers speak it, whatever the settings call them.
async fn open_http(
    http: &Arc<AuthorizedHttp>,
    initialize: &Message,
    inbound: &mpsc::Sender<Message>,
) -> Result<(TransportSession, Message), UpstreamError> {
    match http.transport() {
        Some(HttpTransport::Sse) => match open_legacy(http, initialize, inbound).await {
            Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => http.remember(None),
            other => return other,
        },
        Some(HttpTransport::Stateless) => match open_stateless(http, initialize).await? {
            Some(opened) => return Ok(opened),
            None => http.remember(None),
        },
        Some(HttpTransport::StreamableHttp) | None => {}
    }
    let error = match Streamable::open(http.clone(), initialize).await {
        Ok(OpenOutcome::Session(session, answer)) => {
            http.remember(Some(HttpTransport::StreamableHttp));
            return Ok((TransportSession::Streamable(*session), answer));
        }
        Ok(OpenOutcome::Refused(error)) => error,
        Err(error @ UpstreamError::Status { .. }) if http.hint == TransportHint::Sse => error,
        Err(error) => return Err(error),
    };
    if let Some(opened) = open_stateless(http, initialize).await? {
        return Ok(opened);
    }
    match open_legacy(http, initialize, inbound).await {
        // The settings name this transport, so its own error helps most.
        Err(of_stream @ UpstreamError::NotMcp { .. }) if http.hint == TransportHint::Sse => Err(of_stream),
        Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => Err(error),
        other => other,
    }
}

/// `None` if the server does not speak the revision without sessions.
async fn open_stateless(
    http: &Arc<AuthorizedHttp>,
    initialize: &Message,
) -> Result<Option<(TransportSession, Message)>, UpstreamError> {
    let Some((session, greeting)) = Streamable::discover(http.clone(), initialize).await? else { return Ok(None) };
    http.remember(Some(HttpTransport::Stateless));
    Ok(Some((TransportSession::Streamable(session), greeting)))
}

async fn open_legacy(
    http: &Arc<AuthorizedHttp>,
    initialize: &Message,
    inbound: &mpsc::Sender<Message>,
) -> Result<(TransportSession, Message), UpstreamError> {
    let session = TransportSession::Legacy(Legacy::open(http.clone(), inbound.clone()).await?);
    let answer = session.request(initialize).await?.answer(|_| {}).await?;
    http.remember(Some(HttpTransport::Sse));
    Ok((session, answer))
}
