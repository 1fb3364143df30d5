//! A background task that ends with its owner.

use tokio::task::JoinHandle;

/// Aborts on drop.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Starts one.
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
