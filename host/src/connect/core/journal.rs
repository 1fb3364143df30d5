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
use crate::telemetry::{LoginTrace, TracedStep};

/// How many events are kept. The oldest ones are dropped.
const KEPT: usize = 100;

/// The latest events of one server. None of them shows a secret that the hub has sent.
pub(crate) struct Journal {
    server: String,
    clock: Clock,
    redaction: Redaction,
    events: Arc<Mutex<VecDeque<Event>>>,
    /// How often each step ended in which way.
    counts: Arc<StepCounts>,
    trace: Arc<LoginTrace>,
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
        Self { server, clock, redaction, events: Arc::default(), counts: Arc::default(), trace: Arc::default() }
    }

    /// A journal with the same events, for the server with changed settings.
    pub(crate) fn under(&self, redaction: Redaction) -> Self {
        Self {
            server: self.server.clone(),
            clock: self.clock.clone(),
            redaction,
            events: self.events.clone(),
            counts: self.counts.clone(),
            trace: self.trace.clone(),
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
        let events = self.lock();
        let is_again = is_again(&events, &event);
        drop(events);
        log(&self.server, &event, is_again);
        self.counts.note(event.stage, event.outcome);
        self.trace(&event);
        let mut events = self.lock();
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }
}

/// For whoever watches the hub.
impl Journal {
    /// A login has ended, with a grant or without.
    pub(crate) fn login_ended(&self, is_granted: bool) {
        self.counts.note_login(is_granted);
        self.trace.end(&self.server, is_granted);
    }

    /// How often each step ended in which way.
    pub(crate) fn counts(&self) -> &StepCounts {
        &self.counts
    }

    fn trace(&self, event: &Event) {
        let (begins_login, is_of_login) = match event.stage {
            Stage::Discovery | Stage::Registration | Stage::Authorization | Stage::StepUp => (true, true),
            Stage::Exchange => (false, true),
            Stage::Refresh | Stage::Revocation => (false, false),
        };
        self.trace.step(&TracedStep {
            server: &self.server,
            stage: &event.stage.to_string(),
            begins_login,
            is_of_login,
            start: event.at,
            duration: event.elapsed,
            asked: &event.asked,
            answered: &event.answered,
            has_failed: event.outcome == EventOutcome::Failed,
        });
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

/// Whether this failure is the one that the same step had the last time: then it is no news.
fn is_again(events: &VecDeque<Event>, event: &Event) -> bool {
    let last = events.iter().rev().find(|last| last.stage == event.stage && last.asked == event.asked);
    event.outcome == EventOutcome::Failed
        && last.is_some_and(|last| last.outcome == EventOutcome::Failed && last.answered == event.answered)
}

fn log(server: &str, event: &Event, is_again: bool) {
    let elapsed_ms = u64::try_from(event.elapsed.as_millis()).unwrap_or(u64::MAX);
    let (stage, asked, answered) = (event.stage, &event.asked, &event.answered);
    match event.outcome {
        EventOutcome::Done => {
            tracing::info!(server.name = server, ?stage, elapsed_ms, "{server}: {stage}: {asked}: {answered}");
        }
        EventOutcome::Waiting => tracing::info!(server.name = server, ?stage, "{server}: {stage}: {asked}: {answered}"),
        EventOutcome::Failed if is_again => {
            tracing::debug!(server.name = server, ?stage, elapsed_ms, "{server}: {stage}: {asked}: still: {answered}");
        }
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
    fn a_failure_that_is_found_again_is_no_news() {
        let journal = Journal::new("a".into(), Clock::of(|| UNIX_EPOCH), Redaction::default());
        let failed = |asked: &str, answered: &str| {
            let before = journal.events().into();
            journal.begin(Stage::Refresh, asked).failed(answered, None);
            is_again(&before, journal.events().last().expect("an event"))
        };

        assert!(!failed("POST /token", "no answer"));
        assert!(failed("POST /token", "no answer"));
        assert!(!failed("POST /token", "refused"));
        assert!(!failed("POST /other", "refused"));
        journal.begin(Stage::Refresh, "POST /token").done("tokens");
        assert!(!failed("POST /token", "refused"));
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
