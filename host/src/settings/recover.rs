//! What a crash may leave beside the settings, and what is done about it at the next start.

use std::fs;
use std::io;
use std::path::Path;

use super::document::{Document, OBTAINED};
use super::target::{MAX_BYTES, beside};
use super::write::in_place;
use crate::regular;

/// Repairs what a crash left. The caller must hold the lock. The log says what was done.
pub(super) fn recover(target: &Path) -> io::Result<()> {
    restore_backup(target)?;
    keep_displaced(target)
}

/// A crash during a write in place leaves half a file and the old content beside it.
fn restore_backup(target: &Path) -> io::Result<()> {
    let backup = beside(target, "bak");
    let Ok(old) = regular::read(&backup, MAX_BYTES) else {
        return Ok(());
    };
    let now = regular::read(target, MAX_BYTES)?;
    if document(&now).is_none() && document(&old).is_some() {
        in_place(target, &now, &old)?;
        tracing::warn!("{}: a write was cut off; the content from before it is back", target.display());
    }
    match fs::remove_file(&backup) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Keeps an edit that a crash left in the temporary file. A crash right after an exchange of names can leave one there
/// that was saved a moment before. It is one if the person's part of it differs from that of the file.
fn keep_displaced(target: &Path) -> io::Result<()> {
    let temporary = beside(target, "tmp");
    let Ok(left) = regular::read(&temporary, MAX_BYTES) else {
        return Ok(());
    };
    let part = |bytes: &[u8]| document(bytes).map(|document| persons_part(&document));
    let (theirs, now) = (part(&left), part(&regular::read(target, MAX_BYTES)?));
    if theirs.is_none() || theirs == now {
        return fs::remove_file(&temporary);
    }
    let kept = beside(target, "rescued");
    fs::rename(&temporary, &kept)?;
    tracing::warn!(
        "{}: the hub was killed during a write, and an edit from that moment may not be in the file; it is kept in {}",
        target.display(),
        kept.display()
    );
    Ok(())
}

fn document(bytes: &[u8]) -> Option<Document> {
    Document::parse(std::str::from_utf8(bytes).ok()?).ok()
}

fn persons_part(document: &Document) -> serde_json::Map<String, serde_json::Value> {
    let mut value = document.value();
    value.remove(OBTAINED);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("directory");
        for (name, content) in files {
            fs::write(directory.path().join(name), content).expect("written");
        }
        directory
    }

    fn names(directory: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory.path()).expect("listed");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn half_a_file_is_replaced_by_the_backup() {
        let directory = directory_with(&[("a.json", "{\"mcpSer"), (".a.json.bak", "{\"mcpServers\":{}}")]);
        let path = directory.path().join("a.json");

        recover(&path).expect("recovered");

        assert_eq!(fs::read_to_string(&path).expect("read"), "{\"mcpServers\":{}}");
        assert_eq!(names(&directory), ["a.json"]);
    }

    #[test]
    fn a_whole_file_is_not_replaced_by_the_backup() {
        let directory = directory_with(&[("a.json", "{\"new\":1}"), (".a.json.bak", "{}")]);
        let path = directory.path().join("a.json");

        recover(&path).expect("recovered");

        assert_eq!(fs::read_to_string(&path).expect("read"), "{\"new\":1}");
        assert_eq!(names(&directory), ["a.json"]);
    }

    #[test]
    fn an_unfinished_write_is_cleared_away() {
        for left in ["{\"mcpServers\":{}, \"obtai", "{\"mcpServers\":{}, \"obtained\": {}}"] {
            let directory = directory_with(&[("a.json", "{\"mcpServers\":{}}"), (".a.json.tmp", left)]);

            recover(&directory.path().join("a.json")).expect("recovered");

            assert_eq!(names(&directory), ["a.json"], "{left}");
        }
    }

    #[test]
    fn an_edit_that_a_crash_put_aside_is_kept() {
        let directory = directory_with(&[("a.json", "{\"obtained\":{}}"), (".a.json.tmp", "{\"mine\":1}")]);

        recover(&directory.path().join("a.json")).expect("recovered");

        assert_eq!(names(&directory), [".a.json.rescued", "a.json"]);
    }
}
