//! A client of an official SDK that is asked to open pages for its user.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::peers::{installed, node};

/// How long the client may take to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// The client while it calls a tool. Dropping it ends it.
pub struct AskingClient {
    child: Child,
    lines: mpsc::UnboundedReceiver<Value>,
}

impl AskingClient {
    /// Lets a client that speaks this revision call a tool. None: the peers are not installed.
    #[must_use]
    pub fn call(url: &str, tool: &str, revision: &str) -> Option<Self> {
        let peers = installed()?;
        let mut command = Command::new(node(&peers));
        command.current_dir(peers).args(["asking-client.mjs", url, tool, revision]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node runs");
        let output = BufReader::new(child.stdout.take().expect("standard output"));
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let said = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(said).is_err() {
                    return;
                }
            }
        });
        Some(Self { child, lines })
    }

    /// The next thing that it says: `{"open": URL}`, and at last `{"text": …}`.
    pub async fn line(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.lines.recv()).await.expect("in time").expect("the client goes on")
    }
}

impl Drop for AskingClient {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
