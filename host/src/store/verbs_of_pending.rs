//! The store's verbs for what waits for a person: kept until it is taken or ends.

use std::time::SystemTime;

use super::error::StoreError;
use super::pending::{Pending, PendingKind};
use super::verbs::Store;

impl Store {
    /// Keeps something that waits for a person, in place of one of its kind with the same id. Of more than 1,000 of one kind the
    /// oldest go. What has ended is dropped at every change, by the latest `now` that a caller gave.
    pub async fn put_pending(&self, kind: PendingKind, id: &str, pending: &Pending) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.put_pending(kind, id, pending).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.put(kind, id, pending.clone())),
        }
    }

    /// Reads what waits under an id without taking it. `None` when it has ended.
    pub async fn pending(&self, kind: PendingKind, id: &str, now: SystemTime) -> Result<Option<Pending>, StoreError> {
        match self {
            Self::File(store) => store.pending(kind, id, now).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.get(kind, id, now).cloned()),
        }
    }

    /// Takes what waits under an id, at most once over tasks and processes. `None` when it has ended.
    pub async fn take_pending(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<Pending>, StoreError> {
        match self {
            Self::File(store) => store.take_pending(kind, id, now).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.take(kind, id, now)),
        }
    }

    /// Changes what waits under an id; nobody else changes or takes it meanwhile. `change` sees the current value, says what it
    /// becomes, and must not wait for anything. `None` when it has ended: then `change` was not called.
    pub async fn change_pending<T: Send + 'static>(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
        change: impl FnOnce(&mut Pending) -> T + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::File(store) => store.change_pending(kind, id, now, change).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.change(kind, id, now, change)),
        }
    }

    /// Ends all of one kind that a server has, as after a login its links.
    pub async fn end_pending(&self, kind: PendingKind, server: &str) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.end_pending(kind, server).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.end(kind, server)),
        }
    }

    /// All of one kind that a server has and that have not ended, with their ids, the oldest first.
    pub async fn pending_of(
        &self,
        kind: PendingKind,
        server: &str,
        now: SystemTime,
    ) -> Result<Vec<(String, Pending)>, StoreError> {
        match self {
            Self::File(store) => store.pending_of(kind, server, now).await,
            #[cfg(test)]
            Self::Memory(store) => store.pending(|set| set.of_server(kind, server, now)),
        }
    }
}
