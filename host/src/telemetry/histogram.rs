//! Durations in buckets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds, and as Prometheus writes them, in seconds.
const BOUNDS: [(u64, &str); 15] = [
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (5_000_000, "5"),
    (30_000_000, "30"),
    (120_000_000, "120"),
];

/// How often durations of each length were observed. An observation is two additions.
#[derive(Default)]
pub(crate) struct Histogram {
    /// One for each bound, and one for what is longer than all of them. Not cumulative.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// A histogram at one moment.
pub(crate) struct HistogramReading {
    /// The bound of each bucket, and how many observations were not longer.
    pub(crate) buckets: Vec<(&'static str, u64)>,
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

impl Histogram {
    pub(crate) fn observe(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| microseconds <= *bound).unwrap_or(BOUNDS.len());
        if let Some(count) = self.buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What was observed so far. The count is that of the buckets, so that both always agree.
    pub(crate) fn read(&self) -> HistogramReading {
        let bounds = BOUNDS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        let mut count = 0;
        let buckets = bounds
            .zip(&self.buckets)
            .map(|(bound, bucket)| {
                count += bucket.load(Ordering::Relaxed);
                (bound, count)
            })
            .collect();
        let seconds = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        HistogramReading { buckets, count, seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_its_bucket_and_in_all_longer_ones() {
        let histogram = Histogram::default();

        for milliseconds in [1, 2, 400, 500_000] {
            histogram.observe(Duration::from_millis(milliseconds));
        }

        let reading = histogram.read();
        let of = |wanted: &str| reading.buckets.iter().find(|(bound, _)| *bound == wanted).map(|(_, count)| *count);
        assert_eq!((of("0.0005"), of("0.001"), of("0.0025"), of("0.5")), (Some(0), Some(1), Some(2), Some(3)));
        assert_eq!((of("120"), of("+Inf"), reading.count), (Some(3), Some(4), 4));
        assert!((reading.seconds - 500.403).abs() < 1e-6);
    }
}
