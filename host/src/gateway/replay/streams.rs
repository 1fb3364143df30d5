//! All streams of one client session.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::bounds::ReplayBounds;
use super::event_id::EventId;
use super::log_state::StreamEvent;
use super::sent_events::SentEvents;
use super::stream_log::StreamLog;
use crate::gateway::lock::lock;
use crate::gateway::message::Id;

/// Streams that are complete and kept, because the client may not have received the end.
const COMPLETE: usize = 8;
/// Characters that tell the events of sessions apart.
const FAMILY: usize = 12;
/// The stream that answers no request.
const STANDALONE: u64 = 0;

/// The streams of a session.
pub(crate) struct ReplayStreams {
    /// What the marks of all events of this session begin with, also of those before a restart of the hub.
    family: String,
    /// Tells the events of this session apart from those of the same session before a restart.
    mark: String,
    bounds: ReplayBounds,
    state: Mutex<StreamsState>,
}

#[derive(Default)]
struct StreamsState {
    answers: IndexMap<u64, Arc<StreamLog>>,
    last: u64,
    standalone: SentEvents,
    is_over: bool,
}

impl ReplayStreams {
    /// The streams of the session of this id. `life` is another text after each restart.
    pub(crate) fn new(session: &str, life: &str, bounds: ReplayBounds) -> Self {
        let mut family = URL_SAFE_NO_PAD.encode(Sha256::digest(session.as_bytes()));
        family.truncate(FAMILY);
        Self { mark: format!("{family}{life}"), family, bounds, state: Mutex::default() }
    }

    /// A new stream for the answer to a request, and the id of the event that stands before its first message.
    pub(crate) fn open(&self, request: Option<Id>) -> (EventId, Arc<StreamLog>) {
        let log = StreamLog::new(self.bounds.clone());
        let mut state = lock(&self.state);
        state.drop_complete(COMPLETE - 1);
        state.last += 1;
        let stream = state.last;
        if state.is_over {
            log.end();
        } else {
            state.answers.insert(stream, log.clone());
        }
        (EventId { mark: self.mark.clone(), stream, number: 0, request }, log)
    }

    /// Whether an event is one of the stream that answers no request, also where it was sent before a restart.
    pub(crate) const fn is_standalone(id: &EventId) -> bool {
        id.stream == STANDALONE
    }

    /// Whether an event is one of this session, also where it was sent before a restart.
    pub(crate) fn is_of_session(&self, id: &EventId) -> bool {
        id.mark.starts_with(&self.family)
    }

    /// Whether an event was sent since the hub was started.
    pub(crate) fn is_own(&self, id: &EventId) -> bool {
        id.mark == self.mark
    }

    /// The answer's stream that an event is of, as long as it is kept.
    pub(crate) fn find(&self, id: &EventId) -> Option<Arc<StreamLog>> {
        lock(&self.state).answers.get(&id.stream).filter(|log| self.is_own(id) && !log.is_over()).cloned()
    }

    /// Drops what is kept of a stream, which cannot be resumed any more.
    pub(crate) fn forget(&self, id: &EventId) {
        lock(&self.state).answers.shift_remove(&id.stream);
    }

    /// Forgets streams that are complete and that nobody has read for this long.
    pub(crate) fn forget_old(&self, age: Duration) {
        let is_old =
            |log: &StreamLog| log.is_complete() && log.away_since().is_some_and(|since| since.elapsed() >= age);
        lock(&self.state).answers.retain(|_, log| !is_old(log));
    }

    /// The id of the last event of the stream that answers no request.
    pub(crate) fn last_standalone(&self) -> EventId {
        let number = lock(&self.state).standalone.last();
        EventId { mark: self.mark.clone(), stream: STANDALONE, number, request: None }
    }

    /// Numbers a message that is sent on the stream that answers no request, and keeps it for a while.
    pub(crate) fn sent(&self, line: Bytes) -> StreamEvent {
        lock(&self.state).standalone.add(line, &self.bounds)
    }

    /// What was sent on that stream behind an event.
    pub(crate) fn sent_after(&self, id: &EventId) -> VecDeque<StreamEvent> {
        // What was sent before a restart is not known any more.
        if self.is_own(id) { lock(&self.state).standalone.after(id.number) } else { VecDeque::new() }
    }

    /// Ends all streams, and drops what they hold.
    pub(crate) fn end(&self) {
        let mut state = lock(&self.state);
        state.is_over = true;
        state.standalone.clear();
        std::mem::take(&mut state.answers).values().for_each(|log| log.end());
    }
}

impl StreamsState {
    fn drop_complete(&mut self, keep: usize) {
        let complete: Vec<u64> =
            self.answers.iter().filter(|(_, log)| log.is_complete()).map(|(stream, _)| *stream).collect();
        for stream in complete.iter().take(complete.len().saturating_sub(keep)) {
            self.answers.shift_remove(stream);
        }
    }
}
