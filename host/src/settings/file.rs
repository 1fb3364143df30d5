//! The settings file: read whole, changed as little as possible.
//!
//! A change takes a lock in this process and one among processes, reads the file again, changes the text, and puts the new
//! file in the old one's place (see `write.rs`). A link is followed: the file it names is changed, the link stays. Where the
//! file cannot be replaced because it is mounted by itself, as single files are in containers, it is written in place after
//! a backup was put beside it; mounting its folder instead is the safer way.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::document::{Document, InTheWay, NotADocument, OBTAINED};
use super::environment::Environment;
use super::fault::{SettingsError, SettingsFault};
use super::loaded::Loaded;
use super::lock::FileLock;
use super::place::{self, Unwritable};
use super::read::oauth::is_account;
use super::read::read;
use super::target::{beside, bytes_of, io_error, target_of};
use super::write::{self, Written};

/// The hub's own keys for clients, under [`OBTAINED`].
const KEYS: &str = "keys";
/// How often a change is repeated because another program saved meanwhile.
const ATTEMPTS: usize = 50;
/// How often and how long a file that makes no sense is looked at again: an editor may be in the middle of saving it.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The file, shared by everybody in this process.
#[derive(Clone)]
pub struct SettingsFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    environment: Environment,
    writing: Mutex<()>,
    /// How often this process has changed it.
    edits: AtomicU64,
    unwritable: Option<Unwritable>,
}

/// Tells two contents of the file apart, as far as the file system does: device, inode, length, time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u64; 3], [i64; 4]);

impl Stamp {
    /// Whether the last change is longer ago than this. One that the clock puts into the future is not.
    pub(crate) fn is_older(&self, than: Duration, now: SystemTime) -> bool {
        let Self(_, [mtime, _, ctime, _]) = self;
        let changed = u64::try_from(*mtime.max(ctime)).unwrap_or_default().saturating_add(1);
        now.duration_since(UNIX_EPOCH + Duration::from_secs(changed)).is_ok_and(|age| age > than)
    }
}

impl SettingsFile {
    /// Opens the file. A missing or empty file is filled, and what a crash left is repaired. A file in a place where
    /// nothing can be written is opened too, see [`Self::unwritable`].
    pub fn open(path: &Path, environment: Environment) -> Result<Self, SettingsError> {
        let path = std::path::absolute(path).map_err(|cause| io_error(path, "cannot be named", cause))?;
        let target = target_of(&path)?;
        let unwritable = place::prepare(&target)?;
        let file = Self(Arc::new(Inner {
            path,
            environment,
            writing: Mutex::default(),
            edits: AtomicU64::new(0),
            unwritable,
        }));
        file.bytes()?;
        Ok(file)
    }

    /// Why nothing can be changed, where that was found when the file was opened.
    #[must_use]
    pub fn unwritable(&self) -> Option<&Unwritable> {
        self.0.unwritable.as_ref()
    }

    /// How often this process has changed the file.
    #[must_use]
    pub fn edits(&self) -> u64 {
        self.0.edits.load(Ordering::Acquire)
    }

    /// The absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Reads the file. Faults in it are part of the result; an error means that it is not readable or not JSON.
    pub fn load(&self) -> Result<Loaded, SettingsError> {
        let document = self.parsed(&self.bytes()?)?;
        let mut value = document.value();
        // Of what the hub wrote itself, only its keys are settings.
        if let Some(keys) = value.remove(OBTAINED).and_then(|mut obtained| Some(obtained.get_mut(KEYS)?.take())) {
            value.insert(OBTAINED.to_owned(), serde_json::json!({ KEYS: keys }));
        }
        let fingerprint = Sha256::digest(Value::Object(value.clone()).to_string()).into();
        let mut loaded = read(&self.name(), &value, &self.0.environment, fingerprint);
        loaded.warnings.extend(document.repeated().into_iter().map(|key| self.twice(key)));
        Ok(loaded)
    }

    fn twice(&self, key: String) -> SettingsFault {
        let (rule, remedy) = ("stands twice, and only the last one counts", "take one out, or rename it");
        SettingsFault { file: self.name(), key, value: None, rule: rule.to_owned(), remedy: remedy.to_owned() }
    }

    /// A top-level member as it stands.
    pub fn section(&self, key: &str) -> Result<Option<Value>, SettingsError> {
        Ok(self.parsed(&self.bytes()?)?.section(key))
    }

    /// The bytes of the file as they are now.
    pub fn bytes(&self) -> Result<Vec<u8>, SettingsError> {
        bytes_of(self.path())
    }

    /// A stamp that changes with the content of the file.
    pub fn stamp(&self) -> Result<Stamp, SettingsError> {
        let found = fs::metadata(self.path()).map_err(|cause| io_error(self.path(), "cannot be read", cause))?;
        let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()];
        Ok(Stamp([found.dev(), found.ino(), found.len()], times))
    }

    /// Sets members of a server's `oauth`, as a person would; `inputs.x` is the member `x` of its `inputs`.
    pub fn set_oauth(&self, server: &str, members: &[(String, String)]) -> Result<(), SettingsError> {
        self.edit(|document| {
            if !document.has_object(&["mcpServers", server]) {
                return Err(SettingsError::NoServer { path: self.0.path.clone(), name: server.to_owned() });
            }
            for (key, value) in members {
                let base = ["mcpServers", server, "oauth"];
                let path = match key.strip_prefix("inputs.") {
                    Some(input) => [base.as_slice(), &["inputs", input]].concat(),
                    None => [base.as_slice(), &[key]].concat(),
                };
                let set = document.set(&path, &Value::from(value.as_str()));
                set.map_err(|way| self.in_the_way(way))?;
            }
            Ok(())
        })
    }

    /// Adds an account to a server's `oauth.accounts`, unless it is listed.
    pub fn add_account(&self, server: &str, account: &str) -> Result<(), SettingsError> {
        if !is_account(account) {
            return Err(SettingsError::NoAccount { name: account.to_owned() });
        }
        self.edit(|document| {
            if !document.has_object(&["mcpServers", server]) {
                return Err(SettingsError::NoServer { path: self.0.path.clone(), name: server.to_owned() });
            }
            let servers = document.section("mcpServers").unwrap_or_default();
            let listed = servers.get(server).and_then(|entry| entry.pointer("/oauth/accounts")).cloned();
            let mut accounts = listed.and_then(|listed| listed.as_array().cloned()).unwrap_or_default();
            if accounts.iter().any(|known| known == account) {
                return Ok(());
            }
            accounts.push(Value::from(account));
            let set = document.set(&["mcpServers", server, "oauth", "accounts"], &Value::Array(accounts));
            set.map_err(|way| self.in_the_way(way))
        })
    }

    /// Changes the file. The change is durable when this returns. `change` is called again, on a newer text, when
    /// another program saved meanwhile. Blocks.
    pub fn edit<T, E: From<SettingsError>>(
        &self,
        mut change: impl FnMut(&mut Document) -> Result<T, E>,
    ) -> Result<T, E> {
        let _in_this_process = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let target = self.target()?;
        let _among_processes = place::lock(&target)?;
        for _ in 0..ATTEMPTS {
            let (before, mut document) = self.settled()?;
            let changed = change(&mut document)?;
            let after = document.text();
            if after.as_bytes() == before {
                return Ok(changed);
            }
            if Document::parse(&after).is_err() {
                return Err(SettingsError::Broken { path: self.0.path.clone() }.into());
            }
            let written = write::replace(&target, &before, after.as_bytes());
            match written.map_err(|cause| io_error(self.path(), "cannot be written", cause))? {
                Written::Yes => {
                    self.0.edits.fetch_add(1, Ordering::Release);
                    return Ok(changed);
                }
                Written::Overtaken => {}
            }
        }
        Err(SettingsError::Contended { path: self.0.path.clone() }.into())
    }

    /// A change that would overwrite what the person wrote.
    #[must_use]
    pub fn in_the_way(&self, InTheWay(key): InTheWay) -> SettingsError {
        SettingsError::InTheWay { path: self.0.path.clone(), key }
    }

    /// A file of the hub's own beside the settings: `.mcp_settings.json.` and the ending.
    pub fn beside(&self, ending: &str) -> Result<PathBuf, SettingsError> {
        Ok(beside(&self.target()?, ending))
    }

    /// Waits for the lock among processes that a file of the hub's own beside the settings stands for. Blocks.
    pub fn lock_beside(&self, ending: &str) -> Result<FileLock, SettingsError> {
        place::lock_at(self.beside(ending)?)
    }

    /// Puts a file of the hub's own beside the settings, in place of any other: mode 0600 from its first byte, whole at every
    /// moment, durable when it returns. The caller excludes others. Blocks.
    pub fn put_beside(&self, ending: &str, content: &[u8]) -> Result<(), SettingsError> {
        let path = self.beside(ending)?;
        let written = write::put_own(&path, content, fs::metadata(&self.0.path).ok().as_ref());
        written.map_err(|cause| io_error(&path, "cannot be written", cause))
    }

    /// Removes a file of the hub's own beside the settings, if it is there. Durable when it returns. Blocks.
    pub fn remove_beside(&self, ending: &str) -> Result<(), SettingsError> {
        let path = self.beside(ending)?;
        write::remove_own(&path).map_err(|cause| io_error(&path, "cannot be removed", cause))
    }

    /// The file's text once it makes sense: an editor that truncates and writes is given a moment to finish.
    fn settled(&self) -> Result<(Vec<u8>, Document), SettingsError> {
        for _ in 1..LOOKS {
            let bytes = self.bytes()?;
            if let Ok(document) = self.parsed(&bytes) {
                return Ok((bytes, document));
            }
            std::thread::sleep(PAUSE);
        }
        let bytes = self.bytes()?;
        let document = self.parsed(&bytes)?;
        Ok((bytes, document))
    }

    fn target(&self) -> Result<PathBuf, SettingsError> {
        target_of(&self.0.path)
    }

    fn name(&self) -> String {
        self.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn parsed(&self, bytes: &[u8]) -> Result<Document, SettingsError> {
        let path = || self.path().to_owned();
        if is_utf16(bytes) {
            let problem = "it is UTF-16 text; save it as UTF-8".to_owned();
            return Err(SettingsError::NotJson { path: path(), problem });
        }
        let text = std::str::from_utf8(bytes);
        let text =
            text.map_err(|_| SettingsError::NotJson { path: path(), problem: "it is not UTF-8 text".to_owned() })?;
        Document::parse(text).map_err(|error| match error {
            NotADocument::Json(problem) => SettingsError::NotJson { path: path(), problem },
            NotADocument::NotAnObject => SettingsError::NotAnObject { path: path() },
        })
    }
}

/// By its mark, or by the zero beside its first character.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}
