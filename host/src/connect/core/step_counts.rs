//! How often each step of a server's logins ended in which way, for whoever watches the hub.

use std::sync::atomic::{AtomicU64, Ordering};

use super::event::{EventOutcome, Stage};

/// The counts of one server since the hub started.
#[derive(Default)]
pub(crate) struct StepCounts {
    steps: [[AtomicU64; OUTCOMES.len()]; STAGES.len()],
    logins: [AtomicU64; 2],
}

const STAGES: [Stage; 7] = [
    Stage::Discovery,
    Stage::Registration,
    Stage::Authorization,
    Stage::Exchange,
    Stage::Refresh,
    Stage::StepUp,
    Stage::Revocation,
];
const OUTCOMES: [EventOutcome; 3] = [EventOutcome::Waiting, EventOutcome::Done, EventOutcome::Failed];

impl StepCounts {
    pub(crate) fn note(&self, stage: Stage, outcome: EventOutcome) {
        let row = STAGES.iter().position(|known| *known == stage).and_then(|row| self.steps.get(row));
        let column = OUTCOMES.iter().position(|known| *known == outcome);
        if let Some(count) = row.zip(column).and_then(|(row, column)| row.get(column)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts the end of a whole login.
    pub(crate) fn note_login(&self, is_granted: bool) {
        if let Some(count) = self.logins.get(usize::from(is_granted)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many logins failed, and how many led to a grant.
    pub(crate) fn logins(&self) -> [u64; 2] {
        self.logins.each_ref().map(|count| count.load(Ordering::Relaxed))
    }

    /// The steps that happened at all.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (Stage, EventOutcome, u64)> {
        let rows = STAGES.iter().zip(&self.steps);
        let all = rows.flat_map(|(stage, row)| {
            OUTCOMES.iter().zip(row).map(|(outcome, count)| (*stage, *outcome, count.load(Ordering::Relaxed)))
        });
        all.filter(|(_, _, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_by_stage_and_outcome() {
        let counts = StepCounts::default();

        counts.note(Stage::Refresh, EventOutcome::Failed);
        counts.note(Stage::Refresh, EventOutcome::Failed);
        counts.note(Stage::Exchange, EventOutcome::Done);
        counts.note_login(true);

        let steps: Vec<_> = counts.steps().collect();
        assert_eq!(steps, [(Stage::Exchange, EventOutcome::Done, 1), (Stage::Refresh, EventOutcome::Failed, 2)]);
        assert_eq!(counts.logins(), [0, 1]);
    }
}
