//! Who hears that lists changed: every client session, for as long as it lives.

use std::sync::{Arc, Mutex};

use super::list_kind::ListKind;
use super::lock::lock;

/// Lists that may look different to clients now.
#[derive(Debug, Clone)]
pub(crate) struct ListChange {
    /// The server whose lists they are. `None` if the settings changed, which may concern all.
    pub(crate) server: Option<String>,
    pub(crate) kinds: Vec<ListKind>,
}

/// Hears of a change. Returns whether it wants to hear of the next one.
type Listener = dyn Fn(&ListChange) -> bool + Send + Sync;

/// All who hear of changes.
#[derive(Default)]
pub(crate) struct Audience(Arc<Mutex<Vec<Arc<Listener>>>>);

impl Audience {
    /// Adds one who hears.
    pub(crate) fn add(&self, listener: impl Fn(&ListChange) -> bool + Send + Sync + 'static) {
        lock(&self.0).push(Arc::new(listener));
    }

    /// Tells all of a change, one after the other, in a task of its own: each compares its lists, which takes a while.
    pub(crate) fn announce(&self, change: ListChange) {
        let listeners = lock(&self.0).clone();
        let all = self.0.clone();
        if listeners.is_empty() || change.kinds.is_empty() {
            return;
        }
        tokio::spawn(async move {
            for listener in listeners {
                if !listener(&change) {
                    lock(&all).retain(|other| !Arc::ptr_eq(other, &listener));
                }
                tokio::task::yield_now().await;
            }
        });
    }

    /// Forgets those who are gone. They hear of nothing any more, but would be kept until the next change.
    pub(crate) fn sweep(&self) {
        let nothing = ListChange { server: None, kinds: Vec::new() };
        let listeners = lock(&self.0).clone();
        let gone: Vec<Arc<Listener>> = listeners.into_iter().filter(|listener| !listener(&nothing)).collect();
        lock(&self.0).retain(|listener| !gone.iter().any(|other| Arc::ptr_eq(other, listener)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn who_is_gone_hears_nothing_more() {
        let audience = Audience::default();
        let heard = Arc::new(AtomicUsize::new(0));
        let counted = heard.clone();
        audience.add(move |change| change.kinds.is_empty() || counted.fetch_add(1, Ordering::Relaxed) == 0);

        for _ in 0..3 {
            audience.announce(ListChange { server: None, kinds: vec![ListKind::Tools] });
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }

        assert_eq!(heard.load(Ordering::Relaxed), 2);
        assert!(lock(&audience.0).is_empty());
    }
}
