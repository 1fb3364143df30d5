//! The command of a server, whether it runs now or not. All who need it wait for the same start.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{RemoteHandle, Shared};
use tokio::sync::{mpsc, watch};

use super::idle::ended_when_idle;
use super::part::StatelessPart;
use super::process::{KnownCommand, SharedProcess};
use super::session::SharedSession;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message};
use crate::gateway::upstream::command_generation::FirstAnswer;
use crate::gateway::upstream::stdio::Program;
use crate::settings::CommandLifetime;

/// What a shared command does.
#[derive(Debug, Clone)]
pub(crate) enum CommandState {
    /// Nobody needed it yet.
    NotStarted,
    /// It runs, or comes up.
    Started,
    /// It was ended because nobody needed it.
    Resting,
    /// It ended by itself or did not come up, for this reason.
    Ended(UpstreamError),
}

/// A client's part of the process, in the generation that the command speaks.
pub(crate) enum JoinedProcess {
    /// A session, and the answer to the hub's `initialize`.
    Sessions(SharedSession, Message),
    Stateless(StatelessPart),
}

/// The process, running or coming up. The start goes on in a task of its own, which is dropped with this.
type StartingProcess = Shared<RemoteHandle<Result<Arc<SharedProcess>, UpstreamError>>>;

/// The command of a server. Dropping it ends the process once no session uses it.
pub(crate) struct SharedCommand {
    program: Arc<Program>,
    /// The wait for its first answer.
    wait: Duration,
    lifetime: CommandLifetime,
    known: Arc<KnownCommand>,
    process: Mutex<Option<StartingProcess>>,
    state: watch::Sender<CommandState>,
}

impl SharedCommand {
    pub(crate) fn new(program: Arc<Program>, wait: Duration, lifetime: CommandLifetime) -> Self {
        let state = watch::Sender::new(CommandState::NotStarted);
        let known = Arc::new(KnownCommand::new(program.limits.generation_age));
        Self { program, wait, lifetime, known, process: Mutex::default(), state }
    }

    /// A client's part of the process, which is started if it does not run. Messages that belong to none of the client's
    /// requests go to `inbound`.
    pub(crate) async fn join(
        &self,
        initialize: &Fields,
        inbound: mpsc::Sender<Message>,
    ) -> Result<JoinedProcess, UpstreamError> {
        let process = self.running().await?;
        let greeting = match &process.answer {
            FirstAnswer::Greeting(greeting) => greeting.clone(),
            FirstAnswer::Discovered(found) => {
                let part = StatelessPart::new(&process, found.clone(), initialize, inbound);
                return Ok(JoinedProcess::Stateless(part));
            }
        };
        Ok(JoinedProcess::Sessions(SharedSession::join(process, initialize, inbound).await, greeting))
    }

    /// Follows what the command does.
    pub(crate) fn state(&self) -> watch::Receiver<CommandState> {
        self.state.subscribe()
    }

    /// Whether the command is not to be started before somebody needs it.
    pub(crate) fn is_resting(&self) -> bool {
        match &*self.state.borrow() {
            CommandState::NotStarted | CommandState::Ended(_) => self.lifetime.is_on_demand,
            CommandState::Resting => true,
            CommandState::Started => false,
        }
    }

    /// Ends the process if no request is in flight, so that the next request starts another one.
    pub(crate) async fn end_if_unused(&self) {
        if let Some(process) = self.now_running() {
            process.end_if_unused().await;
        }
    }

    /// Ends the process, and waits until it has ended.
    pub(crate) async fn stop(&self) {
        let process = self.now_running();
        lock(&self.process).take();
        if let Some(process) = process {
            process.stdio.close().await;
        }
    }

    async fn running(&self) -> Result<Arc<SharedProcess>, UpstreamError> {
        let starting = {
            let mut place = lock(&self.process);
            let is_over = |starting: &StartingProcess| match starting.clone().now_or_never() {
                Some(Ok(process)) => process.stdio.is_ended(),
                Some(Err(_)) => true,
                None => false,
            };
            match place.take_if(|starting| !is_over(starting)) {
                Some(starting) => place.insert(starting).clone(),
                None => place.insert(self.begin_starting()).clone(),
            }
        };
        starting.await
    }

    fn now_running(&self) -> Option<Arc<SharedProcess>> {
        lock(&self.process).clone()?.now_or_never()?.ok()
    }

    fn begin_starting(&self) -> StartingProcess {
        let (program, state, wait, idle) = (self.program.clone(), self.state.clone(), self.wait, self.lifetime.idle);
        let known = self.known.clone();
        state.send_replace(CommandState::Started);
        let (work, starting) = async move {
            let started = SharedProcess::start(&program, wait, &known).await;
            match &started {
                Ok(process) => follow(process, state, idle),
                Err(error) => drop(state.send_replace(CommandState::Ended(error.clone()))),
            }
            started
        }
        .remote_handle();
        tokio::spawn(work);
        starting.shared()
    }
}

/// Follows a process to its end: by itself, or because nobody needs it.
fn follow(process: &Arc<SharedProcess>, state: watch::Sender<CommandState>, idle: Option<Duration>) {
    let (mut ending, weak) = (process.stdio.ending(), Arc::downgrade(process));
    tokio::spawn(async move {
        let ended = async {
            match ending.wait_for(Option::is_some).await {
                Ok(error) => error.clone(),
                // It was told to end.
                Err(_) => None,
            }
        };
        let rests = async {
            match idle {
                Some(idle) if ended_when_idle(weak, idle).await => {}
                // It ended otherwise, or runs until that.
                Some(_) | None => std::future::pending().await,
            }
        };
        let after = tokio::select! {
            biased;
            error = ended => error.map(CommandState::Ended),
            () = rests => Some(CommandState::Resting),
        };
        if let Some(after) = after {
            state.send_replace(after);
        }
    });
}
