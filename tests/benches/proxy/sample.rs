//! Figures of one run, and the median of several.

use std::time::Duration;

/// What one run of load showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// The proxy's own CPU time for each request.
    pub(crate) cpu: Duration,
}

impl Sample {
    /// Of the latencies of a run that took so long, and the CPU time of the proxy meanwhile.
    pub(crate) fn of(mut latencies: Vec<Duration>, took: Duration, cpu: Duration) -> Self {
        assert!(!latencies.is_empty(), "nothing was answered");
        latencies.sort_unstable();
        let count = latencies.len();
        let at = |hundredth: usize| latencies[(count * hundredth / 100).min(count - 1)];
        let requests = u32::try_from(count).expect("a count");
        Self { per_second: f64::from(requests) / took.as_secs_f64(), p50: at(50), p99: at(99), cpu: cpu / requests }
    }

    /// The median of each figure.
    pub(crate) fn median(samples: &[Self]) -> Self {
        let duration =
            |of: fn(&Self) -> Duration| Duration::from_secs_f64(median(samples.iter().map(|it| of(it).as_secs_f64())));
        Self {
            per_second: median(samples.iter().map(|it| it.per_second)),
            p50: duration(|it| it.p50),
            p99: duration(|it| it.p99),
            cpu: duration(|it| it.cpu),
        }
    }
}

pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
