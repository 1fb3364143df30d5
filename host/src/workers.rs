//! The threads that serve connections. Each has a runtime of its own: a request, and the connection to the server that it
//! goes to, stay on one thread, and no other thread has to be woken for them.

use std::cell::Cell;
use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// The threads. Dropping this ends them, with whatever they are doing.
pub(crate) struct Workers {
    threads: Vec<Worker>,
    next: AtomicUsize,
}

struct Worker {
    runtime: Handle,
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Workers {
    /// One thread for each processor.
    pub(crate) fn start() -> io::Result<Self> {
        let threads = (1..places()).map(Worker::start).collect::<io::Result<_>>()?;
        Ok(Self { threads, next: AtomicUsize::new(0) })
    }

    /// The runtime of the thread whose turn it is.
    pub(crate) fn next(&self) -> Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let worker = turn.checked_rem(self.threads.len()).and_then(|number| self.threads.get(number));
        worker.map_or_else(Handle::current, |worker| worker.runtime.clone())
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("connections {number}")).spawn(move || {
            NUMBER.set(number);
            // An error says that nobody holds the other end: time to stop.
            drop(runtime.block_on(stopped));
        })?;
        Ok(Self { runtime: handle, _stop: stop })
    }
}

/// How many places there are for what each thread has for itself: one for each worker, and the first for all other threads.
pub(crate) fn places() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).saturating_add(1)
}

/// The place of this thread.
pub(crate) fn place() -> usize {
    NUMBER.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_worker_has_a_place_of_its_own() {
        let workers = Workers::start().expect("threads");

        let mut seen = Vec::new();
        for _ in 1..places() {
            seen.push(workers.next().spawn(async { place() }).await.expect("a place"));
        }

        seen.sort_unstable();
        assert_eq!(seen, (1..places()).collect::<Vec<_>>());
        assert_eq!(place(), 0);
    }
}
