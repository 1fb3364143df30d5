//! What the verbs of a file store work with. Files are read and written on threads that may block.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::cache::Cache;
use super::lease::Leases;
use super::obtained::Obtained;
use super::pending::PendingFile;
use super::seal::Keys;
use crate::settings::{SettingsError, SettingsFile};
use crate::store::error::StoreError;

/// Threads that read at a time.
const READERS: usize = 4;

/// Logins kept in the settings file and beside it. A clone works on the same.
#[derive(Clone)]
pub struct FileStore(pub(super) Arc<FileStoreParts>);

pub(super) struct FileStoreParts {
    pub(super) file: SettingsFile,
    pub(super) keys: Arc<Keys>,
    pub(super) cache: Cache,
    pub(super) leases: Leases,
    pub(super) pending: PendingFile,
    readers: Semaphore,
    /// The highest version seen: a grant made after a deletion is never taken for the one before it.
    highest: AtomicU64,
}

impl From<SettingsError> for StoreError {
    fn from(error: SettingsError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl FileStore {
    /// A store in this file. The keys seal what is secret in it.
    pub(in crate::store) fn new(file: SettingsFile, keys: Keys) -> Self {
        let (keys, highest) = (Arc::new(keys), AtomicU64::new(0));
        let cache = Cache::new(keys.clone());
        let pending = PendingFile::new(file.clone(), keys.clone());
        Self(Arc::new(FileStoreParts {
            file,
            keys,
            cache,
            leases: Leases::default(),
            pending,
            readers: Semaphore::new(READERS),
            highest,
        }))
    }

    /// Tells the time at which the store was opened: a file that is older is not compared byte by byte at a start.
    pub(in crate::store) fn opened_at(&self, now: SystemTime) {
        self.0.cache.opened_at(now);
    }

    /// Reads on a thread that may block, few at a time: a start with a thousand servers asks for thousands of entries, and
    /// needs no thread for each.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&FileStoreParts, &Obtained) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // It is never closed.
        let _turn = self.0.readers.acquire().await;
        self.blocking(move |parts| work(parts, &*parts.cache.read(&parts.file)?)).await
    }

    /// How often this process has changed the file.
    pub(in crate::store) fn edits(&self) -> u64 {
        self.0.file.edits()
    }

    /// Does this work on a thread that may block.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&FileStoreParts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let parts = self.0.clone();
        spawn_blocking(move || work(&parts)).await.map_err(|_| StoreError::Aborted)?
    }
}

impl FileStoreParts {
    /// Remembers a version that was read or written. Gives the highest one so far.
    pub(super) fn seen(&self, version: u64) -> u64 {
        self.highest.fetch_max(version, Ordering::Relaxed).max(version)
    }
}
