//! The settings file: read whole, changed as little as possible.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::document::{Document, NotADocument};
use super::environment::Environment;
use super::fault::{SettingsError, SettingsFault};
use super::model::Settings;
use super::read::read;
use super::write::{self, Written};

/// What a new file holds.
const EMPTY: &str = "{\n  \"mcpServers\": {}\n}\n";
/// How often a change is made again because somebody else saved meanwhile.
const ATTEMPTS: usize = 50;

/// The file, shared by everybody in this process.
#[derive(Clone)]
pub struct SettingsFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    environment: Environment,
    writing: Mutex<()>,
}

/// What the file says.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Everything that is wrong.
    pub faults: Vec<SettingsFault>,
    /// What is probably a slip.
    pub warnings: Vec<SettingsFault>,
}

impl SettingsFile {
    /// Opens the file; a missing one is made.
    pub fn open(path: &Path, environment: Environment) -> Result<Self, SettingsError> {
        let absolute = std::path::absolute(path).map_err(|source| io_error(path, "cannot be named", source))?;
        if !absolute.exists() {
            write::write_new(&absolute, EMPTY.as_bytes())
                .map_err(|source| io_error(&absolute, "cannot be made", source))?;
        }
        Ok(Self(Arc::new(Inner { path: absolute, environment, writing: Mutex::default() })))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Reads it.
    pub fn load(&self) -> Result<Loaded, SettingsError> {
        let outcome = read(&self.document()?.value(), &self.0.environment);
        Ok(Loaded { settings: outcome.settings, faults: outcome.faults, warnings: outcome.warnings })
    }

    /// A top-level member as it stands.
    pub fn section(&self, key: &str) -> Result<Option<Value>, SettingsError> {
        Ok(self.document()?.section(key))
    }

    /// When it changed last, as far as the file system tells: length, time, inode.
    pub fn stamp(&self) -> Result<(u64, i64, i64, u64), SettingsError> {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(self.path()).map_err(|source| io_error(self.path(), "cannot be read", source))?;
        Ok((metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ino()))
    }

    /// Sets members of a server's `oauth`, as a person would.
    pub fn set_oauth(&self, server: &str, members: &[(String, String)]) -> Result<(), SettingsError> {
        let mut found = true;
        self.edit(|document| found = document.set_oauth(server, members))?;
        if found { Ok(()) } else { Err(SettingsError::NoServer(server.to_owned())) }
    }

    /// Changes the file. `change` may be called again, on a newer text, when somebody saved meanwhile.
    pub fn edit(&self, mut change: impl FnMut(&Document)) -> Result<(), SettingsError> {
        let _in_this_process = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let _among_processes = self.lock("lock")?;
        for _ in 0..ATTEMPTS {
            let before = self.bytes()?;
            let document = self.parsed(&before)?;
            change(&document);
            let after = document.text();
            if after.as_bytes() == before {
                return Ok(());
            }
            let written = write::replace(self.path(), &before, after.as_bytes());
            match written.map_err(|source| io_error(self.path(), "cannot be written", source))? {
                Written::Yes => return Ok(()),
                Written::Overtaken => {}
            }
        }
        Err(SettingsError::Contended { path: self.path().to_owned() })
    }

    /// A lock among processes, on a file beside the settings; waits, and is let go when dropped.
    pub fn lock(&self, name: &str) -> Result<File, SettingsError> {
        let path = write::beside(self.path(), name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|source| io_error(&path, "cannot be opened", source))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
            .map_err(|source| io_error(&path, "cannot be locked", source.into()))?;
        Ok(file)
    }

    fn document(&self) -> Result<Document, SettingsError> {
        self.parsed(&self.bytes()?)
    }

    fn bytes(&self) -> Result<Vec<u8>, SettingsError> {
        fs::read(self.path()).map_err(|source| io_error(self.path(), "cannot be read", source))
    }

    fn parsed(&self, bytes: &[u8]) -> Result<Document, SettingsError> {
        let path = || self.path().to_owned();
        let text = std::str::from_utf8(bytes);
        let text =
            text.map_err(|_| SettingsError::NotJson { path: path(), problem: "it is not UTF-8 text".to_owned() })?;
        let text = if text.trim().is_empty() { EMPTY } else { text };
        Document::parse(text).map_err(|error| match error {
            NotADocument::Json(problem) => SettingsError::NotJson { path: path(), problem },
            NotADocument::NotAnObject => SettingsError::NotAnObject { path: path() },
        })
    }
}

fn io_error(path: &Path, action: &'static str, source: io::Error) -> SettingsError {
    SettingsError::Io { path: path.to_owned(), action, source }
}
