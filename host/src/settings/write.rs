//! Writes the file so that it is whole at every moment and no edit that was made meanwhile is lost.
//!
//! A new text goes to a temporary file beside the settings (mode 0600), is synced, and takes the place of the settings. Where
//! the system can exchange two names at once, the old content is checked after the exchange. If it is not what the change was
//! made from, another program saved in between: its text is put back, and the change is made again on top of it. This also
//! notices an editor that truncates the file first. On other systems the text is compared right before the renaming.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::target::{MAX_BYTES, beside};
use crate::regular;

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in place, and durable.
    Yes,
    /// Another program saved in between, and its text is in place.
    Overtaken,
}

/// How often a saved file is put back when its place keeps changing.
const PUT_BACKS: usize = 100;

/// Replaces the content of `target`, which was `before` when it was read. `target` is no link.
pub(super) fn replace(target: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    let temporary = beside(target, "tmp");
    write_new(&temporary, after, fs::metadata(target).ok().as_ref())?;
    let result = swap(target, &temporary, before, after);
    // What was swapped out, or what is left of an attempt that was given up.
    let _ = fs::remove_file(&temporary);
    let written = match result {
        Err(error) if cannot_be_renamed(&error) => in_place(target, before, after)?,
        other => other?,
    };
    sync_directory(target)?;
    Ok(written)
}

#[cfg(target_os = "linux")]
fn swap(target: &Path, temporary: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let exchange = || renameat_with(CWD, temporary, CWD, target, RenameFlags::EXCHANGE);
    match exchange() {
        Ok(()) => {}
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => return compare_and_rename(target, temporary, before),
        Err(error) => return Err(error.into()),
    }
    let mut displaced = regular::read(temporary, MAX_BYTES)?;
    if displaced == before {
        return Ok(Written::Yes);
    }
    // Put back the newest text that is not ours: another one may have come while this one was away.
    let mut expected = after.to_vec();
    for _ in 0..PUT_BACKS {
        exchange()?;
        let found = regular::read(temporary, MAX_BYTES)?;
        if found == expected {
            break;
        }
        expected = std::mem::replace(&mut displaced, found);
    }
    Ok(Written::Overtaken)
}

#[cfg(not(target_os = "linux"))]
fn swap(target: &Path, temporary: &Path, before: &[u8], _after: &[u8]) -> io::Result<Written> {
    compare_and_rename(target, temporary, before)
}

fn compare_and_rename(target: &Path, temporary: &Path, before: &[u8]) -> io::Result<Written> {
    if regular::read(target, MAX_BYTES)? != before {
        return Ok(Written::Overtaken);
    }
    fs::rename(temporary, target)?;
    Ok(Written::Yes)
}

/// A file that is a mount of its own (one file mounted into a container) cannot be renamed over.
fn cannot_be_renamed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices)
}

/// Writes into the file itself, after its old content was put aside where [`super::recover`] finds it after a crash.
pub(super) fn in_place(target: &Path, before: &[u8], after: &[u8]) -> io::Result<Written> {
    let mut file = OpenOptions::new().read(true).write(true).open(target)?;
    let mut now = Vec::new();
    file.read_to_end(&mut now)?;
    if now != before {
        return Ok(Written::Overtaken);
    }
    let backup = beside(target, "bak");
    write_new(&backup, before, None)?;
    sync_directory(&backup)?;
    file.rewind()?;
    file.write_all(after)?;
    file.set_len(u64::try_from(after.len()).unwrap_or(u64::MAX))?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.sync_all()?;
    fs::remove_file(backup)?;
    Ok(Written::Yes)
}

/// Makes a file that is not there yet, whole from its first moment. False: it is there.
pub(super) fn create(target: &Path, content: &[u8]) -> io::Result<bool> {
    let temporary = beside(target, "tmp");
    write_new(&temporary, content, None)?;
    let linked = fs::hard_link(&temporary, target);
    fs::remove_file(&temporary)?;
    match linked {
        Ok(()) => sync_directory(target).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // A file system without links.
        Err(_) => {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
            file.write_all(content)?;
            file.sync_all()?;
            sync_directory(target).map(|()| true)
        }
    }
}

/// A new file that only its owner reads: the owner of `like`, where this process may give files away.
fn write_new(path: &Path, content: &[u8], like: Option<&fs::Metadata>) -> io::Result<()> {
    // One that a crash left may be somebody's hard link or have another mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    if let Some(like) = like
        && file.metadata().is_ok_and(|own| (own.uid(), own.gid()) != (like.uid(), like.gid()))
    {
        // Only root may; for everybody else the file simply becomes their own.
        let _ = fchown(&file, Some(like.uid()), Some(like.gid()));
    }
    file.write_all(content)?;
    file.sync_all()
}

/// Puts a file of the hub's own in place of any other of its name: only its owner reads it from its first byte, it is whole at
/// every moment, and durable when this returns. It gets the owner of `like`, as the settings do.
pub(super) fn put_own(path: &Path, content: &[u8], like: Option<&fs::Metadata>) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    write_new(&temporary, content, like)?;
    fs::rename(&temporary, path).inspect_err(|_| drop(fs::remove_file(&temporary)))?;
    sync_directory(path)
}

/// Removes a file of the hub's own. Durable when this returns; a file that is not there is no error.
pub(super) fn remove_own(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_directory(path)),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_saved_meanwhile_stays_and_the_writer_is_told() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("a.json");
        fs::write(&path, "theirs").expect("saved");

        let written = replace(&path, b"what was read", b"ours").expect("tried");

        assert_eq!(written, Written::Overtaken);
        assert_eq!(fs::read(&path).expect("read"), b"theirs");
        assert!(!beside(&path, "tmp").exists());
    }

    #[test]
    fn a_file_that_cannot_be_renamed_over_is_written_in_place() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("a.json");
        fs::write(&path, "a longer text than the new one").expect("saved");
        let inode = fs::metadata(&path).expect("metadata").ino();

        let refused = in_place(&path, b"another", b"new").expect("tried");
        let written = in_place(&path, b"a longer text than the new one", b"new").expect("written");

        assert_eq!((refused, written), (Written::Overtaken, Written::Yes));
        assert_eq!(fs::read(&path).expect("read"), b"new");
        assert_eq!(fs::metadata(&path).expect("metadata").ino(), inode);
        assert!(!beside(&path, "bak").exists());
        assert!(
            cannot_be_renamed(&rustix::io::Errno::BUSY.into()) && cannot_be_renamed(&rustix::io::Errno::XDEV.into())
        );
    }

    #[test]
    fn without_an_exchange_the_text_is_compared_right_before() {
        let directory = tempfile::tempdir().expect("directory");
        let (path, temporary) = (directory.path().join("a.json"), directory.path().join("t"));
        fs::write(&path, "theirs").expect("saved");
        fs::write(&temporary, "ours").expect("saved");

        let refused = compare_and_rename(&path, &temporary, b"read").expect("tried");
        let written = compare_and_rename(&path, &temporary, b"theirs").expect("written");

        assert_eq!((refused, written), (Written::Overtaken, Written::Yes));
        assert_eq!(fs::read(&path).expect("read"), b"ours");
    }

    #[test]
    fn a_file_that_is_there_is_not_made_again() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("a.json");

        assert!(create(&path, b"first").expect("made"));
        assert!(!create(&path, b"second").expect("there"));

        assert_eq!(fs::read(&path).expect("read"), b"first");
        assert_eq!(fs::metadata(&path).expect("metadata").mode() & 0o777, 0o600);
    }
}
