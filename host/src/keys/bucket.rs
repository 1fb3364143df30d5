//! A token bucket in one number: the time at which the bucket is full again (the "generic cell rate algorithm"). Taking from it
//! waits for nobody and locks nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::settings::RateLimit;

const MINUTE: u64 = 60_000_000;

/// How often something may be done: steadily so often, and so often at once.
pub struct TokenBucket {
    /// When it is full again, in microseconds since 1970.
    full_at: AtomicU64,
    /// Microseconds until one more is in it.
    interval: u64,
    /// Microseconds in which an empty one is full.
    size: u64,
}

impl TokenBucket {
    /// A bucket from which a whole burst can be taken at once.
    #[must_use]
    pub fn new(rate: RateLimit) -> Self {
        let interval = (MINUTE / u64::from(rate.per_minute.max(1))).max(1);
        Self { full_at: AtomicU64::new(0), interval, size: interval.saturating_mul(rate.burst.max(1).into()) }
    }

    /// Takes one, or says after which time there is one again.
    pub fn take(&self, now: SystemTime) -> Result<(), Duration> {
        let now = micros(now);
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            // A clock that was set back must not close the bucket for longer than it takes to fill it.
            let from = full_at.clamp(now, now.saturating_add(self.size));
            let next = from.saturating_add(self.interval);
            let most = now.saturating_add(self.size);
            if next > most {
                return Err(Duration::from_micros(next - most));
            }
            match self.full_at.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => full_at = other,
            }
        }
    }

    /// Whether nothing is missing in it.
    pub(super) fn is_full(&self, now: SystemTime) -> bool {
        self.full_at.load(Ordering::Relaxed) <= micros(now)
    }
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(500_000) + Duration::from_millis(millis)
    }

    #[test]
    fn so_many_come_at_once_and_then_one_after_the_other() {
        let bucket = TokenBucket::new(RateLimit { per_minute: 60, burst: 3 });

        let first: Vec<bool> = (0..4).map(|_| bucket.take(at(0)).is_ok()).collect();
        let refused = bucket.take(at(250));

        assert_eq!(first, [true, true, true, false]);
        assert_eq!(refused, Err(Duration::from_millis(750)));
        assert!(bucket.take(at(1000)).is_ok());
        assert!(bucket.take(at(1000)).is_err());
        assert!((0..3).all(|_| bucket.take(at(100_000)).is_ok()) && bucket.take(at(100_000)).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_closes_nothing_for_long() {
        let bucket = TokenBucket::new(RateLimit { per_minute: 60, burst: 2 });
        assert!(bucket.take(at(10_000_000)).is_ok());

        let refused = bucket.take(at(0)).expect_err("as good as empty");

        assert_eq!(refused, Duration::from_secs(1));
    }
}
