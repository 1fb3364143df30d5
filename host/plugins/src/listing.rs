//! What lies in the directories, without reading it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;

use crate::error::LoadError;
use crate::origin::Origin;

/// Files of one hub.
const FILES: usize = 500;

/// Tells a file from what it was before. The time of its last change of any kind counts: permissions may have been what was
/// wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

impl FileStamp {
    /// Of what cannot be asked for: different from anything that can.
    pub(crate) const NONE: Self = Self { size: 0, modified: (0, 0), changed: (0, 0), inode: 0 };

    fn of(path: &Path) -> Self {
        std::fs::metadata(path).map_or(Self::NONE, |of| Self {
            size: of.len(),
            modified: (of.mtime(), of.mtime_nsec()),
            changed: (of.ctime(), of.ctime_nsec()),
            inode: of.ino(),
        })
    }
}

/// Every `*.wasm`, and what hindered to see more.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: BTreeMap<PathBuf, FileStamp>,
    /// Sentences with a remedy.
    pub(crate) troubles: BTreeSet<String>,
}

impl Listing {
    /// Looks at the directories. Where one cannot be read, what was `seen` in it counts as being there still.
    pub(crate) async fn of(dirs: &[PathBuf], seen: &BTreeMap<PathBuf, FileStamp>) -> Self {
        let (dirs, known) = (dirs.to_vec(), seen.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let mut listing = Self::default();
            for dir in &dirs {
                listing.add(dir, &known);
            }
            listing
        });
        // It does not panic; if it is cancelled the runtime ends, and nothing is gone.
        looked.await.unwrap_or_else(|_| Self { files: seen.clone(), troubles: BTreeSet::new() })
    }

    fn add(&mut self, dir: &Path, seen: &BTreeMap<PathBuf, FileStamp>) {
        let components = match components(dir) {
            Ok(components) => components,
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => {
                self.troubles.insert(format!(
                    "{} cannot be read ({error}); what was loaded from it serves on. Make it readable for the hub",
                    Origin::File(dir.to_owned())
                ));
                self.files
                    .extend(seen.iter().filter(|(path, _)| path.parent() == Some(dir)).map(|(p, s)| (p.clone(), *s)));
                return;
            }
        };
        for path in components {
            if self.files.len() < FILES {
                let stamp = FileStamp::of(&path);
                self.files.insert(path, stamp);
            } else {
                self.troubles
                    .insert(format!("only the first {FILES} plugins are loaded; remove those that are not used"));
            }
        }
    }
}

/// Files of a directory that are named like components, in the order of their names.
fn components(dir: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found.insert(path);
        }
    }
    Ok(found)
}

/// The bytes of a regular file of at most `limit` bytes.
pub(crate) async fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: io::Error| LoadError::Unreadable { reason: error.to_string() };
    // A pipe would keep whoever opens it waiting.
    let metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::NoFile);
    }
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(bound).read_to_end(&mut bytes).await.map_err(unreadable)?;
    if bytes.len() > limit { Err(LoadError::TooLarge { limit }) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    async fn listed(dir: &Path, seen: &BTreeMap<PathBuf, FileStamp>) -> Listing {
        Listing::of(&[dir.to_owned()], seen).await
    }

    #[tokio::test]
    async fn what_is_not_a_directory_hides_nothing_that_was_seen_and_is_said() {
        let place = tempfile::tempdir().expect("a directory");
        let file = place.path().join("plugins");
        std::fs::write(&file, "no directory").expect("written");
        let seen = BTreeMap::from([(file.join("a.wasm"), FileStamp::NONE)]);

        let listing = listed(&file, &seen).await;

        assert_eq!(listing.files, seen);
        assert!(listing.troubles.iter().all(|told| told.contains("Make it readable")), "{listing:?}");
        assert_eq!(listing.troubles.len(), 1);
    }

    #[tokio::test]
    async fn a_directory_that_is_not_there_holds_nothing() {
        let place = tempfile::tempdir().expect("a directory");
        let seen = BTreeMap::from([(place.path().join("gone/a.wasm"), FileStamp::NONE)]);

        let listing = listed(&place.path().join("gone"), &seen).await;

        assert!(listing.files.is_empty() && listing.troubles.is_empty(), "{listing:?}");
    }

    #[tokio::test]
    async fn a_change_of_permissions_is_a_change() {
        let place = tempfile::tempdir().expect("a directory");
        let file = place.path().join("a.wasm");
        std::fs::write(&file, "same").expect("written");
        let before = listed(place.path(), &BTreeMap::new()).await.files;

        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("mode");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("mode");

        assert_ne!(listed(place.path(), &BTreeMap::new()).await.files, before);
    }

    #[tokio::test]
    async fn files_are_bounded_in_number_and_size() {
        let place = tempfile::tempdir().expect("a directory");
        for number in 0..=FILES {
            std::fs::write(place.path().join(format!("{number:04}.wasm")), "0123456789").expect("written");
        }

        let listing = listed(place.path(), &BTreeMap::new()).await;

        assert_eq!((listing.files.len(), listing.troubles.len()), (FILES, 1));
        let first = place.path().join("0000.wasm");
        assert!(matches!(read_file(&first, 9).await, Err(LoadError::TooLarge { limit: 9 })));
        assert_eq!(read_file(&first, 10).await.expect("bytes").len(), 10);
        assert!(matches!(read_file(place.path(), 10).await, Err(LoadError::NoFile)));
    }
}
