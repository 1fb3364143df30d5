//! The events of one server: kept for people to see, and written to the log.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::event::{Event, EventOutcome, Stage};
use crate::clock::Clock;

/// How many events are kept.
const KEPT: usize = 100;

/// The latest events of one server.
pub(super) struct Journal {
    server: String,
    clock: Clock,
    events: Mutex<VecDeque<Event>>,
}

/// An action under way: it becomes an event when its end is told.
pub(super) struct Action<'a> {
    journal: &'a Journal,
    stage: Stage,
    asked: String,
    at: SystemTime,
    begun: Instant,
}

impl Journal {
    /// The time that its events are told by.
    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(super) fn new(server: String, clock: Clock) -> Self {
        Self { server, clock, events: Mutex::default() }
    }

    /// Begins an action; `asked` must hold no secret: a URL without its query, or words.
    pub(super) fn begin(&self, stage: Stage, asked: impl Into<String>) -> Action<'_> {
        Action { journal: self, stage, asked: asked.into(), at: self.clock.now(), begun: Instant::now() }
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, event: Event) {
        log(&self.server, &event);
        let mut events = self.lock();
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }
}

impl Action<'_> {
    /// It went well.
    pub(super) fn done(self, answered: impl Into<String>) {
        self.end(EventOutcome::Done, answered.into(), None);
    }

    /// Somebody else must act now.
    pub(super) fn waiting(self, answered: impl Into<String>) {
        self.end(EventOutcome::Waiting, answered.into(), None);
    }

    /// It went wrong; the remedy is for a person.
    pub(super) fn failed(self, answered: impl Into<String>, remedy: Option<String>) {
        self.end(EventOutcome::Failed, answered.into(), remedy);
    }

    fn end(self, outcome: EventOutcome, answered: String, remedy: Option<String>) {
        let elapsed: Duration = self.begun.elapsed();
        self.journal.record(Event {
            at: self.at,
            stage: self.stage,
            outcome,
            asked: self.asked,
            answered,
            elapsed,
            remedy,
        });
    }
}

fn log(server: &str, event: &Event) {
    let elapsed_ms = u64::try_from(event.elapsed.as_millis()).unwrap_or(u64::MAX);
    let (stage, asked, answered) = (event.stage, &event.asked, &event.answered);
    match event.outcome {
        EventOutcome::Done => {
            tracing::info!(server.name = server, ?stage, elapsed_ms, "{server}: {stage}: {asked}: {answered}");
        }
        EventOutcome::Waiting => tracing::info!(server.name = server, ?stage, "{server}: {stage}: {asked}: {answered}"),
        EventOutcome::Failed => {
            let remedy = event.remedy.as_deref().unwrap_or_default();
            tracing::warn!(
                server.name = server,
                ?stage,
                elapsed_ms,
                "{server}: {stage}: {asked}: {answered}. {remedy}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn only_the_latest_events_are_kept() {
        let journal = Journal::new("a".into(), Clock::of(|| UNIX_EPOCH));

        for number in 0..=KEPT {
            journal.begin(Stage::Discovery, format!("{number}")).done("ok");
        }

        let events = journal.events();
        assert_eq!((events.len(), events.first().map(|event| event.asked.as_str())), (KEPT, Some("1")));
    }
}
