//! Threads that compile: a bounded number, since a compilation cannot be stopped.
//!
//! One that takes longer than it may is given up by whoever waits for it, and keeps its thread until it ends. While all
//! threads are taken so, further files are refused at once, and never wait for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Compilers {
    threads: usize,
    turns: Arc<Semaphore>,
    /// Compilations that go on after they were given up.
    overdue: watch::Sender<usize>,
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// It takes too long.
    TooSlow,
    /// Every thread is taken by one that takes too long.
    Stuck,
    /// The compiler panicked; the file is at fault.
    Panicked,
}

impl Compilers {
    /// A pool that compiles on this many threads at once.
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads, turns: Arc::new(Semaphore::new(threads)), overdue: watch::Sender::new(0) }
    }

    /// Does the work on a thread, once one is free, within a time.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let mut overdue = self.overdue.subscribe();
        let turn = tokio::select! {
            biased;
            turn = self.turns.clone().acquire_owned() => turn.map_err(|_| NotDone::Stuck)?,
            _ = overdue.wait_for(|overdue| *overdue >= self.threads) => return Err(NotDone::Stuck),
        };
        let mut working = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        match tokio::time::timeout(limit, &mut working).await {
            Ok(result) => result.map_err(|_| NotDone::Panicked),
            Err(_) => {
                let overdue = self.overdue.clone();
                overdue.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    // What comes of it is nobody's any more; that it ends is what counts.
                    drop(working.await);
                    overdue.send_modify(|count| *count -= 1);
                });
                Err(NotDone::TooSlow)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const AT_ONCE: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test(flavor = "multi_thread")]
    async fn while_every_thread_hangs_others_are_refused_and_afterwards_served_again() {
        let compilers = Compilers::new(1);
        let (end, ended) = mpsc::channel::<()>();

        let slow = compilers.run(AT_ONCE, move || ended.recv().is_ok()).await;
        let refused = compilers.run(LONG, || 1).await;
        end.send(()).expect("it still runs");
        compilers.overdue.subscribe().wait_for(|overdue| *overdue == 0).await.expect("it ends");
        let served = compilers.run(LONG, || 2).await;

        assert_eq!((slow, refused, served), (Err(NotDone::TooSlow), Err(NotDone::Stuck), Ok(2)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_waits_is_refused_when_the_last_thread_hangs() {
        let compilers = Compilers::new(1);
        let (end, ended) = mpsc::channel::<()>();

        let (slow, refused) = tokio::join!(
            compilers.run(Duration::from_millis(200), move || ended.recv().is_ok()),
            compilers.run(LONG, || 1)
        );

        assert_eq!((slow, refused), (Err(NotDone::TooSlow), Err(NotDone::Stuck)));
        drop(end);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_is_told() {
        let outcome = Compilers::new(1).run(LONG, || panic!("as compilers do")).await;

        assert_eq!(outcome.map(|(): ()| ()), Err(NotDone::Panicked));
    }
}
