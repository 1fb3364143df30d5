//! Messages that wait for a client's GET stream. Their number is bounded, the oldest give way, and one stream reads at
//! a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::gateway::budget::{Budget, Reservation};
use crate::gateway::limits::GatewayLimits;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;

/// The queue of one client session.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    max_messages: usize,
    max_bytes: usize,
    /// Shared by all sessions.
    budget: Arc<Budget>,
    arrived: Notify,
    /// The number of the reader that may read now. A new reader takes over.
    reader: AtomicU64,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<(Message, Reservation)>,
    bytes: usize,
}

impl Queue {
    fn pop(&mut self) -> Option<Message> {
        let (message, reservation) = self.messages.pop_front()?;
        self.bytes -= reservation.bytes();
        Some(message)
    }
}

impl Outbox {
    pub(crate) fn new(limits: &GatewayLimits, budget: Arc<Budget>) -> Self {
        Self {
            queue: Mutex::default(),
            max_messages: limits.queued,
            max_bytes: limits.queued_bytes,
            budget,
            arrived: Notify::new(),
            reader: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Queues a message, and returns the messages for which there is no room. A list change that is queued already is
    /// not queued again.
    pub(crate) fn push(&self, message: Message) -> Vec<Message> {
        let bytes = message.size();
        if bytes > self.max_bytes {
            return vec![message];
        }
        let mut queue = lock(&self.queue);
        let repeats = message.method().is_some_and(|method| method.ends_with("/list_changed"));
        if repeats && queue.messages.iter().any(|(other, _)| other.method() == message.method()) {
            return Vec::new();
        }
        let mut dropped = Vec::new();
        while queue.messages.len() >= self.max_messages || queue.bytes + bytes > self.max_bytes {
            dropped.extend(queue.pop());
        }
        let mut reservation = self.budget.reserve(bytes);
        while reservation.is_none()
            && let Some(oldest) = queue.pop()
        {
            dropped.push(oldest);
            reservation = self.budget.reserve(bytes);
        }
        match reservation {
            Some(reservation) => {
                queue.bytes += bytes;
                queue.messages.push_back((message, reservation));
            }
            None => dropped.push(message),
        }
        drop(queue);
        self.arrived.notify_one();
        dropped
    }

    /// Whether no message waits.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.queue).messages.is_empty()
    }

    /// Makes a new reader, which ends the one before, and returns its number.
    pub(crate) fn take_over(&self) -> u64 {
        let reader = self.reader.fetch_add(1, Ordering::AcqRel) + 1;
        self.arrived.notify_waiters();
        self.arrived.notify_one();
        reader
    }

    /// Ends the reader for good, and drops what is queued.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        *lock(&self.queue) = Queue::default();
        self.take_over();
    }

    /// The next message for this reader; `None` once another took over or the queue ended. May be dropped while it
    /// waits: no message is lost.
    pub(crate) async fn next(&self, reader: u64) -> Option<Message> {
        loop {
            let arrived = self.arrived.notified();
            if self.reader.load(Ordering::Acquire) != reader || self.is_over.load(Ordering::Acquire) {
                // This wake-up may have been meant for the other reader.
                self.arrived.notify_one();
                return None;
            }
            if let Some(message) = lock(&self.queue).pop() {
                return Some(message);
            }
            arrived.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(method: &str) -> Message {
        Message::notification(method, None)
    }

    fn outbox(queued: usize, queued_bytes: usize, in_all: usize) -> Outbox {
        let limits = GatewayLimits { queued, queued_bytes, ..GatewayLimits::default() };
        Outbox::new(&limits, Arc::new(Budget::new(in_all)))
    }

    #[tokio::test]
    async fn messages_wait_for_a_reader_and_the_oldest_are_dropped_first() {
        let outbox = outbox(2, 1000, 1000);
        for method in ["a", "b", "c"] {
            outbox.push(note(method));
        }

        let reader = outbox.take_over();

        assert_eq!(outbox.next(reader).await.expect("first").method(), Some("b"));
        assert_eq!(outbox.next(reader).await.expect("second").method(), Some("c"));
    }

    #[test]
    fn the_queue_is_bounded_in_bytes_and_returns_what_it_drops() {
        let size = note("a").size();
        let outbox = outbox(100, 2 * size, 1000);

        let dropped: Vec<usize> = ["a", "b", "c"].map(|method| outbox.push(note(method)).len()).into();
        let too_large = outbox.push(note(&"x".repeat(1000)));

        assert_eq!(dropped, [0, 0, 1]);
        assert_eq!(too_large.len(), 1);
        assert_eq!(lock(&outbox.queue).messages.len(), 2);
    }

    #[test]
    fn all_queues_together_are_bounded_and_the_end_of_one_makes_room() {
        let size = note("a").size();
        let limits = GatewayLimits::default();
        let budget = Arc::new(Budget::new(2 * size));
        let (first, second) = (Outbox::new(&limits, budget.clone()), Outbox::new(&limits, budget));
        first.push(note("a"));
        first.push(note("b"));

        assert_eq!(second.push(note("c")).len(), 1);
        first.end();
        assert!(second.push(note("c")).is_empty());
    }

    #[tokio::test]
    async fn a_new_reader_ends_the_one_before() {
        let outbox = Arc::new(outbox(2, 1000, 1000));
        let first = outbox.take_over();
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.next(first).await.is_none() }
        });
        tokio::task::yield_now().await;

        let second = outbox.take_over();
        outbox.push(note("a"));

        assert!(waiting.await.expect("joined"));
        assert_eq!(outbox.next(second).await.expect("message").method(), Some("a"));
    }

    #[test]
    fn a_list_change_that_waits_already_is_not_queued_again() {
        let outbox = outbox(8, 1000, 1000);

        outbox.push(note("notifications/tools/list_changed"));
        outbox.push(note("notifications/tools/list_changed"));

        assert_eq!(lock(&outbox.queue).messages.len(), 1);
    }
}
