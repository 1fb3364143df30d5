//! A command and every process that it started: one process group, which ends as a whole.
//!
//! `npx`, `uvx` and `sh` start the server as their child, so ending only the wrapper would leave the server running. A
//! process that leaves the group (`setsid`) is not followed: once its parent has ended, nothing says whose it was.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Child;
use tokio::sync::{Notify, Semaphore};

use super::guard::CommandGuard;
use crate::gateway::background::BackgroundTask;
use crate::gateway::lock::lock;

/// How long a command may take to end once its input is closed.
const END_WAIT: Duration = Duration::from_secs(1);
/// How long it may take to end after SIGTERM.
const TERM_WAIT: Duration = Duration::from_secs(2);
/// Commands that may come up at once on a small machine.
const FEWEST_STARTS: usize = 4;
/// How long a command that comes up keeps others from coming up.
const LONGEST_PLACE: Duration = Duration::from_secs(10);
/// How often the group is checked for its end. The system sends no signal for that.
const POLL: Duration = Duration::from_millis(20);

/// The process group of a command. Dropping it kills the group.
pub(super) struct ProcessGroup {
    child: Child,
    /// `None` once the group is known to have ended.
    id: Option<Pid>,
    _entry: RunningEntry,
}

impl ProcessGroup {
    /// The group that this child leads. It must have been started as the leader of its own group.
    pub(super) fn of(child: Child, running_commands: &RunningCommands) -> Self {
        let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self { child, id, _entry: running_commands.enter(id) }
    }

    /// The exit status of the command, if it ends in time.
    pub(super) async fn exited_within(&mut self, wait: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(wait, self.child.wait()).await.ok()?.ok()
    }

    /// Ends the group: waits, sends SIGTERM, waits, sends SIGKILL (Lifecycle, "Shutdown"). The input must be closed
    /// already.
    pub(super) async fn end(mut self) {
        if !self.is_gone_within(END_WAIT).await {
            self.signal(Signal::TERM);
            if !self.is_gone_within(TERM_WAIT).await {
                return;
            }
        }
        self.id = None;
    }

    async fn is_gone_within(&mut self, wait: Duration) -> bool {
        let gone = async {
            // The exit status may have been read before.
            drop(self.child.wait().await);
            while self.id.is_some_and(|id| test_kill_process_group(id).is_ok()) {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(wait, gone).await.is_ok()
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // It may have ended in the meantime.
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Counts the commands that have not ended yet, and keeps the guard informed.
#[derive(Clone)]
pub(crate) struct RunningCommands(Arc<Groups>);

struct Groups {
    count: Mutex<usize>,
    left: Notify,
    guard: CommandGuard,
    /// Places for commands that come up.
    starts: Arc<Semaphore>,
}

/// A place among the commands that come up. Dropping it gives the place to the next one.
pub(crate) struct StartPermit(#[expect(dead_code, reason = "dropping it ends the task")] BackgroundTask);

/// One running command. Dropping it removes it.
struct RunningEntry {
    running_commands: RunningCommands,
    id: Option<Pid>,
}

impl RunningCommands {
    /// `program` is the hub's own, which runs as the guard.
    pub(crate) fn guarded_by(program: Option<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let starts = Arc::new(Semaphore::new(FEWEST_STARTS.max(cores * 2)));
        let guard = CommandGuard::new(program);
        Self(Arc::new(Groups { count: Mutex::default(), left: Notify::new(), guard, starts }))
    }

    /// Waits for a place among the commands that come up. Beyond that, many that start at once would all be too slow. One that
    /// takes long, such as a download, gives its place back while it goes on.
    pub(crate) async fn start_permit(&self) -> StartPermit {
        let place = self.0.starts.clone().acquire_owned().await;
        StartPermit(BackgroundTask::spawn(async move {
            tokio::time::sleep(LONGEST_PLACE).await;
            drop(place);
        }))
    }

    fn enter(&self, id: Option<Pid>) -> RunningEntry {
        *lock(&self.0.count) += 1;
        if let Some(id) = id {
            self.0.guard.enter(id);
        }
        RunningEntry { running_commands: self.clone(), id }
    }

    /// How many commands have not ended yet.
    pub(crate) fn count(&self) -> usize {
        *lock(&self.0.count)
    }

    /// Waits until all commands have ended, at most as long as their own limits allow.
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
        // Whatever is left is killed when the runtime ends.
        drop(tokio::time::timeout(END_WAIT + TERM_WAIT * 2, gone).await);
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
