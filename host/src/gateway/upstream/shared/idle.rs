//! The end of a process that nobody uses. A request in flight or a subscription is a use; a request of the hub's own session
//! is none.

use std::sync::Weak;
use std::time::Duration;

use super::process::SharedProcess;

impl SharedProcess {
    /// Ends the process if no request is in flight. Returns whether it has ended. A request that comes in the same moment
    /// is either in flight, or goes to the next process.
    pub(super) async fn end_if_unused(&self) -> bool {
        let is_ended = self.stdio.end_if_unused();
        if is_ended {
            self.stdio.close().await;
        }
        is_ended
    }
}

/// Ends a process once it is idle for this long. Returns whether that happened; not if it ended otherwise.
pub(super) async fn ended_when_idle(process: Weak<SharedProcess>, idle: Duration) -> bool {
    let mut left = idle;
    loop {
        tokio::time::sleep(left).await;
        let Some(process) = process.upgrade() else { return false };
        if process.stdio.is_ended() {
            return false;
        }
        left = if process.clients.is_any_subscribed() { idle } else { idle.saturating_sub(process.stdio.unused_for()) };
        if left.is_zero() {
            if process.end_if_unused().await {
                return true;
            }
            left = idle;
        }
    }
}
