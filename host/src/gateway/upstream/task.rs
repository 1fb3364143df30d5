//! A background task that ends with its owner.

use std::time::Duration;

use tokio::task::JoinHandle;

/// Aborts on drop.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Starts one.
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits for its end, and aborts it if that does not come in time.
    pub(crate) async fn ended_within(mut self, wait: Duration) {
        // However it ended.
        drop(tokio::time::timeout(wait, &mut self.0).await);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
