//! What is kept of components from one start to the next: their machine code, and what they said of themselves.
//!
//! Both are named by the digest of the component. The directory is the hub's own: code that lies there is run as it is. A
//! file is put there whole and never changed afterwards, so that it can be mapped into memory instead of read.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::HostError;
use crate::limits::Limits;
use crate::load::Answers;

/// Files in the directory. Beyond that the oldest make room.
const FILES: usize = 1_000;
/// Endings of machine code, and of what a component said.
const CODE: &str = "code";
const SAID: &str = "json";

/// The directory of kept files. A file that cannot be read or does not fit counts as not there.
pub(crate) struct Kept {
    directory: PathBuf,
    /// The program and the limits that what a component said was found with.
    under: String,
    written: AtomicU64,
}

/// What is known of a component that was loaded once: all that decides which servers it serves.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// What asking for the answers cost.
    pub(crate) fuel: u64,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) answers: Answers,
}

/// The facts as they are written.
#[derive(Serialize, Deserialize)]
struct Note<F> {
    under: String,
    facts: F,
}

impl Facts {
    /// The facts as they are kept.
    pub(crate) fn written(&self) -> Option<Box<RawValue>> {
        serde_json::value::to_raw_value(self).ok()
    }
}

impl Kept {
    /// Keeps things in this directory, which is made and taken from everybody but its owner.
    pub(crate) fn open(directory: &Path, limits: &Limits) -> Result<Self, HostError> {
        let refused = |source| HostError::CacheDirectory { path: directory.to_owned(), source };
        private_directory(directory).map_err(refused)?;
        let directory = directory.canonicalize().map_err(refused)?;
        Ok(Self { directory, under: format!("{} {limits:?}", program()), written: AtomicU64::new(0) })
    }

    /// What the component of this digest said, if this very program heard it under these limits.
    pub(crate) fn facts(&self, sha256: &str) -> Option<Facts> {
        let text = fs::read(self.path(sha256, SAID)).ok()?;
        let note: Note<Facts> = serde_json::from_slice(&text).ok()?;
        (note.under == self.under).then_some(note.facts)
    }

    /// Keeps what a component said, as it is [written](Facts::written). Where that is impossible it is asked again at the
    /// next start.
    pub(crate) fn keep_facts(&self, sha256: &str, written: Box<RawValue>) {
        let note = Note { under: self.under.clone(), facts: written };
        let kept = serde_json::to_vec(&note).map_err(io::Error::from).and_then(|text| self.put(sha256, SAID, &text));
        if let Err(error) = kept {
            self.complain(&error);
        }
    }

    /// The code of the component of this digest, if this engine made it. It is mapped, and read where it is run.
    pub(crate) fn code(&self, engine: &Engine, sha256: &str) -> Option<Component> {
        let path = self.path(sha256, CODE);
        if !path.is_file() {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "what is mapped must be code that this engine wrote and that nobody changes: the directory is the hub's own, and files are put there whole"
        )]
        let code = unsafe { Component::deserialize_file(engine, path) };
        code.ok()
    }

    /// Keeps the code of a component. Whether that was possible.
    pub(crate) fn keep_code(&self, sha256: &str, component: &Component) -> bool {
        let code = component.serialize().map_err(|error| io::Error::other(error.to_string()));
        let kept = code.and_then(|code| self.put(sha256, CODE, &code));
        kept.inspect_err(|error| self.complain(error)).is_ok()
    }

    fn path(&self, sha256: &str, ending: &str) -> PathBuf {
        self.directory.join(format!("{sha256}.{ending}"))
    }

    /// Puts a file in place of any other of its name, whole at every moment.
    fn put(&self, sha256: &str, ending: &str, content: &[u8]) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.directory.join(format!("{sha256}.{ending}.{}-{number}", std::process::id()));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(content)?;
            // Half a file with a whole file's name, after a power failure, would be run.
            file.sync_data()
        });
        let put = written.and_then(|()| fs::rename(&unfinished, self.path(sha256, ending)));
        if put.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        put.and_then(|()| self.make_room())
    }

    /// Takes the oldest files out where there are too many. Who has mapped one keeps it.
    fn make_room(&self) -> io::Result<()> {
        let files = fs::read_dir(&self.directory)?.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        let files: Vec<PathBuf> = files.collect();
        let excess = files.len().saturating_sub(FILES);
        if excess == 0 {
            return Ok(());
        }
        let age = |path: &PathBuf| path.metadata().and_then(|found| found.modified()).unwrap_or(UNIX_EPOCH);
        let mut by_age: Vec<_> = files.into_iter().map(|path| (age(&path), path)).collect();
        by_age.sort();
        by_age.into_iter().take(excess).try_for_each(|(_, path)| fs::remove_file(path))
    }

    fn complain(&self, error: &io::Error) {
        tracing::warn!("a compiled plugin cannot be kept in {}: {error}", self.directory.display());
    }
}

/// Tells this program from every other one, an older build of the same version included: what it refuses may be another thing.
fn program() -> String {
    let file = std::env::current_exe().and_then(fs::metadata);
    let stamp =
        file.map(|file| (file.len(), file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok())));
    format!("{} {:?}", env!("CARGO_PKG_VERSION"), stamp.ok())
}

/// Makes the directory, and takes it from everyone but its owner.
fn private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    #[cfg(unix)]
    fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_cache_directory_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let directory = parent.path().join("state").join("compiled");
        std::fs::create_dir_all(&directory).expect("directory");
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).expect("mode");

        Kept::open(&directory, &Limits::default()).expect("a directory");

        let mode = directory.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_cache_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");

        let error = Kept::open(&file.path().join("below"), &Limits::default()).err().expect("a file is no directory");

        assert!(error.to_string().contains("below"), "{error}");
    }

    #[test]
    fn the_oldest_files_make_room() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let kept = Kept::open(directory.path(), &Limits::default()).expect("a directory");
        for number in 0..FILES {
            let file = File::create(directory.path().join(format!("{number}.code"))).expect("a file");
            let age = std::time::Duration::from_secs(u64::try_from(number).expect("a number"));
            file.set_modified(UNIX_EPOCH + age).expect("a time");
        }

        kept.put("new", CODE, b"code").expect("put");

        assert!(!directory.path().join("0.code").exists());
        assert!(directory.path().join("1.code").exists() && directory.path().join("new.code").exists());
    }
}
