//! A server that is a command: one JSON message a line, on its standard input and output.

use std::process::Stdio as Pipe;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc};

use super::reply::Reply;
use super::shared::Correlator;
use super::task::Task;
use crate::gateway::error::UpstreamError;
use crate::gateway::limits::Limits;
use crate::gateway::message::Message;

/// The hub's own secret, which no command needs.
const OWN_SECRET: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY";
/// How long a command may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a command is started.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) limits: Limits,
    pub(crate) wait: Duration,
}

/// A running command.
pub(crate) struct Stdio {
    name: String,
    wait: Duration,
    input: Mutex<Option<ChildStdin>>,
    correlator: Arc<Correlator>,
    /// Ended with the session: the child is killed on drop.
    child: Mutex<Option<Child>>,
    _reader: Task,
}

impl Stdio {
    /// Starts the command.
    pub(crate) fn open(program: &Program, inbound: mpsc::Sender<Message>) -> Result<Self, UpstreamError> {
        let unusable = |problem: String| UpstreamError::Unusable { server: program.name.clone(), problem };
        let mut command = Command::new(&program.command);
        command.args(&program.args).envs(program.env.iter().map(|(name, value)| (name, value))).env_remove(OWN_SECRET);
        command.stdin(Pipe::piped()).stdout(Pipe::piped()).stderr(Pipe::null()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            unusable(format!("the command {:?} cannot be started ({error}); install it or correct it", program.command))
        })?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| unusable("the command has no standard input and output".into()))?;
        let correlator = Arc::new(Correlator::new(&program.name, inbound));
        let reader = Task::spawn(read(output, correlator.clone(), program.limits.message_bytes));
        Ok(Self {
            name: program.name.clone(),
            wait: program.wait,
            input: Mutex::new(Some(input)),
            correlator,
            child: Mutex::new(Some(child)),
            _reader: reader,
        })
    }

    /// Whether the command has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.correlator.is_ended()
    }

    /// Sends a request.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let inflow = self.correlator.expect(message, self.wait)?;
        self.notify(message).await?;
        Ok(Reply::Stream(inflow))
    }

    /// Writes a message.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let ended = || UpstreamError::SessionEnded { server: self.name.clone() };
        let mut line = message.to_line().to_vec();
        line.push(b'\n');
        let mut input = self.input.lock().await;
        let input = input.as_mut().ok_or_else(ended)?;
        let written = async {
            input.write_all(&line).await?;
            input.flush().await
        };
        match tokio::time::timeout(self.wait, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ended()),
            Err(_) => Err(UpstreamError::TimedOut { server: self.name.clone(), waited: self.wait }),
        }
    }

    /// Lifecycle, "Shutdown": close its input, wait a little, end it.
    pub(crate) async fn close(&self) {
        self.input.lock().await.take();
        let Some(mut child) = self.child.lock().await.take() else { return };
        if tokio::time::timeout(FAREWELL, child.wait()).await.is_err() {
            // It may have ended meanwhile.
            drop(child.kill().await);
        }
    }
}

async fn read(output: ChildStdout, correlator: Arc<Correlator>, limit: usize) {
    let mut reader = BufReader::new(output);
    let bound = u64::try_from(limit).unwrap_or(u64::MAX);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(bound).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => break,
            Ok(_) if line.len() >= limit => break,
            // Whatever else a command prints there is none of ours.
            Ok(_) => {
                if let Ok(message) = Message::parse(&line) {
                    correlator.deliver(message).await;
                }
            }
        }
    }
    correlator.end();
}
