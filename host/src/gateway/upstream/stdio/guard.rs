//! A second process that ends the commands should the hub be killed (SIGKILL) before it can.
//!
//! It knows the process groups that run, and sees the end of the hub as the end of its input. The kernel's own means
//! (`PR_SET_PDEATHSIG`) reaches neither a wrapper's children nor outlives the thread that started the command.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio as Pipe};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::gateway::lock::lock;

/// The argument with which the hub's program guards its commands.
pub const GUARD: &str = "guard-commands";
/// How long the commands may take to end by themselves, and then after SIGTERM.
const WAIT: Duration = Duration::from_secs(2);
/// How often it is looked whether they are gone.
const PACE: Duration = Duration::from_millis(50);

/// The way to the guard, which is started with the first command.
#[derive(Clone)]
pub(super) struct CommandGuard(Arc<Way>);

struct Way {
    /// The hub's own program; none: there is no guard.
    program: Option<PathBuf>,
    input: Mutex<Option<ChildStdin>>,
}

impl CommandGuard {
    pub(super) fn new(program: Option<PathBuf>) -> Self {
        Self(Arc::new(Way { program, input: Mutex::new(None) }))
    }

    /// A command runs.
    pub(super) fn enter(&self, id: Pid) {
        let mut input = lock(&self.0.input);
        if input.is_none() {
            *input = self.start();
        }
        tell(&mut input, '+', id);
    }

    /// It has ended.
    pub(super) fn leave(&self, id: Pid) {
        tell(&mut lock(&self.0.input), '-', id);
    }

    fn start(&self) -> Option<ChildStdin> {
        let mut command = Command::new(self.0.program.as_ref()?);
        command.arg(GUARD).stdin(Pipe::piped()).stdout(Pipe::null()).stderr(Pipe::null());
        // Ctrl-C in a terminal is for the hub.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(mut child) => child.stdin.take(),
            Err(error) => {
                tracing::debug!("commands have no guard, should the hub be killed: {error}");
                None
            }
        }
    }
}

fn tell(input: &mut Option<ChildStdin>, what: char, id: Pid) {
    let told = input.as_mut().map(|input| writeln!(input, "{what}{}", id.as_raw_nonzero()));
    if let Some(Err(_)) = told {
        // It is gone; the next command has a new one.
        *input = None;
    }
}

/// Stands guard until the hub has ended, and then ends what it left behind.
pub fn stand_guard(told: impl BufRead) {
    let mut left = BTreeSet::new();
    for line in told.lines().map_while(Result::ok) {
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
        std::thread::sleep(PACE);
        waited += PACE;
    }
}

fn send(left: &[Pid], signal: Signal) {
    for id in left {
        // It may have ended meanwhile.
        let _ = kill_process_group(*id, signal);
    }
}
