//! The place of the file at start: filled when it is new, repaired after a crash, and found unwritable where it is.

use std::io;
use std::path::{Path, PathBuf};

use super::fault::SettingsError;
use super::lock::FileLock;
use super::recover::recover;
use super::target::{beside, bytes_of, io_error};
use super::write;

/// The mark that some editors put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// What a new file holds.
const EMPTY: &str = "{\n  \"mcpServers\": {}\n}\n";

/// The file can be read, and nothing can be changed where it is.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} cannot be changed ({cause}): the hub serves what it says, and logins are not kept; make its folder writable and start the hub again",
    path = path.display()
)]
pub struct Unwritable {
    path: PathBuf,
    cause: io::Error,
}

/// Fills a missing or empty file, and sees to what a crash left. A file that is there and cannot be changed is left alone.
pub(super) fn prepare(target: &Path) -> Result<Option<Unwritable>, SettingsError> {
    match lock(target) {
        Ok(_lock) => fill(target).map(|()| None),
        Err(SettingsError::Io { cause, .. }) if is_read_only(&cause) && target.exists() => {
            Ok(Some(Unwritable { path: target.to_owned(), cause }))
        }
        Err(error) => Err(error),
    }
}

/// The lock that excludes other processes.
pub(super) fn lock(target: &Path) -> Result<FileLock, SettingsError> {
    lock_at(beside(target, "lock"))
}

/// The lock among processes that this file stands for.
pub(super) fn lock_at(path: PathBuf) -> Result<FileLock, SettingsError> {
    let lock = FileLock::wait(&path).map_err(|cause| io_error(&path, "cannot be locked", cause))?;
    lock.ok_or(SettingsError::Locked { path })
}

/// The caller holds the lock.
fn fill(target: &Path) -> Result<(), SettingsError> {
    if !target.exists() {
        write::create(target, EMPTY.as_bytes()).map_err(|cause| io_error(target, "cannot be created", cause))?;
    }
    recover(target).map_err(|cause| io_error(target, "cannot be repaired after a crash", cause))?;
    let bytes = bytes_of(target)?;
    if bytes.strip_prefix(BOM).unwrap_or(&bytes).trim_ascii().is_empty() {
        // Whoever saves it at this moment wins.
        write::replace(target, &bytes, EMPTY.as_bytes())
            .map_err(|cause| io_error(target, "cannot be written", cause))?;
    }
    Ok(())
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}
