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
use crate::gateway::local_replies::METHOD_NOT_FOUND;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, MessageKind, raw};
use crate::gateway::revision::ClientGeneration;
use crate::gateway::upstream::command_clients::CommandClients;
use crate::gateway::upstream::command_generation::{CommandAsker, FirstAnswer, FirstQuestion, KnownGeneration};
use crate::gateway::upstream::greeting;
use crate::gateway::upstream::request_ids::INITIALIZE_ID;
use crate::gateway::upstream::stateless::{ClientMeta, LogTurn};
use crate::gateway::upstream::stdio::{Program, Stdio};

/// Messages of the command that wait for the hub's answer.
const QUESTIONS: usize = 64;

/// A process that has answered its first request.
pub(super) struct SharedProcess {
    pub(super) stdio: Arc<Stdio>,
    /// The sessions, if the process has any.
    pub(super) clients: Arc<CommandClients>,
    /// The client session that a process without sessions logs for.
    pub(super) log_turn: Arc<LogTurn>,
    pub(super) answer: FirstAnswer,
    /// Request ids on this process, over all sessions.
    pub(super) ids: Arc<AtomicU64>,
    /// Held while it is decided what the process is told of subscriptions and levels, and while that goes out.
    pub(super) telling: tokio::sync::Mutex<()>,
    answering: Mutex<Option<BackgroundTask>>,
}

impl SharedProcess {
    /// Starts the process, and begins a session with it if it has any. The wait for a free place among the commands that
    /// come up does not count.
    pub(super) async fn start(
        program: &Program,
        wait: Duration,
        known: &KnownGeneration,
    ) -> Result<Arc<Self>, UpstreamError> {
        let _permit = program.running_commands.start_permit().await;
        let question = known.first_question(ClientGeneration::Sessions);
        let may_fail = known.may_fail_on(question);
        let error = match Self::start_with(program, wait, known, question).await {
            Err(error @ (UpstreamError::Ended { .. } | UpstreamError::Rejected { .. })) if may_fail => error,
            outcome => return outcome,
        };
        Self::start_with(program, wait, known, question.other()).await.map_err(|_| error)
    }

    async fn start_with(
        program: &Program,
        wait: Duration,
        known: &KnownGeneration,
        question: FirstQuestion,
    ) -> Result<Arc<Self>, UpstreamError> {
        let (sender, questions) = mpsc::channel(QUESTIONS);
        let clients = Arc::new(CommandClients::default());
        let stdio = Arc::new(Stdio::open(program, sender, Some(clients.clone()))?);
        let params = initialize_params();
        let initialize = Message::request(Id::number(INITIALIZE_ID), "initialize", &params);
        let asker =
            CommandAsker { server: &program.name, initialize: &initialize, client: ClientMeta::of(&params), wait };
        let answer = known.ask(&stdio, &asker, question).await?;
        if let FirstAnswer::Greeting(greeting) = &answer {
            greeting::of_sessions(&program.name, greeting)?;
            stdio.notify(&Message::notification("notifications/initialized", None)).await?;
        }
        let (ids, answering) = (Arc::new(AtomicU64::new(INITIALIZE_ID)), Mutex::default());
        let (log_turn, telling) = (Arc::default(), tokio::sync::Mutex::default());
        let process = Arc::new(Self { stdio, clients, log_turn, answer, ids, telling, answering });
        let answering = BackgroundTask::spawn(answer_for_clients(Arc::downgrade(&process), questions));
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

/// Answers what no client can answer, until the process ends.
async fn answer_for_clients(process: Weak<SharedProcess>, mut questions: mpsc::Receiver<Message>) {
    while let Some(question) = questions.recv().await {
        let Some(process) = process.upgrade() else { return };
        let MessageKind::Request { id, method } = question.kind() else { continue };
        // If the command does not read any more, nobody waits for the answer.
        drop(process.stdio.notify(&answer_of_hub(id.clone(), method)).await);
    }
}

fn answer_of_hub(id: Id, method: &str) -> Message {
    match method {
        "ping" => Message::result(id, &json!({})),
        // "Elicitation", "Response Actions".
        "elicitation/create" => Message::result(id, &json!({ "action": "decline" })),
        _ => {
            let sentence = format!("no client that waits for this server answers {method}");
            Message::error(Some(id), METHOD_NOT_FOUND, &sentence)
        }
    }
}
