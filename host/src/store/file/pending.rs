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
    place: PendingPlace,
    /// The time that a caller gave last: what ended before it is dropped at the next change.
    now: Option<SystemTime>,
    is_broken_reported: bool,
}

#[derive(Default)]
enum PendingPlace {
    #[default]
    File,
    /// For good, once the file could not be written: what another process takes from the file must not be taken here again.
    Memory(PendingSet),
}

impl PendingFile {
    pub(super) fn new(file: SettingsFile, keys: Arc<Keys>) -> Self {
        Self { file, keys, state: Mutex::default() }
    }

    /// Looks at what waits. What has ended is cleared away. Blocks.
    pub(super) fn read<T>(&self, now: SystemTime, look: impl FnOnce(&PendingSet) -> T) -> Result<T, StoreError> {
        let mut state = self.lock();
        state.now = Some(now);
        let (found, has_ended) = match &state.place {
            PendingPlace::Memory(set) => (look(set), set.has_ended(now)),
            PendingPlace::File => {
                let content = self.load(&mut state)?;
                (look(&content.set), content.has_ended(now))
            }
        };
        drop(state);
        if has_ended {
            // The answer is right without it, and the next change tries again.
            let _ = self.change(Some(now), |_| ());
        }
        Ok(found)
    }

    /// Changes what waits; durable when it returns. `change` works on a copy, and may be called a second time on an empty set
    /// where the file turns out not to be writable. Blocks.
    pub(super) fn change<T>(
        &self,
        now: Option<SystemTime>,
        mut change: impl FnMut(&mut PendingSet) -> T,
    ) -> Result<T, StoreError> {
        let mut state = self.lock();
        state.now = now.or(state.now);
        if let PendingState { place: PendingPlace::Memory(set), now, .. } = &mut *state {
            if let Some(now) = now {
                set.drop_ended(*now);
            }
            return Ok(change(set));
        }
        match self.change_file(&mut state, &mut change) {
            Err(error) if is_not_writable(&error) => {
                tracing::warn!("{error}; logins under way are kept in memory, and a restart of the hub ends them");
                let mut set = PendingSet::default();
                let changed = change(&mut set);
                state.place = PendingPlace::Memory(set);
                Ok(changed)
            }
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
    fn load(&self, state: &mut PendingState) -> Result<PendingContent, SettingsError> {
        let path = self.file.beside(FILE)?;
        let owner = fs::metadata(self.file.path()).map(|settings| settings.uid()).ok();
        let content = match read_own(&path, owner) {
            Ok(bytes) => PendingContent::parse(&bytes, &self.keys),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(PendingContent::default()),
            Err(cause) if cause.kind() == io::ErrorKind::FileTooLarge => None,
            Err(cause) => return Err(SettingsError::Io { path, action: "cannot be read", cause }),
        };
        Ok(content.unwrap_or_else(|| {
            if !std::mem::replace(&mut state.is_broken_reported, true) {
                tracing::warn!(
                    "{}: this file makes no sense and is replaced; logins under way begin anew",
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

/// The bytes of a file that only this user, or the owner of the settings, can have written. Anybody could plant a login
/// otherwise, in a folder that others can write to.
fn read_own(path: &Path, owner: Option<u32>) -> io::Result<Vec<u8>> {
    let named = fs::symlink_metadata(path)?;
    if named.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link, and the hub makes none here"));
    }
    let file = regular::open(path)?;
    let found = file.metadata()?;
    // A link that came in its place meanwhile leads to another file.
    let is_the_same = (found.dev(), found.ino()) == (named.dev(), named.ino());
    let is_own = found.uid() == geteuid().as_raw() || Some(found.uid()) == owner;
    if !is_the_same || !is_own || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "somebody else may have written it"));
    }
    regular::rest(file, MAX_BYTES)
}

/// Whether this process may not use files there, so that trying again is of no use.
fn is_not_writable(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    let Some(SettingsError::Io { cause, .. }) = cause.downcast_ref() else { return false };
    matches!(cause.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests;
