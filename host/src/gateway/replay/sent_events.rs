//! What was sent on the stream that answers no request: the last few messages, for a client that lost its connection.

use std::collections::VecDeque;

use bytes::Bytes;

use super::bounds::{EVENT_BYTES, EVENTS, ReplayBounds};
use super::log_state::StreamEvent;
use crate::gateway::budget::Reservation;

/// The last messages that were sent.
#[derive(Default)]
pub(super) struct SentEvents {
    events: VecDeque<SentEvent>,
    last: u64,
    bytes: usize,
}

struct SentEvent {
    event: StreamEvent,
    _reservation: Reservation,
}

impl SentEvents {
    /// Numbers a message that is sent now, and keeps it for a while.
    pub(super) fn add(&mut self, line: Bytes, bounds: &ReplayBounds) -> StreamEvent {
        self.last += 1;
        let event = StreamEvent { number: self.last, line };
        let bytes = event.line.len();
        match bounds.sent.reserve(bytes).filter(|_| bytes <= EVENT_BYTES) {
            Some(reservation) => {
                self.bytes += bytes;
                self.events.push_back(SentEvent { event: event.clone(), _reservation: reservation });
            }
            // Without it the ones before cannot be replayed in order.
            None => self.clear(),
        }
        while self.events.len() > EVENTS || self.bytes > EVENT_BYTES {
            let Some(dropped) = self.events.pop_front() else { break };
            self.bytes -= dropped.event.line.len();
        }
        event
    }

    /// The number of the last message.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// What was sent behind the message of this number, as far as it is kept.
    pub(super) fn after(&self, number: u64) -> VecDeque<StreamEvent> {
        let later = self.events.iter().filter(|sent| sent.event.number > number);
        later.map(|sent| sent.event.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::limits::GatewayLimits;

    fn numbers(events: &VecDeque<StreamEvent>) -> Vec<u64> {
        events.iter().map(|event| event.number).collect()
    }

    #[test]
    fn the_last_messages_are_kept_within_bounds() {
        let bounds = ReplayBounds::of_all(&GatewayLimits::default());
        let mut sent = SentEvents::default();

        for _ in 0..EVENTS + 3 {
            sent.add(Bytes::from_static(b"{}"), &bounds);
        }

        let kept = numbers(&sent.after(0));
        assert_eq!((kept.len(), kept.first(), kept.last()), (EVENTS, Some(&4), Some(&259)));
        assert_eq!(numbers(&sent.after(257)), [258, 259]);
    }

    #[test]
    fn what_finds_no_room_is_sent_all_the_same_and_not_kept() {
        let limits = GatewayLimits { sent_bytes_in_all: 4, ..GatewayLimits::default() };
        let bounds = ReplayBounds::of_all(&limits);
        let mut sent = SentEvents::default();

        let events = [1, 2, 3].map(|_| sent.add(Bytes::from_static(b"{}"), &bounds).number);

        assert_eq!(events, [1, 2, 3]);
        assert!(sent.after(0).is_empty(), "a gap would look as if nothing was missed");
        assert_eq!(sent.add(Bytes::from_static(b"{}"), &bounds).number, 4);
        assert_eq!(numbers(&sent.after(0)), [4]);
    }
}
