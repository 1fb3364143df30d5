//! Rounds in which nginx and the hub take turns, so that what else the machine does meets both.

use std::time::Duration;

use crate::fleet::Fleet;
use crate::sample::{Sample, median};

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) count: usize,
    pub(crate) time: Duration,
}

/// What the rounds of one scenario showed.
pub(crate) struct Compared {
    pub(crate) nginx: Sample,
    pub(crate) hub: Sample,
    /// The hub's figures as parts of nginx's in the same round, the median of each.
    pub(crate) cpu: f64,
    pub(crate) per_second: f64,
}

impl Rounds {
    /// Lets both do the same by turns.
    pub(crate) async fn compare(self, nginx: &mut Fleet, hub: &mut Fleet) -> Compared {
        nginx.run(self.time / 3).await;
        hub.run(self.time / 3).await;
        let mut rounds = Vec::new();
        for round in 0..self.count {
            // Each is first as often as the other.
            if round.is_multiple_of(2) {
                let first = nginx.run(self.time).await;
                rounds.push((first, hub.run(self.time).await));
            } else {
                let first = hub.run(self.time).await;
                rounds.push((nginx.run(self.time).await, first));
            }
        }
        let (of_nginx, of_hub): (Vec<Sample>, Vec<Sample>) = rounds.iter().copied().unzip();
        Compared {
            nginx: Sample::median(&of_nginx),
            hub: Sample::median(&of_hub),
            cpu: median(rounds.iter().map(|(nginx, hub)| hub.cpu.as_secs_f64() / nginx.cpu.as_secs_f64())),
            per_second: median(rounds.iter().map(|(nginx, hub)| hub.per_second / nginx.per_second)),
        }
    }
}
