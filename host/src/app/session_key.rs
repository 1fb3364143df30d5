//! What lets client sessions outlive a restart: a key, derived from the one that seals logins where there is one, else the
//! hub's own in a file beside the settings; another file with the sessions that clients ended; and one with what clients set
//! in their sessions.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::parts::App;
use crate::gateway::{EndedIds, SessionKey, WishesFile};
use crate::random::Random;
use crate::regular;
use crate::settings::{SettingsError, SettingsFile};

/// How the file's name ends.
const ENDING: &str = "sessions";
/// How the name of the file with the sessions that clients ended ends.
const ENDED: &str = "sessions.ended";
/// The most bytes of that file.
const ENDED_BYTES: u64 = 4 * 1024 * 1024;
/// How the name of the file with what clients set in their sessions ends.
const WISHES: &str = "sessions.wishes";
/// What excludes other hubs while a file is made.
const LOCK: &str = "sessions.lock";
/// What the key that is derived is for.
const PURPOSE: &[u8] = b"mcphub sessions 1";
/// Bytes of a key.
const KEY: usize = 32;

impl App {
    /// From now on client sessions outlive a restart of the hub, unless the settings say otherwise. A hub that cannot keep a
    /// key serves all the same.
    pub async fn keep_sessions(&self) {
        if !self.in_force().loaded.settings.system.sessions.outlive_restarts() {
            return;
        }
        let (settings, random) = (self.settings.clone(), self.random.clone());
        let kept = async {
            let derived = self.key_for(PURPOSE).await.map_err(|error| error.to_string())?;
            let reading = move || {
                let key = derived.map_or_else(|| kept(&settings, &random), Ok)?;
                Ok((key, ended(&settings)?, wishes(settings)?))
            };
            let read = tokio::task::spawn_blocking(reading).await.map_err(|error| error.to_string())?;
            read.map_err(|error: SettingsError| error.to_string())
        };
        match kept.await {
            Ok((bytes, ended, wishes)) => {
                if let Some(key) = SessionKey::new(&bytes) {
                    self.gateway.keep_sessions(key, ended, Some(wishes));
                }
            }
            Err(sentence) => tracing::warn!("client sessions end when the hub is restarted: {sentence}"),
        }
    }
}

/// The key in the file; a new one where there is none that can be used.
fn kept(settings: &SettingsFile, random: &Random) -> Result<[u8; KEY], SettingsError> {
    let _among_processes = settings.lock_beside(LOCK)?;
    if let Some(key) = read(&settings.beside(ENDING)?, KEY as u64).and_then(|bytes| bytes.try_into().ok()) {
        return Ok(key);
    }
    let key = random.bytes::<KEY>();
    settings.put_beside(ENDING, &key)?;
    Ok(key)
}

/// The sessions that clients ended, by a file that further ones are written to. Without it they are only remembered.
fn ended(settings: &SettingsFile) -> Result<EndedIds, SettingsError> {
    let path = settings.beside(ENDED)?;
    if read(&path, ENDED_BYTES).is_none() {
        settings.put_beside(ENDED, b"")?;
    }
    let opened = regular::append_unlinked(&path).and_then(EndedIds::kept_in);
    Ok(opened.unwrap_or_else(|error| {
        tracing::warn!("{}: this file cannot be used ({error})", path.display());
        EndedIds::default()
    }))
}

/// The file with what clients set in their sessions, and what is in it.
fn wishes(settings: SettingsFile) -> Result<WishesFile, SettingsError> {
    let found = read(&settings.beside(WISHES)?, WishesFile::MAX_BYTES);
    Ok(WishesFile::beside(settings, WISHES, LOCK, found))
}

/// What is in a file that belongs to whoever owns the settings' place, and that nobody else can read.
fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    match read_own(path, limit) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!("{}: this file is not used and is replaced ({error})", path.display());
            None
        }
    }
}

fn read_own(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = regular::open_unlinked(path)?;
    let found = file.metadata()?;
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok()).map(|folder| folder.uid());
    let is_own = found.uid() == rustix::process::geteuid().as_raw() || Some(found.uid()) == folder;
    if !is_own || found.mode() & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may read or change it"));
    }
    regular::rest(file, limit)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::settings::Environment;

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_replaced_if_others_can_read_it() {
        let folder = tempfile::tempdir().expect("folder");
        let settings =
            SettingsFile::open(&folder.path().join("s.json"), Environment::of::<String, String>([])).expect("settings");
        let random = Random::system();

        let first = kept(&settings, &random).expect("a key");

        let path = settings.beside(ENDING).expect("path");
        assert_eq!(fs::metadata(&path).expect("file").mode() & 0o777, 0o600);
        assert_eq!(kept(&settings, &random).expect("a key"), first);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
        assert_ne!(kept(&settings, &random).expect("a key"), first);
        fs::write(&path, "short").expect("written");
        assert_ne!(kept(&settings, &random).expect("a key"), first);
    }

    #[test]
    fn the_file_of_ended_sessions_is_for_its_owner_alone_and_emptied_if_others_can_change_it() {
        let folder = tempfile::tempdir().expect("folder");
        let settings =
            SettingsFile::open(&folder.path().join("s.json"), Environment::of::<String, String>([])).expect("settings");
        let path = settings.beside(ENDED).expect("path");

        drop(ended(&settings).expect("ids"));

        assert_eq!(fs::metadata(&path).expect("file").mode() & 0o777, 0o600);
        fs::write(&path, "a\n").expect("written");
        drop(ended(&settings).expect("ids"));
        assert_eq!(fs::read(&path).expect("file"), b"a\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("permissions");
        drop(ended(&settings).expect("ids"));
        assert_eq!(fs::read(&path).expect("file"), b"");
    }
}
