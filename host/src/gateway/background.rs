//! Background tasks that end with their owner.

use std::time::Duration;

use tokio::task::JoinHandle;

/// A task that is aborted when this is dropped.
pub(crate) struct BackgroundTask(JoinHandle<()>);

impl BackgroundTask {
    /// Starts a task on the current runtime.
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits until the task ends, and aborts it if it does not end in time.
    pub(crate) async fn ended_within(mut self, wait: Duration) {
        // How it ended does not matter.
        drop(tokio::time::timeout(wait, &mut self.0).await);
    }
}

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
