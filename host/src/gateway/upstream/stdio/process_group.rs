//! A command and all that it started: one process group, which ends as a whole.
//!
//! `npx`, `uvx` and `sh` start the server as their child. Whoever ends only the wrapper leaves the server behind. A process
//! that leaves the group (`setsid`) is not followed: by the time its parent has ended, nothing says whose it was.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Child;
use tokio::sync::Notify;

use super::guard::CommandGuard;
use crate::gateway::lock::lock;

/// How long a command may take to end once its input is closed.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long it may take after SIGTERM.
const LAST_CHANCE: Duration = Duration::from_secs(2);
/// How often it is looked whether the last process is gone: there is nothing to be woken by.
const PACE: Duration = Duration::from_millis(20);

/// The process group of a command. Dropped before its end, it is killed.
pub(super) struct ProcessGroup {
    child: Child,
    /// None: it is known to be over.
    id: Option<Pid>,
    _entry: RunningEntry,
}

impl ProcessGroup {
    /// The child must lead a group of its own.
    pub(super) fn of(child: Child, running_commands: &RunningCommands) -> Self {
        let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self { child, id, _entry: running_commands.enter(id) }
    }

    /// How the command ended, if it does in time.
    pub(super) async fn exited_within(&mut self, wait: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(wait, self.child.wait()).await.ok()?.ok()
    }

    /// Lifecycle, "Shutdown": its input is closed already; wait, SIGTERM, wait, SIGKILL.
    pub(super) async fn end(mut self) {
        if !self.is_gone_within(FAREWELL).await {
            self.signal(Signal::TERM);
            if !self.is_gone_within(LAST_CHANCE).await {
                return;
            }
        }
        self.id = None;
    }

    async fn is_gone_within(&mut self, wait: Duration) -> bool {
        let gone = async {
            // It may have been waited for already.
            drop(self.child.wait().await);
            while self.id.is_some_and(|id| test_kill_process_group(id).is_ok()) {
                tokio::time::sleep(PACE).await;
            }
        };
        tokio::time::timeout(wait, gone).await.is_ok()
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // It may have ended meanwhile.
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The process groups of all commands that have not ended yet.
#[derive(Clone)]
pub(crate) struct RunningCommands(Arc<Groups>);

struct Groups {
    count: Mutex<usize>,
    left: Notify,
    guard: CommandGuard,
}

/// One of them; it is taken out when this is dropped.
struct RunningEntry {
    running_commands: RunningCommands,
    id: Option<Pid>,
}

impl RunningCommands {
    /// `program` is the hub's own, which stands guard over the commands.
    pub(crate) fn guarded_by(program: Option<PathBuf>) -> Self {
        Self(Arc::new(Groups { count: Mutex::default(), left: Notify::new(), guard: CommandGuard::new(program) }))
    }

    fn enter(&self, id: Option<Pid>) -> RunningEntry {
        *lock(&self.0.count) += 1;
        if let Some(id) = id {
            self.0.guard.enter(id);
        }
        RunningEntry { running_commands: self.clone(), id }
    }

    /// Waits until the last one has ended: each does in a bounded time.
    pub(crate) async fn are_gone(&self) {
        let gone = async {
            loop {
                let left = self.0.left.notified();
                if *lock(&self.0.count) == 0 {
                    return;
                }
                left.await;
            }
        };
        // The rest is killed when the runtime ends.
        drop(tokio::time::timeout(FAREWELL + LAST_CHANCE * 2, gone).await);
    }
}

impl Drop for RunningEntry {
    fn drop(&mut self) {
        let groups = &self.running_commands.0;
        *lock(&groups.count) -= 1;
        if let Some(id) = self.id {
            groups.guard.leave(id);
        }
        groups.left.notify_one();
    }
}
