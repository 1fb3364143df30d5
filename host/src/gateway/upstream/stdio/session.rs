//! The session with a command: what the rest of the hub sees of it.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::frames::Frames;
use super::process_group::ProcessGroup;
use super::program::Program;
use super::stderr::StderrTail;
use super::supervisor::{Streams, Supervisor};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::command_clients::CommandClients;
use crate::gateway::upstream::correlator::Correlator;
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::open_questions::OpenQuestions;
use crate::gateway::upstream::reply::Reply;

/// Messages that wait until the command reads.
const QUEUED: usize = 32;

/// A running command. Dropping this ends it.
pub(crate) struct Stdio {
    name: String,
    limit: AnswerLimit,
    correlator: Arc<Correlator>,
    stderr: StderrTail,
    running: Mutex<Option<Running>>,
}

struct Running {
    lines: mpsc::Sender<Bytes>,
    /// Dropping it tells the supervisor to end the command.
    _go_on: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
}

impl Stdio {
    /// Starts the command, and the task that runs it. `clients` are the sessions that share it, where several do.
    pub(crate) fn open(
        program: &Program,
        inbound: mpsc::Sender<Message>,
        clients: Option<Arc<CommandClients>>,
    ) -> Result<Self, UpstreamError> {
        let mut child = program.start()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let stderr_pipe = child.stderr.take();
        let group = ProcessGroup::of(child, &program.running_commands);
        let (input, output) =
            pipes.ok_or_else(|| program.unusable("the command has no standard input and output".into()))?;
        let (sender, lines) = mpsc::channel(QUEUED);
        let (go_on, stop) = oneshot::channel();
        let room = program.waiting.clone().within(program.limits.queued_bytes);
        let correlator = Arc::new(Correlator::new(&program.name, inbound, room).shared_by(clients));
        let stderr = StderrTail::new(&program.name, &program.args, &program.env);
        let limit = program.limits.message_bytes;
        let supervisor = Supervisor {
            name: program.name.clone(),
            group,
            correlator: correlator.clone(),
            stderr: stderr.clone(),
            limit,
        };
        let streams = Streams { input, lines, output: Frames::new(output, limit), stderr: stderr_pipe };
        let supervisor = tokio::spawn(supervisor.run(streams, stop));
        let running = Mutex::new(Some(Running { lines: sender, _go_on: go_on, supervisor }));
        Ok(Self { name: program.name.clone(), limit: program.limit, correlator, stderr, running })
    }

    /// The name of the server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The usual wait for an answer.
    pub(crate) fn patience(&self) -> Duration {
        self.limit.wait()
    }

    /// Whether the command has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.correlator.is_ended()
    }

    /// Set once the command has ended by itself, with the reason.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<UpstreamError>> {
        self.correlator.ending()
    }

    /// The questions that the command has asked, unless several sessions share it.
    pub(crate) fn questions(&self) -> &Arc<OpenQuestions> {
        self.correlator.questions()
    }

    /// The error for a command that answered nothing within this time.
    pub(crate) fn too_slow(&self, waited: Duration) -> UpstreamError {
        UpstreamError::SlowStart { server: self.name.clone(), waited, last_lines: Some(self.stderr.last()) }
    }

    /// Sends a request with the usual wait for its answer.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        self.request_within(message, self.limit).await
    }

    /// Sends a request with a limit of its own for the answer.
    pub(crate) async fn request_within(&self, message: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        let stream = self.correlator.expect(message, limit)?;
        self.notify(message).await?;
        Ok(Reply::shared(stream))
    }

    /// Sends a request of one of the sessions that share the command.
    pub(crate) async fn request_of(
        &self,
        message: &Message,
        client: &Arc<CommandClient>,
    ) -> Result<Reply, UpstreamError> {
        self.request_of_within(message, client, self.limit).await
    }

    /// The same with a limit of its own for the answer.
    pub(crate) async fn request_of_within(
        &self,
        message: &Message,
        client: &Arc<CommandClient>,
        limit: AnswerLimit,
    ) -> Result<Reply, UpstreamError> {
        let stream = self.correlator.expect_for(Some(client.clone()), message, limit)?;
        self.notify(message).await?;
        Ok(Reply::shared(stream))
    }

    /// Gives up the requests of one of the sessions that share the command, and returns their cancellations.
    pub(crate) fn drop_requests_of(&self, client: &CommandClient) -> Vec<Message> {
        let cancelled = |id: Id| {
            let params = serde_json::json!({ "requestId": id.to_raw(), "reason": "the client has ended its session" });
            Message::notification("notifications/cancelled", Some(&params))
        };
        self.correlator.drop_requests_of(client).into_iter().map(cancelled).collect()
    }

    /// How long no request was sent or answered. The hub's own do not count.
    pub(crate) fn unused_for(&self) -> Duration {
        self.correlator.unused_for()
    }

    /// Takes no more requests if none is in flight. Returns whether that is so; then the caller closes the session.
    pub(crate) fn end_if_unused(&self) -> bool {
        self.correlator.end_if_unused()
    }

    /// Sends a message. It goes out whole or not at all, also if this is dropped early.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let ended = || UpstreamError::SessionEnded { server: self.name.clone() };
        let mut line = message.to_line().to_vec();
        line.push(b'\n');
        let lines = lock(&self.running).as_ref().map(|running| running.lines.clone()).ok_or_else(ended)?;
        let mut deadline = AnswerLimit::fixed(self.limit.wait()).begin();
        match deadline.within(pin!(lines.send(line.into()))).await {
            Some(sent) => sent.map_err(|_| ended()),
            None => Err(deadline.missed(&self.name)),
        }
    }

    /// Ends the command, and waits until it has ended.
    pub(crate) async fn close(&self) {
        let running = lock(&self.running).take();
        let Some(Running { lines, _go_on: go_on, supervisor }) = running else { return };
        drop((lines, go_on));
        // How the task ended does not matter.
        drop(supervisor.await);
    }
}
