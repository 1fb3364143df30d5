//! The task that runs a command from its start to its end.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};

use super::frames::Frames;
use super::lines::OutputLine;
use super::multiline::MultilineMessages;
use super::process_group::ProcessGroup;
use super::stderr::StderrTail;
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::gateway::upstream::correlator::Correlator;

/// The wait for the exit of a command that closed its output, and again for the end of its standard error.
const EXIT: Duration = Duration::from_millis(500);

/// What the task needs to know about the command.
pub(super) struct Supervisor {
    pub(super) name: String,
    pub(super) group: ProcessGroup,
    pub(super) correlator: Arc<Correlator>,
    pub(super) stderr: StderrTail,
    /// Bytes of a single message.
    pub(super) limit: usize,
}

/// The command's standard streams, and what is to be written to it.
pub(super) struct Streams {
    pub(super) input: ChildStdin,
    pub(super) lines: mpsc::Receiver<Bytes>,
    pub(super) output: Frames<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Supervisor {
    /// Runs until the command ends by itself, or until the sender of `stop` is dropped; then ends the command and
    /// everything it started.
    pub(super) async fn run(mut self, streams: Streams, stop: oneshot::Receiver<()>) {
        let Streams { input, lines, mut output, stderr } = streams;
        let tail = self.stderr.clone();
        let reading_stderr = BackgroundTask::spawn(async move {
            if let Some(stderr) = stderr {
                tail.read(stderr).await;
            }
        });
        let is_stopped = tokio::select! {
            () = self.read(&mut output) => false,
            () = write(input, lines) => false,
            // The sender was dropped.
            _ = stop => true,
        };
        // The select dropped `write`, and with it the command's standard input: most commands end then.
        if is_stopped {
            self.correlator.end(None);
        } else {
            let exit = self.group.exited_within(EXIT).await;
            // Processes that the command started may hold its standard error open, so this wait is short.
            reading_stderr.ended_within(EXIT).await;
            let how = exit.map_or_else(|| "closed its standard streams before it ended".to_owned(), ended_with);
            let error = UpstreamError::Ended { server: self.name.clone(), how, last_lines: self.stderr.last() };
            tracing::debug!(server.name = self.name, "{error}");
            self.correlator.end(Some(error));
        }
        // Its output is read until the end: a command that cannot write does not end.
        let _draining = BackgroundTask::spawn(async move { while output.next().await.is_some() {} });
        self.group.end().await;
    }

    /// Reads until the command closes its output.
    async fn read(&self, output: &mut Frames<ChildStdout>) {
        let mut multiline = MultilineMessages::new(self.limit);
        while let Some(line) = output.next().await {
            match line {
                OutputLine::Whole(line) => match multiline.add(&line) {
                    Ok(messages) => self.deliver(messages).await,
                    // Other output is no message, but may say why the command does not answer.
                    Err(error) => {
                        tracing::trace!(server.name = self.name, "a line was ignored: {error}");
                        self.stderr.note(&line);
                    }
                },
                OutputLine::TooLong(id) => self.correlator.too_large(id, self.limit),
            }
        }
    }

    async fn deliver(&self, messages: Vec<Message>) {
        for message in messages {
            self.correlator.deliver(message).await;
        }
    }
}

/// Writes until the command does not read any more.
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
    // There is nothing more to write. The input stays open until the command is told to end.
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

const fn signal_name(signal: i32) -> &'static str {
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
