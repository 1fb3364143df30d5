//! What waits for a person, in a file of its own beside the settings: `.mcp_settings.json.pending`.
//!
//! It stands apart from the settings because it changes with every login and means nothing to the person who edits them. A change
//! takes a lock in this process and one among processes, reads the file again and puts a new one in its place. The file goes with
//! the last entry. Where it cannot be written, all that waits stays in this process's memory, and the log says so once.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustix::process::geteuid;

use super::pending_record::{MAX_BYTES, PendingContent};
use super::seal::Keys;
use crate::regular;
use crate::settings::{SettingsError, SettingsFile};
use crate::store::error::StoreError;
use crate::store::pending::PendingSet;

/// How the name of the file ends, after the name of the settings file.
const FILE: &str = "pending";
/// The same for the lock among processes.
const LOCK: &str = "pending.lock";

/// The file, shared by all tasks of this process.
pub(super) struct PendingFile {
    file: SettingsFile,
    keys: Arc<Keys>,
    state: Mutex<PendingState>,
}

#[derive(Default)]
struct PendingState {
    /// What waits, once the file could not be used. For good: what another process takes from the file must not be taken here
    /// again.
    memory: Option<PendingSet>,
    /// The time that a caller gave last: what ended before it is dropped at the next change.
    now: Option<SystemTime>,
    is_broken_reported: bool,
}

impl PendingState {
    /// Works in memory from now on, where nothing waits yet. Says so in the log.
    fn stay_in_memory(&mut self, error: &StoreError) -> &mut PendingSet {
        tracing::warn!("{error}; logins under way are kept in memory, and a restart of the hub ends them");
        self.memory.insert(PendingSet::default())
    }
}

impl PendingFile {
    pub(super) fn new(file: SettingsFile, keys: Arc<Keys>) -> Self {
        Self { file, keys, state: Mutex::default() }
    }

    /// Looks at what waits, and removes what has ended. Blocks.
    pub(super) fn read<T>(&self, now: SystemTime, look: impl FnOnce(&PendingSet) -> T) -> Result<T, StoreError> {
        let mut state = self.lock();
        state.now = Some(now);
        if let Some(set) = &mut state.memory {
            set.drop_ended(now);
            return Ok(look(set));
        }
        // Without the lock among processes: a file that is replaced as a whole is never seen half.
        let content = match self.load(&mut state) {
            Err(error) if is_not_usable(&error) => return Ok(look(state.stay_in_memory(&error))),
            content => content?,
        };
        drop(state);
        let found = look(&content.set);
        if content.has_ended(now) {
            // The answer is right without it, and the next change tries again.
            let _ = self.change(Some(now), |_| ());
        }
        Ok(found)
    }

    /// Changes what waits. Durable when it returns. `change` works on a copy, and is called a second time on an empty set where
    /// the file turns out not to be writable. Blocks.
    pub(super) fn change<T>(
        &self,
        now: Option<SystemTime>,
        mut change: impl FnMut(&mut PendingSet) -> T,
    ) -> Result<T, StoreError> {
        let mut state = self.lock();
        state.now = now.or(state.now);
        if let PendingState { memory: Some(set), now, .. } = &mut *state {
            if let Some(now) = now {
                set.drop_ended(*now);
            }
            return Ok(change(set));
        }
        match self.change_file(&mut state, &mut change) {
            Err(error) if is_not_usable(&error) => Ok(change(state.stay_in_memory(&error))),
            changed => changed,
        }
    }

    fn change_file<T>(
        &self,
        state: &mut PendingState,
        change: &mut impl FnMut(&mut PendingSet) -> T,
    ) -> Result<T, StoreError> {
        let _among_processes = self.file.lock_beside(LOCK)?;
        let before = self.load(state)?;
        let mut after = before.clone();
        if let Some(now) = state.now {
            after.drop_ended(now);
        }
        let changed = change(&mut after.set);
        if before != after || before.is_broken {
            match after.written(&self.keys)? {
                Some(bytes) => self.file.put_beside(FILE, &bytes)?,
                None => self.file.remove_beside(FILE)?,
            }
        }
        Ok(changed)
    }

    /// What the file holds. One that makes no sense counts as empty, and the next change replaces it.
    fn load(&self, state: &mut PendingState) -> Result<PendingContent, StoreError> {
        let path = self.file.beside(FILE)?;
        let owner = fs::metadata(self.file.path()).map(|settings| settings.uid()).ok();
        let content = match read_own(&path, owner) {
            Ok(bytes) => PendingContent::parse(&bytes, &self.keys),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(PendingContent::default()),
            Err(cause) if cause.kind() == io::ErrorKind::FileTooLarge => None,
            Err(cause) => return Err(SettingsError::Io { path, action: "cannot be read", cause }.into()),
        };
        Ok(content.unwrap_or_else(|| {
            if !std::mem::replace(&mut state.is_broken_reported, true) {
                tracing::warn!(
                    "{}: this file makes no sense and is replaced; logins under way have to be started again",
                    path.display()
                );
            }
            PendingContent::broken()
        }))
    }

    fn lock(&self) -> MutexGuard<'_, PendingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of a file that only this user, or the owner of the settings, can have written. Otherwise anybody could
/// plant a login in a folder that others can write to.
fn read_own(path: &Path, owner: Option<u32>) -> io::Result<Vec<u8>> {
    let file = regular::open_unlinked(path)?;
    let found = file.metadata()?;
    let is_own = found.uid() == geteuid().as_raw() || Some(found.uid()) == owner;
    if !is_own || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "somebody else may have written it"));
    }
    regular::rest(file, MAX_BYTES)
}

/// Whether this process may not use a file there at all, so that trying again is of no use.
fn is_not_usable(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    let Some(SettingsError::Io { cause, .. }) = cause.downcast_ref() else { return false };
    matches!(cause.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests;
