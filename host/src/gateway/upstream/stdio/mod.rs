//! A server that is a command: one JSON message a line, on its standard input and output.
//!
//! | what | file |
//! |---|---|
//! | how it is started | `program`, `environment` |
//! | lines of a bounded length; frames and messages over several lines, which some write | `lines`, `frames`, `pieces` |
//! | standard error | `words` |
//! | how it ends, with all that it started | `group`, `guard` |

mod environment;
mod frames;
mod group;
mod guard;
mod lines;
mod pieces;
mod program;
mod words;

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use self::frames::Frames;
use self::group::Group;
pub(crate) use self::group::Living;
pub use self::guard::stand_guard;
use self::lines::Line;
use self::pieces::Pieces;
pub use self::program::Premises;
pub(crate) use self::program::Program;
use self::words::Words;
use super::reply::Reply;
use super::shared::Correlator;
use super::task::Task;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;

/// The argument with which the hub's program stands guard over its commands.
pub const GUARD: &str = "guard-commands";
/// Messages that wait until the command reads.
const QUEUED: usize = 32;
/// How long the exit of a command that closed its output is waited for, and the end of its standard error.
const EXIT: Duration = Duration::from_millis(500);

/// A running command. It ends when this is dropped.
pub(crate) struct Stdio {
    name: String,
    wait: Duration,
    correlator: Arc<Correlator>,
    words: Words,
    running: Mutex<Option<Running>>,
}

struct Running {
    lines: mpsc::Sender<Bytes>,
    /// Dropped: the command is to end.
    _go_on: oneshot::Sender<()>,
    keeper: JoinHandle<()>,
}

/// Both ends of a conversation.
struct Streams {
    input: ChildStdin,
    lines: mpsc::Receiver<Bytes>,
    output: Frames<ChildStdout>,
}

/// The task that has the command from its start to its end.
struct Keeper {
    name: String,
    group: Group,
    correlator: Arc<Correlator>,
    words: Words,
    limit: usize,
}

impl Stdio {
    /// Starts the command.
    pub(crate) fn open(program: &Program, inbound: mpsc::Sender<Message>) -> Result<Self, UpstreamError> {
        let mut child = program.start()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let stderr = child.stderr.take();
        let group = Group::of(child, &program.living);
        let (input, output) =
            pipes.ok_or_else(|| program.unusable("the command has no standard input and output".into()))?;
        let (sender, lines) = mpsc::channel(QUEUED);
        let (go_on, told_to_end) = oneshot::channel();
        let correlator = Arc::new(Correlator::new(
            &program.name,
            inbound,
            program.waiting.clone().within(program.limits.queued_bytes),
        ));
        let words = Words::new(&program.name, &program.args, &program.env);
        let limit = program.limits.message_bytes;
        let keeper =
            Keeper { name: program.name.clone(), group, correlator: correlator.clone(), words: words.clone(), limit };
        let streams = Streams { input, lines, output: Frames::new(output, limit) };
        let complaints = words.clone();
        let keeper = tokio::spawn(async move {
            let reading = Task::spawn(async move {
                if let Some(stderr) = stderr {
                    complaints.read(stderr).await;
                }
            });
            keeper.keep(streams, reading, told_to_end).await;
        });
        let running = Mutex::new(Some(Running { lines: sender, _go_on: go_on, keeper }));
        Ok(Self { name: program.name.clone(), wait: program.wait, correlator, words, running })
    }

    /// Whether the command has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.correlator.is_ended()
    }

    /// Tells once it ended by itself, and why.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<UpstreamError>> {
        self.correlator.ending()
    }

    /// It did not answer `initialize` in time.
    pub(crate) fn too_slow(&self, waited: Duration) -> UpstreamError {
        UpstreamError::SlowStart { server: self.name.clone(), waited, words: Some(self.words.last()) }
    }

    /// Sends a request.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        self.request_within(message, self.wait).await
    }

    /// Sends a request that may take another time than most.
    pub(crate) async fn request_within(&self, message: &Message, wait: Duration) -> Result<Reply, UpstreamError> {
        let inflow = self.correlator.expect(message, wait)?;
        self.notify(message).await?;
        Ok(Reply::Stream(inflow))
    }

    /// Sends a message. It goes out whole, or not at all, however early this is dropped.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let ended = || UpstreamError::SessionEnded { server: self.name.clone() };
        let mut line = message.to_line().to_vec();
        line.push(b'\n');
        let lines = lock(&self.running).as_ref().map(|running| running.lines.clone()).ok_or_else(ended)?;
        match tokio::time::timeout(self.wait, lines.send(line.into())).await {
            Ok(sent) => sent.map_err(|_| ended()),
            Err(_) => Err(UpstreamError::TimedOut { server: self.name.clone(), waited: self.wait }),
        }
    }

    /// Ends it, and waits until it has.
    pub(crate) async fn close(&self) {
        let running = lock(&self.running).take();
        let Some(Running { lines, _go_on: go_on, keeper }) = running else { return };
        drop((lines, go_on));
        // However it ended.
        drop(keeper.await);
    }
}

impl Keeper {
    async fn keep(mut self, streams: Streams, complaints: Task, told_to_end: oneshot::Receiver<()>) {
        let Streams { input, lines, mut output } = streams;
        let is_told = tokio::select! {
            () = self.read(&mut output) => false,
            () = write(input, lines) => false,
            // The sender is dropped.
            _ = told_to_end => true,
        };
        // Its input is closed now.
        if is_told {
            self.correlator.end(None);
        } else {
            let exit = self.group.exited_within(EXIT).await;
            // What others that it started have to say is not waited for.
            complaints.ended_within(EXIT).await;
            let how = exit.map_or_else(|| "closed its standard streams before it ended".to_owned(), ended_with);
            let error = UpstreamError::Ended { server: self.name.clone(), how, words: self.words.last() };
            tracing::debug!(server.name = self.name, "{error}");
            self.correlator.end(Some(error));
        }
        // A command that cannot write does not end by itself.
        let _draining = Task::spawn(async move { while output.next().await.is_some() {} });
        self.group.end().await;
    }

    /// Ends with the command's output.
    async fn read(&self, output: &mut Frames<ChildStdout>) {
        let mut pieces = Pieces::new(self.limit);
        while let Some(line) = output.next().await {
            match line {
                Line::Whole(line) => match pieces.take(&line) {
                    Ok(messages) => self.deliver(messages).await,
                    // Whatever else a command prints there is none of ours, but may say why it does not answer.
                    Err(error) => {
                        tracing::trace!(server.name = self.name, "a line was left out: {error}");
                        self.words.note(&line);
                    }
                },
                Line::TooLong(id) => self.correlator.too_large(id, self.limit),
            }
        }
    }

    async fn deliver(&self, messages: Vec<Message>) {
        for message in messages {
            self.correlator.deliver(message).await;
        }
    }
}

/// Ends when the command does not read any more.
async fn write(mut input: ChildStdin, mut lines: mpsc::Receiver<Bytes>) {
    while let Some(line) = lines.recv().await {
        let written = async {
            input.write_all(&line).await?;
            input.flush().await
        };
        if let Err(error) = written.await {
            tracing::debug!("a command does not read its standard input: {error}");
            return;
        }
    }
    // Nobody has anything to say any more, and the input stays open until the command is told to end.
    std::future::pending::<()>().await;
}

fn ended_with(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}{}", signal_name(signal)),
        (None, None) => "ended".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}
