//! The places for connections: a fixed number, and a few in reserve.
//!
//! Where no place is left, a connection that waits for a request makes room for a new one, the longest waiting first. Where
//! all connections are at work, a new one gets a place in reserve: it is answered with 503 at once, and `/health` still works.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A request is under way.
const BUSY: u64 = 0;
/// It has to go.
const GONE: u64 = u64::MAX;

/// The places of all listeners.
pub(in crate::serve) struct Places {
    full: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    /// Answers that stream until the client goes.
    streams: Arc<Semaphore>,
    /// Grows with each connection, and each time that one begins to wait.
    count: AtomicU64,
    lines: Mutex<BTreeMap<u64, Arc<WaitingLine>>>,
    /// A connection has begun to wait.
    waits: Notify,
}

/// What the places know about one connection.
struct WaitingLine {
    in_reserve: bool,
    /// Since when it waits for a request, by count; or [`BUSY`], or [`GONE`].
    waiting: AtomicU64,
    told_to_go: Notify,
}

/// A connection's place, as long as this is held.
pub(super) struct ConnectionPlace {
    places: Arc<Places>,
    id: u64,
    line: Arc<WaitingLine>,
    _permit: OwnedSemaphorePermit,
}

/// A request of a connection, under way as long as this is held.
pub(super) struct Busy {
    places: Arc<Places>,
    line: Arc<WaitingLine>,
}

impl Places {
    /// So many, so many more in reserve, and so many streams at once.
    pub(in crate::serve) fn new(full: usize, reserve: usize, streams: usize) -> Arc<Self> {
        let [full, reserve, streams] = [full, reserve, streams].map(|count| Arc::new(Semaphore::new(count)));
        let (count, lines, waits) = (AtomicU64::new(BUSY + 1), Mutex::default(), Notify::new());
        Arc::new(Self { full, reserve, streams, count, lines, waits })
    }

    /// A place, once there is one.
    pub(super) async fn take(self: &Arc<Self>) -> ConnectionPlace {
        loop {
            if let Ok(permit) = self.full.clone().try_acquire_owned() {
                return self.place(permit, false);
            }
            if self.send_away(false) {
                // Each who sends one away gets a place: they are given in turn.
                if let Ok(permit) = self.full.clone().acquire_owned().await {
                    return self.place(permit, false);
                }
            }
            if let Ok(permit) = self.reserve.clone().try_acquire_owned() {
                return self.place(permit, true);
            }
            if self.send_away(true)
                && let Ok(permit) = self.reserve.clone().acquire_owned().await
            {
                return self.place(permit, true);
            }
            tokio::select! {
                Ok(permit) = self.full.clone().acquire_owned() => return self.place(permit, false),
                Ok(permit) = self.reserve.clone().acquire_owned() => return self.place(permit, true),
                () = self.waits.notified() => {}
            }
        }
    }

    /// A place among the streams, if there is one.
    pub(super) fn stream(&self) -> Option<OwnedSemaphorePermit> {
        self.streams.clone().try_acquire_owned().ok()
    }

    fn place(self: &Arc<Self>, permit: OwnedSemaphorePermit, in_reserve: bool) -> ConnectionPlace {
        let id = self.next();
        let line = Arc::new(WaitingLine { in_reserve, waiting: AtomicU64::new(id), told_to_go: Notify::new() });
        self.lines().insert(id, line.clone());
        ConnectionPlace { places: self.clone(), id, line, _permit: permit }
    }

    /// Tells the connection to go that has waited longest for a request. False: none waits.
    fn send_away(&self, in_reserve: bool) -> bool {
        let lines = self.lines();
        loop {
            let of_kind = lines.values().filter(|line| line.in_reserve == in_reserve);
            let waiting = of_kind.map(|line| (line.waiting.load(Ordering::Acquire), line));
            let longest = waiting.filter(|(since, _)| !matches!(*since, BUSY | GONE)).min_by_key(|(since, _)| *since);
            let Some((since, line)) = longest else { return false };
            // It may have got a request at this moment.
            if line.waiting.compare_exchange(since, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                line.told_to_go.notify_one();
                return true;
            }
        }
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<WaitingLine>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionPlace {
    /// Whether all other places were taken by connections at work.
    pub(super) fn is_in_reserve(&self) -> bool {
        self.line.in_reserve
    }

    /// A request has come. None: the connection has to go, and what came is not looked at.
    pub(super) fn begin(&self) -> Option<Busy> {
        let begun = self
            .line
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |since| (since != GONE).then_some(BUSY));
        begun.ok().map(|_| Busy { places: self.places.clone(), line: self.line.clone() })
    }

    /// Ends when the connection has to make room.
    pub(super) async fn told_to_go(&self) {
        self.line.told_to_go.notified().await;
    }

    /// The places that it is one of.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.places.lines().remove(&self.id);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.line.waiting.store(self.places.next(), Ordering::Release);
        self.places.waits.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_waits_longest_makes_room_and_who_is_at_work_does_not() {
        let places = Places::new(3, 1, 1);
        let (first, second, third) = (places.take().await, places.take().await, places.take().await);
        let work = first.begin().expect("a request");
        drop(second.begin());

        let mut next = Box::pin(places.take());
        assert!((&mut next).now_or_never().is_none());

        assert!(third.told_to_go().now_or_never().is_some());
        assert!(first.told_to_go().now_or_never().is_none() && second.told_to_go().now_or_never().is_none());
        assert!(third.begin().is_none());
        drop(third);
        assert!(!next.await.is_in_reserve());
        drop(work);
    }

    #[tokio::test]
    async fn where_all_are_at_work_there_is_a_reserve_and_then_a_wait() {
        let places = Places::new(1, 1, 1);
        let first = places.take().await;
        let _work = first.begin().expect("a request");

        let second = places.take().await;
        assert!(second.is_in_reserve());
        let answering = second.begin().expect("a request");
        let mut third = Box::pin(places.take());
        assert!((&mut third).now_or_never().is_none());

        drop(answering);
        assert!((&mut third).now_or_never().is_none());
        assert!(second.told_to_go().now_or_never().is_some());
        drop(second);
        assert!(third.await.is_in_reserve());
    }

    #[test]
    fn streams_have_a_bound_of_their_own() {
        let places = Places::new(2, 0, 1);
        let stream = places.stream();

        assert!(stream.is_some() && places.stream().is_none());
        drop(stream);
        assert!(places.stream().is_some());
    }
}
