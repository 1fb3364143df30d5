//! The log of one answer's stream. One task fills it; the client reads it over one connection after another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::bounds::ReplayBounds;
use super::log_state::{Found, LogState, Presence, StreamEvent};
use crate::gateway::lock::lock;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits for the reader.
    Waits,
    /// There is no room for it, because the client is away and much waits already.
    NoRoom,
}

/// A stream and its events.
pub(crate) struct StreamLog {
    state: Mutex<LogState>,
    bounds: ReplayBounds,
    /// Told of every change of the state.
    changed: watch::Sender<()>,
}

/// The one that reads a log now. Dropping it means that the client went away.
pub(crate) struct LogReader {
    log: Arc<StreamLog>,
    number: u64,
}

impl StreamLog {
    /// An empty log, which waits for its first reader.
    pub(super) fn new(bounds: ReplayBounds) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(LogState::new()), bounds, changed: watch::Sender::new(()) })
    }

    /// Adds a message. Waits while the reader is slow; so nothing more is read from the server.
    pub(crate) async fn push(&self, line: Bytes) -> Pushed {
        let mut changes = self.changed.subscribe();
        let mut reservation = None;
        loop {
            {
                let mut state = lock(&self.state);
                if state.is_over {
                    return Pushed::Waits;
                }
                reservation = reservation.or_else(|| self.bounds.unread.reserve(line.len()));
                if reservation.is_none() && !state.is_read() {
                    return Pushed::NoRoom;
                }
                let goes_on = if reservation.is_some() { !state.is_full(line.len()) } else { state.is_read_up() };
                if goes_on {
                    state.push(line, reservation);
                    break;
                }
            }
            if changes.changed().await.is_err() {
                return Pushed::Waits;
            }
        }
        self.tell();
        Pushed::Waits
    }

    /// No more will come.
    pub(crate) fn complete(&self) {
        lock(&self.state).is_complete = true;
        self.tell();
    }

    /// Ends the stream, and drops what it holds.
    pub(crate) fn end(&self) {
        lock(&self.state).end();
        self.tell();
    }

    /// Whether nothing more will come.
    pub(super) fn is_complete(&self) -> bool {
        let state = lock(&self.state);
        state.is_complete || state.is_over
    }

    /// Whether the stream was ended.
    pub(super) fn is_over(&self) -> bool {
        lock(&self.state).is_over
    }

    /// Since when the client is away.
    pub(super) fn away_since(&self) -> Option<Instant> {
        match &lock(&self.state).presence {
            Presence::Reading => None,
            Presence::Away { since, .. } => Some(*since),
        }
    }

    /// Returns once the stream has ended, or the client was away for as long as `limit`.
    pub(crate) async fn given_up(&self, limit: Duration) {
        let mut changes = self.changed.subscribe();
        loop {
            if self.is_over() {
                return;
            }
            let until = self.away_since().map(|since| since + limit);
            let passed = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = changes.changed() => if told.is_err() { return },
                () = passed => return,
            }
        }
    }

    /// Makes a new reader, which ends the one before. It begins behind the event of this number.
    pub(crate) fn read(self: &Arc<Self>, after: u64) -> LogReader {
        let number = {
            let mut state = lock(&self.state);
            state.reader += 1;
            state.presence = Presence::Reading;
            state.rewind(after);
            state.reader
        };
        self.tell();
        LogReader { log: self.clone(), number }
    }

    /// The client went away: what waits for it counts, and so does the stream.
    fn leave(&self, reader: u64) {
        let mut state = lock(&self.state);
        if state.reader != reader || state.is_over {
            return;
        }
        let place = self.bounds.away.reserve(1);
        // What a complete stream holds is counted, and needs nothing of a server.
        let is_kept = (place.is_some() || state.is_complete) && state.count_unread(&self.bounds);
        if is_kept {
            state.presence = Presence::Away { since: Instant::now(), _place: place.filter(|_| !state.is_complete) };
        } else {
            state.end();
        }
        drop(state);
        self.tell();
    }

    fn tell(&self) {
        self.changed.send_replace(());
    }
}

impl LogReader {
    /// The next event. `None` after the last one, or once another reader took over. May be dropped while it waits: no event
    /// is lost.
    pub(crate) async fn next(&self) -> Option<StreamEvent> {
        let mut changes = self.log.changed.subscribe();
        loop {
            let found = lock(&self.log.state).take(self.number, &self.log.bounds);
            match found {
                Found::Event(event) => {
                    self.log.tell();
                    return Some(event);
                }
                Found::End => return None,
                Found::Nothing => changes.changed().await.ok()?,
            }
        }
    }
}

impl Drop for LogReader {
    fn drop(&mut self) {
        self.log.leave(self.number);
    }
}

#[cfg(test)]
mod tests;
