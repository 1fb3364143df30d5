//! How a session with a server is opened: over the transport that the server turns out to speak.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::authorized::{AuthorizedHttp, HttpTransport};
use super::legacy::Legacy;
use super::parts::UpstreamParts;
use super::request_ids::INITIALIZE_ID;
use super::session::{TransportSession, UpstreamSession};
use super::stdio::{Program, Stdio};
use super::streamable::{OpenOutcome, Streamable};
use crate::gateway::client_headers::LastHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Fields, Id, Message, fields, string};
use crate::gateway::{repair, revision};
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
    Command(Box<Program>),
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
                Way::Command(Box::new(Program {
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
                    wait: server.timeout.unwrap_or(parts.limits.answer),
                }))
            }
        };
        Self { name: server.name.clone(), way, wait }
    }

    /// Opens a session with these parameters of `initialize`. Messages that belong to no request go to `inbound`.
    pub(super) async fn open(
        &self,
        params: &Fields,
        inbound: mpsc::Sender<Message>,
        headers: Arc<LastHeaders>,
    ) -> Result<UpstreamSession, UpstreamError> {
        let initialize = Message::request(Id::number(INITIALIZE_ID), "initialize", params);
        let (mut transport, answer) = match &self.way {
            Way::Http(http) => self.open_http(&http.for_client(headers), &initialize, &inbound).await?,
            Way::Command(program) => self.open_command(program, &initialize, &inbound).await?,
            Way::None(problem) => {
                return Err(UpstreamError::Unusable { server: self.name.clone(), problem: problem.clone() });
            }
        };
        let mut greeting = self.greeting(&answer)?;
        let is_repaired = repair::greeting::repair(&mut greeting, &self.name);
        let revision = string(&greeting, "protocolVersion").unwrap_or_default();
        if let TransportSession::Streamable(session) = &mut transport {
            session.agree(&revision);
        }
        // If the server refuses this, the next request will show whether the session works.
        drop(transport.notify(&Message::notification("notifications/initialized", None)).await);
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
        let started = Box::new(Stdio::open(program, inbound.clone())?);
        // The inner wait is longer, so that it is always the outer one that ends: only that error has the last lines.
        let asked = async { started.request_within(initialize, self.wait * 2).await?.answer(|_| {}).await };
        let answer = match tokio::time::timeout(self.wait, asked).await {
            Ok(answer) => answer?,
            Err(_) => return Err(started.too_slow(self.wait)),
        };
        Ok((TransportSession::Stdio(started), answer))
    }

    /// The result of `initialize`, if it names a revision.
    fn greeting(&self, answer: &Message) -> Result<Fields, UpstreamError> {
        let rejected = |problem| UpstreamError::Rejected { server: self.name.clone(), problem };
        if let Some(problem) = answer.error_text() {
            return Err(rejected(problem));
        }
        let greeting = fields(answer.result_raw());
        match string(&greeting, "protocolVersion") {
            Some(revision) if revision::is_known(&revision) => Ok(greeting),
            Some(revision) if revision::is_plausible(&revision) => {
                tracing::info!(
                    server.name = self.name,
                    "{} speaks revision {revision}, which the hub does not know; most of it works all the same",
                    self.name
                );
                Ok(greeting)
            }
            Some(revision) => Err(rejected(format!("it wants revision {revision:?}, which the hub does not speak"))),
            None => Err(rejected("its answer to initialize names no protocolVersion".to_owned())),
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
