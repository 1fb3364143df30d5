//! Messages that wait for a client's GET stream: bounded, the oldest goes first, and one stream reads at a time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::gateway::lock::lock;
use crate::gateway::message::Message;

/// The queue of one session.
pub(crate) struct Outbox {
    queue: Mutex<VecDeque<Message>>,
    limit: usize,
    arrived: Notify,
    /// Number of the reader that may read: a new one takes over.
    reader: AtomicU64,
    is_over: std::sync::atomic::AtomicBool,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            queue: Mutex::default(),
            limit,
            arrived: Notify::new(),
            reader: AtomicU64::new(0),
            is_over: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Queues a message. One that says what a waiting one says already is left out.
    pub(crate) fn push(&self, message: Message) {
        let mut queue = lock(&self.queue);
        let repeats = message.method().is_some_and(|method| method.ends_with("/list_changed"));
        if repeats && queue.iter().any(|other| other.method() == message.method()) {
            return;
        }
        if queue.len() >= self.limit {
            queue.pop_front();
        }
        queue.push_back(message);
        drop(queue);
        self.arrived.notify_one();
    }

    /// A new reader, which ends the one before.
    pub(crate) fn take_over(&self) -> u64 {
        let reader = self.reader.fetch_add(1, Ordering::AcqRel) + 1;
        self.arrived.notify_waiters();
        self.arrived.notify_one();
        reader
    }

    /// No more readers.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        self.take_over();
    }

    /// The next message for this reader; `None` once another one took over. Safe to be dropped while it waits.
    pub(crate) async fn next(&self, reader: u64) -> Option<Message> {
        loop {
            let arrived = self.arrived.notified();
            if self.reader.load(Ordering::Acquire) != reader || self.is_over.load(Ordering::Acquire) {
                // The wake-up may have been another reader's.
                self.arrived.notify_one();
                return None;
            }
            if let Some(message) = lock(&self.queue).pop_front() {
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

    #[tokio::test]
    async fn messages_wait_for_a_reader_and_the_oldest_give_way() {
        let outbox = Outbox::new(2);
        for method in ["a", "b", "c"] {
            outbox.push(note(method));
        }

        let reader = outbox.take_over();

        assert_eq!(outbox.next(reader).await.expect("first").method(), Some("b"));
        assert_eq!(outbox.next(reader).await.expect("second").method(), Some("c"));
    }

    #[tokio::test]
    async fn a_new_reader_ends_the_one_before() {
        let outbox = std::sync::Arc::new(Outbox::new(2));
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
    fn a_change_that_waits_already_is_not_queued_twice() {
        let outbox = Outbox::new(8);

        outbox.push(note("notifications/tools/list_changed"));
        outbox.push(note("notifications/tools/list_changed"));

        assert_eq!(lock(&outbox.queue).len(), 1);
    }
}
