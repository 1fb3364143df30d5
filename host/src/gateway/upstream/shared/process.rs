//! A running process that client sessions share. The hub itself asks it first, and answers in place of a client where none
//! can.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, raw};
use crate::gateway::revision::ClientGeneration;
use crate::gateway::upstream::command_clients::CommandClients;
use crate::gateway::upstream::command_generation::{CommandAsker, FirstAnswer, FirstQuestion, KnownGeneration};
use crate::gateway::upstream::command_turns::KnownQuestions;
use crate::gateway::upstream::greeting;
use crate::gateway::upstream::request_ids::INITIALIZE_ID;
use crate::gateway::upstream::stateless::ClientMeta;
use crate::gateway::upstream::stdio::{Program, Stdio};

/// Answers of the hub that wait to be sent.
const ANSWERS: usize = 64;

/// What is known of a command over all its processes.
pub(super) struct KnownCommand {
    generation: KnownGeneration,
    questions: Arc<KnownQuestions>,
}

/// A process that has answered its first request.
pub(super) struct SharedProcess {
    pub(super) stdio: Arc<Stdio>,
    /// The sessions, if the process has any.
    pub(super) clients: Arc<CommandClients>,
    pub(super) answer: FirstAnswer,
    /// Request ids on this process, over all sessions.
    pub(super) ids: Arc<AtomicU64>,
    /// Held while it is decided what the process is told of subscriptions and levels, and while that goes out.
    pub(super) telling: tokio::sync::Mutex<()>,
    answering: Mutex<Option<BackgroundTask>>,
}

impl KnownCommand {
    pub(super) fn new(generation_age: Duration) -> Self {
        Self { generation: KnownGeneration::lasting(generation_age), questions: Arc::default() }
    }
}

impl SharedProcess {
    /// Starts the process, and begins a session with it if it has any. The wait for a free place among the commands that
    /// come up does not count.
    pub(super) async fn start(
        program: &Program,
        wait: Duration,
        known: &KnownCommand,
    ) -> Result<Arc<Self>, UpstreamError> {
        let _permit = program.running_commands.start_permit().await;
        let question = known.generation.first_question(ClientGeneration::Sessions);
        let may_fail = known.generation.may_fail_on(question);
        let error = match Self::start_with(program, wait, known, question).await {
            Err(error @ (UpstreamError::Ended { .. } | UpstreamError::Rejected { .. })) if may_fail => error,
            outcome => return outcome,
        };
        Self::start_with(program, wait, known, question.other()).await.map_err(|_| error)
    }

    async fn start_with(
        program: &Program,
        wait: Duration,
        known: &KnownCommand,
        question: FirstQuestion,
    ) -> Result<Arc<Self>, UpstreamError> {
        let (sender, answers) = mpsc::channel(ANSWERS);
        let clients = Arc::new(CommandClients::of_process(known.questions.clone()));
        let stdio = Arc::new(Stdio::open(program, sender, Some(clients.clone()))?);
        let params = initialize_params();
        let initialize = Message::request(Id::number(INITIALIZE_ID), "initialize", &params);
        let asker =
            CommandAsker { server: &program.name, initialize: &initialize, client: ClientMeta::of(&params), wait };
        let answer = known.generation.ask(&stdio, &asker, question).await?;
        if let FirstAnswer::Greeting(greeting) = &answer {
            greeting::of_sessions(&program.name, greeting)?;
            stdio.notify(&Message::notification("notifications/initialized", None)).await?;
        }
        let (ids, answering) = (Arc::new(AtomicU64::new(INITIALIZE_ID)), Mutex::default());
        let telling = tokio::sync::Mutex::default();
        let process = Arc::new(Self { stdio, clients, answer, ids, telling, answering });
        let answering = BackgroundTask::spawn(answer_for_clients(Arc::downgrade(&process), answers));
        *lock(&process.answering) = Some(answering);
        Ok(process)
    }

    /// An id for a request of the hub's own on this process.
    pub(super) fn next_id(&self) -> Id {
        Id::number(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// The hub declares what clients may be able to do: which of them is asked is decided when the command asks.
fn initialize_params() -> Fields {
    let mut params = local_replies::initialize_params();
    let capabilities = json!({
        "roots": { "listChanged": true },
        "sampling": { "tools": {} },
        "elicitation": { "form": {}, "url": {} },
    });
    params.insert("capabilities".into(), raw(&capabilities));
    params
}

/// Sends the hub's answers to what no client can answer, until the process ends.
async fn answer_for_clients(process: Weak<SharedProcess>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        let Some(process) = process.upgrade() else { return };
        // If the command does not read any more, nobody waits for the answer.
        drop(process.stdio.notify(&answer).await);
    }
}
