//! How a session with a command is opened: in the generation that the command turns out to speak.
//!
//! Client sessions share one process, unless the entry wants a process for each.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::command_generation::{CommandAsker, FirstAnswer, FirstQuestion, KnownGeneration};
use super::opening_http::OpenedTransport;
use super::opening_request::OpeningRequest;
use super::request_ids::RequestIds;
use super::session::TransportSession;
use super::shared::{JoinedProcess, SharedCommand, StatelessPart};
use super::stateless::{ClientMeta, StatelessParts, StatelessSession, Wire};
use super::stdio::{Program, Stdio};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::settings::CommandLifetime;

/// A command, and what is known of it.
pub(super) struct CommandOpener {
    program: Arc<Program>,
    /// The wait for its first answer.
    wait: Duration,
    processes: Processes,
}

enum Processes {
    /// Client sessions share one.
    Shared(SharedCommand),
    /// Each client session has its own.
    Own(KnownGeneration),
}

impl CommandOpener {
    /// `wait` is the wait for the first answer of the command.
    pub(super) fn new(program: Program, wait: Duration, lifetime: CommandLifetime) -> Self {
        let program = Arc::new(program);
        let processes = if lifetime.is_per_session {
            Processes::Own(KnownGeneration::lasting(program.limits.generation_age))
        } else {
            Processes::Shared(SharedCommand::new(program.clone(), wait, lifetime))
        };
        Self { program, wait, processes }
    }

    /// The command that client sessions share, if they do.
    pub(super) const fn shared(&self) -> Option<&SharedCommand> {
        match &self.processes {
            Processes::Shared(shared) => Some(shared),
            Processes::Own(_) => None,
        }
    }

    /// Opens a session with the command, which is started if it has to be.
    pub(super) async fn open(
        &self,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<OpenedTransport, UpstreamError> {
        let shared = match &self.processes {
            Processes::Shared(shared) => shared,
            Processes::Own(known) => return self.open_own(known, request, inbound).await,
        };
        Ok(match shared.join(&request.params, inbound.clone()).await? {
            JoinedProcess::Sessions(session, greeting) => {
                OpenedTransport { session: TransportSession::Shared(session), greeting }
            }
            JoinedProcess::Stateless(part) => self.stateless(request, inbound, part),
        })
    }

    /// Starts the command for this session alone.
    async fn open_own(
        &self,
        known: &KnownGeneration,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
    ) -> Result<OpenedTransport, UpstreamError> {
        let question = known.first_question(request.generation);
        let may_fail = known.may_fail_on(question);
        let error = match self.start(known, request, inbound, question).await {
            Err(error @ (UpstreamError::Ended { .. } | UpstreamError::Rejected { .. })) if may_fail => error,
            outcome => return outcome,
        };
        match self.start(known, request, inbound, question.other()).await {
            Err(UpstreamError::Ended { .. }) => {
                known.note_neither();
                Err(error)
            }
            Err(UpstreamError::Rejected { .. }) => Err(error),
            outcome => outcome,
        }
    }

    async fn start(
        &self,
        known: &KnownGeneration,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
        question: FirstQuestion,
    ) -> Result<OpenedTransport, UpstreamError> {
        let _permit = self.program.running_commands.start_permit().await;
        let stdio = Arc::new(Stdio::open(&self.program, inbound.clone(), None)?);
        let client = ClientMeta::of(&request.params);
        let asker =
            CommandAsker { server: &self.program.name, initialize: &request.initialize, client, wait: self.wait };
        Ok(match known.ask(&stdio, &asker, question).await? {
            FirstAnswer::Greeting(greeting) => OpenedTransport { session: TransportSession::Stdio(stdio), greeting },
            FirstAnswer::Discovered(found) => {
                let (wire, request_ids) = (Wire::command(stdio), RequestIds::default());
                self.stateless(request, inbound, StatelessPart { found, wire, request_ids })
            }
        })
    }

    fn stateless(
        &self,
        request: &OpeningRequest,
        inbound: &mpsc::Sender<Message>,
        part: StatelessPart,
    ) -> OpenedTransport {
        let greeting = part.found.greeting(request.revision().as_deref());
        let parts = StatelessParts {
            server: &self.program.name,
            wire: part.wire,
            request_ids: part.request_ids,
            limit: self.program.limit,
            greeting: &greeting,
            inbound: inbound.clone(),
        };
        let session = StatelessSession::new(ClientMeta::of(&request.params), parts);
        OpenedTransport { session: TransportSession::Stateless(session), greeting: OpeningRequest::answer(&greeting) }
    }
}
