//! What a stream's log holds at one moment: events that nobody has taken, and before them some that were taken.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::time::Instant;

use super::bounds::{EVENT_BYTES, EVENTS, ReplayBounds};
use crate::gateway::budget::Reservation;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    /// The first has number 1.
    pub(crate) number: u64,
    /// The message as one line of JSON.
    pub(crate) line: Bytes,
}

/// What a reader finds.
pub(super) enum Found {
    Event(StreamEvent),
    /// There is nothing to read now, but more will come.
    Nothing,
    /// Another reader took over, or the stream is complete.
    End,
}

pub(super) enum Presence {
    Reading,
    Away {
        since: Instant,
        /// The place among the streams whose client is away.
        _place: Option<Reservation>,
    },
}

struct LoggedEvent {
    line: Bytes,
    /// `None` for an event that goes straight to its reader.
    reservation: Option<Reservation>,
}

/// The state of one log.
pub(super) struct LogState {
    /// The last events, without a gap between them.
    events: VecDeque<LoggedEvent>,
    /// The number of the first of them.
    first: u64,
    /// The number of the first event that the reader has not taken.
    unread: u64,
    /// The reader that may read now. A new reader takes over.
    pub(super) reader: u64,
    pub(super) presence: Presence,
    /// No more events will come.
    pub(super) is_complete: bool,
    /// The session ended, or the client was away for too long.
    pub(super) is_over: bool,
}

impl LogState {
    pub(super) fn new() -> Self {
        Self {
            events: VecDeque::new(),
            first: 1,
            unread: 1,
            reader: 0,
            presence: Presence::Reading,
            is_complete: false,
            is_over: false,
        }
    }

    pub(super) fn is_read(&self) -> bool {
        matches!(self.presence, Presence::Reading)
    }

    /// Whether a message of this size has to wait until the reader has taken others.
    pub(super) fn is_full(&self, bytes: usize) -> bool {
        let unread = || self.events.iter().skip(self.taken());
        let count = self.events.len() - self.taken();
        let waiting: usize = unread().map(|event| event.line.len()).sum();
        count > 0 && (count >= EVENTS || waiting + bytes > EVENT_BYTES)
    }

    /// Whether the reader has taken everything so far.
    pub(super) fn is_read_up(&self) -> bool {
        self.taken() == self.events.len()
    }

    pub(super) fn push(&mut self, line: Bytes, reservation: Option<Reservation>) {
        self.events.push_back(LoggedEvent { line, reservation });
    }

    /// The next event for a reader. It is kept for a while: nobody knows whether it will arrive.
    pub(super) fn take(&mut self, reader: u64, bounds: &ReplayBounds) -> Found {
        if self.reader != reader || self.is_over {
            return Found::End;
        }
        let at = self.taken();
        let Some(event) = self.events.get_mut(at) else {
            return if self.is_complete { Found::End } else { Found::Nothing };
        };
        let line = event.line.clone();
        event.reservation = None;
        event.reservation = Some(line.len()).filter(|bytes| *bytes <= EVENT_BYTES).and_then(|b| bounds.sent.reserve(b));
        let is_kept = event.reservation.is_some();
        let number = self.unread;
        self.unread += 1;
        self.drop_taken(if is_kept { EVENTS } else { 0 });
        Found::Event(StreamEvent { number, line })
    }

    /// Lets a reader begin behind the event of this number; where that is not kept any more, with the first that is.
    pub(super) fn rewind(&mut self, after: u64) {
        let end = self.first + u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.unread = after.saturating_add(1).clamp(self.first, end);
    }

    /// Whether all that nobody has taken is counted, or can be counted now.
    pub(super) fn count_unread(&mut self, bounds: &ReplayBounds) -> bool {
        let at = self.taken();
        let mut uncounted = self.events.iter_mut().skip(at).filter(|event| event.reservation.is_none());
        uncounted.all(|event| {
            event.reservation = bounds.unread.reserve(event.line.len());
            event.reservation.is_some()
        })
    }

    /// Drops what is kept; who reads finds the end.
    pub(super) fn end(&mut self) {
        self.is_over = true;
        self.events.clear();
        self.first = self.unread;
    }

    fn taken(&self) -> usize {
        usize::try_from(self.unread - self.first).unwrap_or(usize::MAX)
    }

    /// Drops the oldest of the events that were taken, until there are no more than `count`, nor too many bytes.
    fn drop_taken(&mut self, count: usize) {
        let mut bytes: usize = self.events.iter().take(self.taken()).map(|event| event.line.len()).sum();
        while self.taken() > count || bytes > EVENT_BYTES {
            let Some(dropped) = self.events.pop_front() else { return };
            bytes -= dropped.line.len();
            self.first += 1;
        }
    }
}
