//! The directory with the lists of all servers: a file for each. Only the person who runs the hub may read it.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::file::MAX_BYTES;
use super::identity::in_hex;

/// Characters of a server's name that its file's name begins with.
const SHOWN: usize = 40;

#[derive(Clone)]
pub(super) struct ListFiles(PathBuf);

impl ListFiles {
    /// Uses this directory. It is made when something is written.
    pub(super) const fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// The bytes of a server's file. `None` if there is none, or one that is too large or unreadable.
    pub(super) fn read(&self, server: &str) -> Option<Vec<u8>> {
        let file = fs::File::open(self.path(server)).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() <= MAX_BYTES).then_some(bytes)
    }

    /// Replaces a server's file, whole or not at all.
    pub(super) fn write(&self, server: &str, bytes: &[u8]) -> io::Result<()> {
        make_private(&self.0)?;
        // A temporary file is for its owner only, and so is what it becomes.
        let mut file = NamedTempFile::new_in(&self.0)?;
        file.write_all(bytes)?;
        file.persist(self.path(server))?;
        Ok(())
    }

    /// Removes a server's file, if there is one.
    pub(super) fn remove(&self, server: &str) {
        if let Err(error) = fs::remove_file(self.path(server))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(server.name = server, "the kept lists of {server} cannot be removed: {error}");
        }
    }

    /// A name can hold anything, also what no file may be called, so a digest tells names apart.
    fn path(&self, server: &str) -> PathBuf {
        let is_plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
        let shown: String = server.chars().filter(is_plain).take(SHOWN).collect();
        let digest = Sha256::digest(server.as_bytes());
        let digest = in_hex(digest.get(..8).unwrap_or_default());
        self.0.join(format!("{shown}-{digest}.json"))
    }
}

#[cfg(unix)]
fn make_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // It may have been there, with other permissions.
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_has_a_file_of_its_own_in_the_directory() {
        let directory = tempfile::tempdir().expect("directory");
        let files = ListFiles::at(directory.path().join("lists"));
        let names = ["a", "A", "../a", "a/b", "", "地图", "地国", &"n".repeat(1000)];

        for name in names {
            files.write(name, name.as_bytes()).expect("written");
        }

        for name in names {
            assert_eq!(files.read(name).as_deref(), Some(name.as_bytes()));
        }
        assert_eq!(fs::read_dir(directory.path()).expect("directory").count(), 1);
        files.remove("a");
        files.remove("a");
        assert!(files.read("a").is_none() && files.read("A").is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().expect("directory");
        let files = ListFiles::at(directory.path().join("lists"));
        files.write("a", b"x").expect("written");

        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&files.0), mode(&files.path("a"))), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let directory = tempfile::tempdir().expect("directory");
        let files = ListFiles::at(directory.path().to_owned());
        files.write("a", &vec![b' '; MAX_BYTES + 1]).expect("written");

        assert!(files.read("a").is_none());
    }
}
