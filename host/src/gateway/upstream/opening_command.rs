//! How a session with a command is opened: in the generation that the command turns out to speak.
//!
//! `initialize` comes first, so that nothing changes for commands with sessions: some end on any other first request. A
//! command that refuses it, or ends, is asked whether it speaks the revision without sessions. What worked is remembered.
//! Client sessions share one process, unless the entry or the revision wants a process for each.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use super::deadline::AnswerLimit;
use super::opening_http::{OpenedTransport, PROBE};
use super::opening_request::OpeningRequest;
use super::session::TransportSession;
use super::shared::SharedCommand;
use super::stateless::{ClientMeta, Discovered, Discovery, StatelessParts, StatelessSession, Wire, discover};
use super::stdio::{Program, Stdio};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, fields, string};
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;
use crate::settings::CommandLifetime;

/// A command, and what is known of it.
pub(super) struct CommandOpener {
    program: Arc<Program>,
    /// The wait for its first answer.
    wait: Duration,
    /// The process that client sessions share. `None` if the entry wants one for each.
    shared: Option<SharedCommand>,
    known: Mutex<CommandGeneration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandGeneration {
    Unknown,
    /// It begins sessions. Whether it speaks the other revision, too, was not asked.
    Sessions,
    /// It begins sessions, and does not speak the other revision.
    OnlySessions,
    /// It was found by `server/discover`.
    Stateless,
    /// It ended before it answered anything, whatever it was asked.
    Neither,
}

/// What a command answered first.
enum FirstAnswer {
    Greeting(Message),
    Discovered(Discovered),
}

impl CommandOpener {
    /// `wait` is the wait for the first answer of the command.
    pub(super) fn new(program: Program, wait: Duration, lifetime: CommandLifetime) -> Self {
        let program = Arc::new(program);
        let shared = (!lifetime.is_per_session).then(|| SharedCommand::new(program.clone(), wait, lifetime));
        Self { program, wait, shared, known: Mutex::new(CommandGeneration::Unknown) }
    }

    /// The command that client sessions share, if they do.
    pub(super) fn shared(&self) -> Option<&SharedCommand> {
        self.shared.as_ref().filter(|_| *lock(&self.known) != CommandGeneration::Stateless)
    }

    /// Opens a session with the command, which is started if it has to be.
    pub(super) async fn open(
        &self,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<OpenedTransport, UpstreamError> {
        let Some(shared) = self.shared() else { return self.open_alone(request, inbound).await };
        let error = match shared.join(&request.params, inbound.clone()).await {
            Ok((session, greeting)) => {
                return Ok(OpenedTransport { session: TransportSession::Shared(session), greeting });
            }
            Err(error @ (UpstreamError::Rejected { .. } | UpstreamError::Ended { .. })) => error,
            Err(error) => return Err(error),
        };
        // What refuses a session may be a server without any.
        match self.attempt(request, inbound, true).await {
            Ok(opened) if matches!(opened.session, TransportSession::Stateless(_)) => Ok(opened),
            Ok(_) | Err(_) => Err(error),
        }
    }

    /// Starts the command for this session alone.
    async fn open_alone(
        &self,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<OpenedTransport, UpstreamError> {
        let known = *lock(&self.known);
        let is_asked_first = match (known, request.generation) {
            (CommandGeneration::Stateless, _) => true,
            (CommandGeneration::Unknown | CommandGeneration::Sessions, generation) => {
                generation == ClientGeneration::Stateless
            }
            (CommandGeneration::OnlySessions | CommandGeneration::Neither, _) => false,
        };
        let error = match self.attempt(request, inbound, is_asked_first).await {
            Err(error @ UpstreamError::Ended { .. }) if known == CommandGeneration::Unknown || is_asked_first => error,
            outcome => return outcome,
        };
        // Some commands end on a first request that they do not know.
        let outcome = self.attempt(request, inbound, !is_asked_first).await;
        match outcome {
            Err(UpstreamError::Ended { .. }) => {
                *lock(&self.known) = CommandGeneration::Neither;
                Err(error)
            }
            outcome => outcome,
        }
    }

    async fn attempt(
        &self,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
        is_asked_first: bool,
    ) -> Result<OpenedTransport, UpstreamError> {
        let _permit = self.program.running_commands.start_permit().await;
        let stdio = Arc::new(Stdio::open(&self.program, inbound.clone(), None)?);
        let asked = self.first_answer(&stdio, request, is_asked_first);
        let answer = match tokio::time::timeout(self.wait, asked).await {
            Ok(answer) => answer?,
            Err(_) => return Err(stdio.too_slow(self.wait)),
        };
        Ok(match answer {
            FirstAnswer::Greeting(greeting) => OpenedTransport { session: TransportSession::Stdio(stdio), greeting },
            FirstAnswer::Discovered(found) => {
                *lock(&self.known) = CommandGeneration::Stateless;
                let greeting = found.greeting(request.revision().as_deref());
                let parts = StatelessParts {
                    server: &self.program.name,
                    wire: Wire::command(stdio),
                    limit: self.program.limit,
                    greeting: &greeting,
                    inbound: inbound.clone(),
                };
                let session = StatelessSession::new(ClientMeta::of(&request.params), parts);
                OpenedTransport {
                    session: TransportSession::Stateless(session),
                    greeting: OpeningRequest::answer(&greeting),
                }
            }
        })
    }

    async fn first_answer(
        &self,
        stdio: &Arc<Stdio>,
        request: &OpeningRequest,
        is_asked_first: bool,
    ) -> Result<FirstAnswer, UpstreamError> {
        let (wire, client) = (Wire::command(stdio.clone()), ClientMeta::of(&request.params));
        let mut known = CommandGeneration::Sessions;
        if is_asked_first {
            match discover(&wire, &client, PROBE.min(self.wait)).await? {
                Discovery::Found(found) => return Ok(FirstAnswer::Discovered(found)),
                Discovery::Refused => known = CommandGeneration::OnlySessions,
                Discovery::Unsure => {}
            }
        }
        // The inner wait is longer, so that it is always the outer one that ends: only that error has the last lines.
        let greeting =
            stdio.request_within(&request.initialize, AnswerLimit::fixed(self.wait * 2)).await?.answer(|_| {}).await?;
        let result = fields(greeting.result_raw());
        let revision = string(&result, "protocolVersion");
        if revision.is_none_or(|revision| revision::is_after_sessions(&revision))
            && let Discovery::Found(found) = discover(&wire, &client, self.wait).await?
        {
            return Ok(FirstAnswer::Discovered(found));
        }
        if greeting.error_text().is_none() {
            *lock(&self.known) = known;
        }
        Ok(FirstAnswer::Greeting(greeting))
    }
}
