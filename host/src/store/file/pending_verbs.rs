//! The verbs of what waits for a person.

use std::time::SystemTime;

use super::file_store::{FileStore, FileStoreParts};
use crate::store::error::StoreError;
use crate::store::pending::{Pending, PendingKind};

impl FileStore {
    pub(in crate::store) async fn put_pending(
        &self,
        kind: PendingKind,
        id: &str,
        pending: &Pending,
    ) -> Result<(), StoreError> {
        let (id, pending) = (id.to_owned(), pending.clone());
        self.blocking(move |parts| parts.pending.change(None, |set| set.put(kind, &id, pending.clone()))).await
    }

    pub(in crate::store) async fn pending(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<Pending>, StoreError> {
        let id = id.to_owned();
        self.blocking(move |parts| parts.pending.read(now, |set| set.get(kind, &id, now).cloned())).await
    }

    pub(in crate::store) async fn take_pending(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<Pending>, StoreError> {
        let id = id.to_owned();
        self.blocking(move |parts| parts.pending.change(Some(now), |set| set.take(kind, &id, now))).await
    }

    pub(in crate::store) async fn change_pending<T: Send + 'static>(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
        change: impl FnOnce(&mut Pending) -> T + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let id = id.to_owned();
        // Called again where the file is not writable: then nothing waits, so that there is nothing to change.
        let mut change = Some(change);
        let mut apply = move |pending: &mut Pending| change.take().map(|change| change(pending));
        let changed = move |parts: &FileStoreParts| {
            parts.pending.change(Some(now), |set| set.change(kind, &id, now, &mut apply).flatten())
        };
        self.blocking(changed).await
    }

    pub(in crate::store) async fn end_pending(&self, kind: PendingKind, server: &str) -> Result<(), StoreError> {
        let server = server.to_owned();
        self.blocking(move |parts| parts.pending.change(None, |set| set.end(kind, &server))).await
    }

    pub(in crate::store) async fn pending_of(
        &self,
        kind: PendingKind,
        server: &str,
        now: SystemTime,
    ) -> Result<Vec<(String, Pending)>, StoreError> {
        let server = server.to_owned();
        self.blocking(move |parts| parts.pending.read(now, |set| set.of_server(kind, &server, now))).await
    }
}
