//! Writing the file so that it is always whole and no edit made meanwhile is lost.
//!
//! A new text goes to a temporary file beside the settings (mode 0600), is synced, and takes the settings' place. Where
//! the system can exchange two names at once, what was there is looked at after the exchange: if it is not what the change
//! was made from, somebody saved in between, and the change is made again on top of theirs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What became of a write.
pub(super) enum Written {
    /// It is in place.
    Yes,
    /// Somebody saved in between; theirs is in place again.
    Overtaken,
}

/// Replaces the content of `path`, which was `before` when it was read.
pub(super) fn replace(path: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    let target = fs::canonicalize(path)?;
    let temporary = beside(&target, "tmp");
    write_new(&temporary, after)?;
    let result = swap(&target, &temporary, before);
    if !matches!(result, Ok(Written::Yes)) {
        // What is left of an attempt that was given up.
        let _ = fs::remove_file(&temporary);
    }
    let written = match result {
        Err(error) if cannot_be_renamed(&error) => in_place(&target, before, after)?,
        other => other?,
    };
    sync_directory(&target)?;
    Ok(written)
}

#[cfg(target_os = "linux")]
fn swap(target: &Path, temporary: &Path, before: &[u8]) -> io::Result<Written> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, temporary, CWD, target, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            return compare_and_rename(target, temporary, before);
        }
        Err(error) => return Err(error.into()),
    }
    if fs::read(temporary)? == before {
        fs::remove_file(temporary)?;
        return Ok(Written::Yes);
    }
    renameat_with(CWD, temporary, CWD, target, RenameFlags::EXCHANGE)?;
    Ok(Written::Overtaken)
}

#[cfg(not(target_os = "linux"))]
fn swap(target: &Path, temporary: &Path, before: &[u8]) -> io::Result<Written> {
    compare_and_rename(target, temporary, before)
}

fn compare_and_rename(target: &Path, temporary: &Path, before: &[u8]) -> io::Result<Written> {
    if fs::read(target)? != before {
        return Ok(Written::Overtaken);
    }
    fs::rename(temporary, target)?;
    Ok(Written::Yes)
}

/// A file that is a mount of its own (one file mounted into a container) cannot be renamed over.
fn cannot_be_renamed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices)
}

/// Writes into the file itself, after its old content was put aside where a crash leaves it.
fn in_place(target: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    if fs::read(target)? != before {
        return Ok(Written::Overtaken);
    }
    let backup = beside(target, "bak");
    write_new(&backup, before)?;
    let mut file = OpenOptions::new().write(true).truncate(true).open(target)?;
    file.write_all(after)?;
    file.sync_all()?;
    fs::remove_file(backup)?;
    Ok(Written::Yes)
}

/// A new file that only its owner reads.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

/// `.mcp_settings.json.tmp` beside `mcp_settings.json`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{ending}"))
}
