//! Where the file is: found behind links, filled when it is new, read whole, and whether it can be changed there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::SettingsError;
use super::lock::FileLock;
use super::recover::recover;
use super::write;
use crate::regular;

/// The mark that some editors put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// Longer settings are refused, bytes.
pub(super) const MAX_BYTES: u64 = 64 << 20;
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
    lock_at(write::beside(target, "lock"))
}

/// The lock among processes that this file stands for.
pub(super) fn lock_at(path: PathBuf) -> Result<FileLock, SettingsError> {
    let lock = FileLock::wait(&path).map_err(|cause| io_error(&path, "cannot be locked", cause))?;
    lock.ok_or(SettingsError::Locked { path })
}

/// The caller holds the lock.
fn fill(target: &Path) -> Result<(), SettingsError> {
    if !target.exists() {
        write::create(target, EMPTY.as_bytes()).map_err(|cause| io_error(target, "cannot be made", cause))?;
    }
    recover(target).map_err(|cause| io_error(target, "cannot be seen to after a crash", cause))?;
    let bytes = bytes_of(target)?;
    if bytes.strip_prefix(BOM).unwrap_or(&bytes).trim_ascii().is_empty() {
        // Whoever saves it at this moment wins.
        write::replace(target, &bytes, EMPTY.as_bytes())
            .map_err(|cause| io_error(target, "cannot be written", cause))?;
    }
    Ok(())
}

/// All bytes of a settings file, if it is a regular one.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, SettingsError> {
    regular::read(path, MAX_BYTES).map_err(|cause| {
        if cause.kind() == io::ErrorKind::FileTooLarge {
            let problem = "it has more than 64 MiB, which no settings have".to_owned();
            return SettingsError::NotJson { path: path.to_owned(), problem };
        }
        io_error(path, "cannot be read", cause)
    })
}

/// The file itself where the path is a link, also to one that is not there yet.
pub(super) fn target_of(written: &Path) -> Result<PathBuf, SettingsError> {
    let mut path = written.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(named) => path = path.parent().unwrap_or(Path::new("/")).join(named),
            Err(_) => {
                let folder = path.parent().unwrap_or(Path::new("/")).canonicalize();
                let folder = folder.map_err(|cause| io_error(&path, "cannot be found", cause))?;
                return Ok(folder.join(path.file_name().unwrap_or_default()));
            }
        }
    }
    Err(io_error(written, "cannot be found", io::ErrorKind::InvalidInput.into()))
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

pub(super) fn io_error(path: &Path, action: &'static str, cause: io::Error) -> SettingsError {
    SettingsError::Io { path: path.to_owned(), action, cause }
}
