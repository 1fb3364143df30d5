//! The one clock. Everything else gets the time as an argument or from here.

use std::sync::Arc;
use std::time::SystemTime;

/// A clock: the only way in which the hub learns the time. Clones share it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the clock itself")]
        Self(Arc::new(SystemTime::now))
    }

    /// A clock of the caller's.
    pub fn of(tell: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The present time. It may go backwards, as the clock of a machine may.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}
