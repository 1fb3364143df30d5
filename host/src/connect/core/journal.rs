//! The events of one server. They are kept for people to see, and written to the log.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::error::ConnectError;
use crate::clock::Clock;
use crate::connect::core::event::{Event, EventOutcome, Stage};
use crate::connect::core::step_counts::StepCounts;
use crate::egress::Redaction;

/// How many events are kept. The oldest ones are dropped.
const KEPT: usize = 100;

/// The latest events of one server. None of them shows a secret that the hub has sent.
pub(crate) struct Journal {
    server: String,
    clock: Clock,
    redaction: Redaction,
    events: Arc<Mutex<VecDeque<Event>>>,
    /// How often each step ended in which way.
    pub(crate) counts: Arc<StepCounts>,
}

/// An action in progress. It becomes an event when its result is reported.
pub(crate) struct RunningAction<'a> {
    journal: &'a Journal,
    stage: Stage,
    asked: String,
    at: SystemTime,
    begun: Instant,
}

impl Journal {
    /// The clock that dates the events.
    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn new(server: String, clock: Clock, redaction: Redaction) -> Self {
        Self { server, clock, redaction, events: Arc::default(), counts: Arc::default() }
    }

    /// A journal with the same events, for the server with changed settings.
    pub(crate) fn under(&self, redaction: Redaction) -> Self {
        Self {
            server: self.server.clone(),
            clock: self.clock.clone(),
            redaction,
            events: self.events.clone(),
            counts: self.counts.clone(),
        }
    }

    /// Begins an action. `asked` must hold no secret: it is a URL without its query, or words.
    pub(crate) fn begin(&self, stage: Stage, asked: impl Into<String>) -> RunningAction<'_> {
        RunningAction { journal: self, stage, asked: asked.into(), at: self.clock.now(), begun: Instant::now() }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, event: Event) {
        log(&self.server, &event);
        self.counts.note(event.stage, event.outcome);
        let mut events = self.lock();
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }
}

impl RunningAction<'_> {
    /// Ends the action as a success, with what came back.
    pub(crate) fn done(self, answered: impl Into<String>) {
        self.end(EventOutcome::Done, &answered.into(), None);
    }

    /// Ends the action: a person or another server must act now.
    pub(crate) fn waiting(self, answered: impl Into<String>) {
        self.end(EventOutcome::Waiting, &answered.into(), None);
    }

    /// Ends the action as a failure. The remedy is for a person.
    pub(crate) fn failed(self, answered: impl Into<String>, remedy: Option<String>) {
        self.end(EventOutcome::Failed, &answered.into(), remedy);
    }

    /// Ends the action as a failure with this error.
    pub(crate) fn failed_with(self, error: &ConnectError) {
        self.failed(error.to_string(), error.remedy().map(Cow::into_owned));
    }

    fn end(self, outcome: EventOutcome, answered: &str, remedy: Option<String>) {
        let elapsed: Duration = self.begun.elapsed();
        let redaction = &self.journal.redaction;
        self.journal.record(Event {
            at: self.at,
            stage: self.stage,
            outcome,
            asked: redaction.shown(&self.asked),
            answered: redaction.shown(answered),
            elapsed,
            remedy: remedy.map(|remedy| redaction.shown(&remedy)),
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
        let journal = Journal::new("a".into(), Clock::of(|| UNIX_EPOCH), Redaction::default());

        for number in 0..=KEPT {
            journal.begin(Stage::Discovery, format!("{number}")).done("ok");
        }

        let events = journal.events();
        assert_eq!((events.len(), events.first().map(|event| event.asked.as_str())), (KEPT, Some("1")));
    }

    #[test]
    fn an_event_shows_neither_what_was_sent_nor_what_steers_a_terminal() {
        let redaction = Redaction::default();
        redaction.learn("s3cret-token");
        let journal = Journal::new("a".into(), Clock::of(|| UNIX_EPOCH), redaction);

        journal
            .begin(Stage::Exchange, "at /s3cret-token")
            .failed("no s3cret-token\u{1b}[2J\nforged", Some("s3cret-token".into()));

        let event = journal.events().remove(0);
        assert_eq!((event.asked.as_str(), event.answered.as_str()), ("at /***", "no ***\\u001b[2J\\nforged"));
        assert_eq!(event.remedy.as_deref(), Some("***"));
    }
}
