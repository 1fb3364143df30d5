//! The programs of the matrix: clients and servers on each SDK.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mcphub_tests::{peers, text};
use serde_json::{Value, json};

use crate::cell::{Client, Transport};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the SDKs are.
pub(crate) struct Sdks {
    node: PathBuf,
    /// The Python SDKs: the old one and the new one.
    python: [PathBuf; 2],
    /// The folder with the clients and servers.
    folder: PathBuf,
}

impl Sdks {
    /// All of them, installed where they are not yet. `None`: they cannot be.
    pub(crate) fn installed() -> Option<Self> {
        let folder = peers::installed()?;
        let python = [peers::python_sdk("old")?, peers::python_sdk("new")?];
        Some(Self { node: peers::node(&folder), python, folder: folder.join("matrix") })
    }

    /// A client of this target, which a hub may have given other names: with this prefix.
    pub(crate) fn client(&self, client: Client, target: &str, prefix: &str) -> tokio::process::Command {
        let mut command = self.command("client", client.sdk);
        command.args([target, client.mode, prefix]);
        command.into()
    }

    /// `client-old.mjs`, or `client_old.py`: the role and the age of `ts-old`, or of `py-old`.
    fn command(&self, role: &str, sdk: &str) -> Command {
        let age = if sdk.ends_with("old") { "old" } else { "new" };
        let mut command;
        if sdk.starts_with("ts") {
            command = Command::new(&self.node);
            command.arg("--no-warnings").arg(self.folder.join(format!("js/{role}-{age}.mjs")));
        } else {
            let [old, new] = &self.python;
            command = Command::new("python3");
            command.arg(self.folder.join(format!("py/{role}_{age}.py")));
            command.env("PYTHONPATH", if age == "old" { old } else { new });
        }
        command
    }
}

/// A server. One that listens is killed by its id when this is dropped; one that is a command is started by its clients.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) transport: Transport,
    /// Its URL, or its command line.
    pub(crate) target: String,
    command: Command,
    child: Option<Child>,
}

impl Server {
    /// Starts one that listens.
    pub(crate) fn start(sdks: &Sdks, name: &'static str, transport: Transport) -> Self {
        let mut command = sdks.command("server", name);
        command.args(["--name", name]);
        if name.ends_with("new") && transport != Transport::Sse {
            command.arg("--only-2026");
        }
        if transport == Transport::Stdio {
            command.arg("--stdio");
            return Self { name, transport, target: line(&command), command, child: None };
        }
        if transport == Transport::Sse {
            command.arg("--sse");
        }
        // It ends with its standard input, however this program ends.
        command.arg("--tied").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let told = first_line(child.stdout.take().expect("standard output"));
        let told: Value =
            serde_json::from_str(&told).unwrap_or_else(|_| panic!("{name} did not start: {}", line(&command)));
        Self { name, transport, target: text(&told, "/url"), command, child: Some(child) }
    }

    /// What a person writes into the settings.
    pub(crate) fn entry(&self) -> Value {
        match self.transport {
            Transport::Http => json!({ "url": self.target }),
            Transport::Sse => json!({ "type": "sse", "url": self.target }),
            Transport::Stdio => {
                let words = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
                let arguments: Vec<String> = self.command.get_args().map(words).collect();
                let variables = self.command.get_envs().filter_map(|(name, value)| Some((words(name), words(value?))));
                let variables: serde_json::Map<String, Value> =
                    variables.map(|(name, value)| (name, Value::String(value))).collect();
                json!({ "command": words(self.command.get_program()), "args": arguments, "env": variables })
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The command line, for clients that start the server themselves. `env` gives it its variables.
fn line(command: &Command) -> String {
    let mut words = vec!["env".to_owned()];
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    words.extend(variables.map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy())));
    words.push(command.get_program().to_string_lossy().into_owned());
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

/// What a program says first; nothing if it takes too long.
fn first_line(stream: ChildStdout) -> String {
    let (told, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // One that says nothing has ended, or is ended by whoever waits for it.
        let _ = BufReader::new(stream).read_line(&mut line);
        let _ = told.send(line);
    });
    line.recv_timeout(PATIENCE).unwrap_or_default()
}
