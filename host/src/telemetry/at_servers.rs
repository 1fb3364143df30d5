//! The time in which at least one server has a request: while several have it, it counts once.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The time in which at least one server has the request.
#[derive(Default)]
pub(super) struct AtServers {
    now: AtomicU32,
    /// Nanoseconds after the request came.
    since: AtomicU64,
    nanoseconds: AtomicU64,
}

impl AtServers {
    /// One more server has it now, so long after it came.
    pub(super) fn enter(&self, now: Duration) {
        if self.now.fetch_add(1, Ordering::AcqRel) == 0 {
            self.since.store(nanoseconds(now), Ordering::Release);
        }
    }

    /// One of them has it no more.
    pub(super) fn leave(&self, now: Duration) {
        if self.now.fetch_sub(1, Ordering::AcqRel) == 1 {
            let since = self.since.load(Ordering::Acquire);
            self.nanoseconds.fetch_add(nanoseconds(now).saturating_sub(since), Ordering::Relaxed);
        }
    }

    /// The time until now.
    pub(super) fn so_far(&self, now: Duration) -> Duration {
        let running = match self.now.load(Ordering::Acquire) {
            0 => 0,
            _ => nanoseconds(now).saturating_sub(self.since.load(Ordering::Acquire)),
        };
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed) + running)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
