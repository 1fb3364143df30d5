//! What a plugin has used since it was loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The sums over all calls that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PluginUsage {
    /// Calls that gave an answer.
    pub answered: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Units of work, as the engine counts them.
    pub fuel: u64,
    /// The time that the calls took.
    pub time: Duration,
}

/// The same, while it is added to.
#[derive(Default)]
pub(crate) struct UsageCounts {
    answered: AtomicU64,
    failed: AtomicU64,
    fuel: AtomicU64,
    nanoseconds: AtomicU64,
}

impl UsageCounts {
    pub(crate) fn add(&self, is_answered: bool, fuel: u64, time: Duration) {
        let calls = if is_answered { &self.answered } else { &self.failed };
        calls.fetch_add(1, Ordering::Relaxed);
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
        self.nanoseconds.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> PluginUsage {
        PluginUsage {
            answered: self.answered.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            fuel: self.fuel.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}
