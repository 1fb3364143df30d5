//! A second process that ends the commands if the hub is killed (SIGKILL) before it can end them itself.
//!
//! It knows the process groups that run, and notices the end of the hub as the end of its input. The kernel's own
//! mechanism (`PR_SET_PDEATHSIG`) does not reach the children of a wrapper, and fires when the thread that started the
//! command ends.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio as Pipe};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::gateway::lock::lock;

/// The argument with which the hub's program runs as the guard.
pub const GUARD: &str = "guard-commands";
/// How long the commands may take to end by themselves, and again after SIGTERM.
const WAIT: Duration = Duration::from_secs(2);
/// How often the guard checks whether they are gone.
const POLL: Duration = Duration::from_millis(50);

/// The connection to the guard process, which is started with the first command.
#[derive(Clone)]
pub(super) struct CommandGuard(Arc<Connection>);

struct Connection {
    /// The hub's own program. Without it, there is no guard.
    program: Option<PathBuf>,
    input: Mutex<Option<ChildStdin>>,
}

impl CommandGuard {
    pub(super) fn new(program: Option<PathBuf>) -> Self {
        Self(Arc::new(Connection { program, input: Mutex::new(None) }))
    }

    /// Tells the guard that a process group runs.
    pub(super) fn enter(&self, id: Pid) {
        let mut input = lock(&self.0.input);
        if input.is_none() {
            *input = self.start();
        }
        tell(&mut input, '+', id);
    }

    /// Tells the guard that a process group has ended.
    pub(super) fn leave(&self, id: Pid) {
        tell(&mut lock(&self.0.input), '-', id);
    }

    fn start(&self) -> Option<ChildStdin> {
        let mut command = Command::new(self.0.program.as_ref()?);
        command.arg(GUARD).stdin(Pipe::piped()).stdout(Pipe::null()).stderr(Pipe::null());
        // Its own process group: Ctrl-C in a terminal is for the hub only.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(mut child) => child.stdin.take(),
            Err(error) => {
                tracing::debug!("commands have no guard that ends them if the hub is killed: {error}");
                None
            }
        }
    }
}

fn tell(input: &mut Option<ChildStdin>, what: char, id: Pid) {
    let written = input.as_mut().map(|input| writeln!(input, "{what}{}", id.as_raw_nonzero()));
    if let Some(Err(_)) = written {
        // The guard is gone. The next command starts a new one.
        *input = None;
    }
}

/// Runs as the guard: reads until the hub has ended, then ends the process groups that are left.
pub fn stand_guard(input: impl BufRead) {
    let mut left = BTreeSet::new();
    for line in input.lines().map_while(Result::ok) {
        match (line.get(..1), line.get(1..).and_then(|id| id.parse::<i32>().ok())) {
            (Some("+"), Some(id)) => {
                left.insert(id);
            }
            (Some("-"), Some(id)) => {
                left.remove(&id);
            }
            _ => {}
        }
    }
    let mut left: Vec<Pid> = left.into_iter().filter_map(Pid::from_raw).collect();
    wait_for(&mut left);
    send(&left, Signal::TERM);
    wait_for(&mut left);
    send(&left, Signal::KILL);
}

fn wait_for(left: &mut Vec<Pid>) {
    let mut waited = Duration::ZERO;
    loop {
        left.retain(|id| test_kill_process_group(*id).is_ok());
        if left.is_empty() || waited >= WAIT {
            return;
        }
        std::thread::sleep(POLL);
        waited += POLL;
    }
}

fn send(left: &[Pid], signal: Signal) {
    for id in left {
        // It may have ended in the meantime.
        let _ = kill_process_group(*id, signal);
    }
}
