//! Edits made while the hub runs.
//!
//! The folder is watched, not the file, because saving often creates a new file. After a change the file is read once it has
//! been quiet for a moment. A file that is not valid leaves the last good settings in force and is reported once; the same holds
//! for the entry of one server. What the hub writes under `obtained` changes no settings and is not passed on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::fault::SettingsError;
use super::file::SettingsFile;
use super::loaded::Loaded;
use super::model::ServerEntry;
use super::system::System;

/// How long the file must be quiet.
const QUIET: Duration = Duration::from_millis(150);

/// Newly loaded settings, as long as this is held.
pub struct Watching {
    latest: watch::Receiver<Arc<Loaded>>,
    reading: JoinHandle<()>,
    stir: mpsc::Sender<()>,
    /// Held, so that it goes on.
    watcher: Option<notify::RecommendedWatcher>,
}

/// Has the file read again.
#[derive(Clone)]
pub struct Reread(mpsc::Sender<()>);

impl Reread {
    /// The file is read soon, as if it had just been saved.
    pub fn now(&self) {
        // Full: the reader knows already that there is something to read.
        let _ = self.0.try_send(());
    }
}

impl Watching {
    /// Begins to watch. `loaded` is what is in force now.
    pub fn start(file: &SettingsFile, loaded: Arc<Loaded>) -> Result<Self, SettingsError> {
        let not_watched = |error: &notify::Error| SettingsError::NotWatched {
            path: file.path().to_owned(),
            problem: error.to_string(),
        };
        let (stir, stirred) = mpsc::channel(1);
        let seen = Reread(stir.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                seen.now();
            }
        });
        let mut watcher = watcher.map_err(|error| not_watched(&error))?;
        for folder in folders(file)? {
            watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| not_watched(&error))?;
        }
        let mut watching = Self::on(file, loaded, stir, stirred);
        watching.watcher = Some(watcher);
        Ok(watching)
    }

    /// Follows the file only when [`Self::reread`] says so: for systems that cannot watch it.
    #[must_use]
    pub fn on_demand(file: &SettingsFile, loaded: Arc<Loaded>) -> Self {
        let (stir, stirred) = mpsc::channel(1);
        Self::on(file, loaded, stir, stirred)
    }

    fn on(file: &SettingsFile, loaded: Arc<Loaded>, stir: mpsc::Sender<()>, stirred: mpsc::Receiver<()>) -> Self {
        let (publish, latest) = watch::channel(loaded);
        let reading = tokio::spawn(read_on(file.clone(), stirred, publish));
        Self { latest, reading, stir, watcher: None }
    }

    /// What has the file read again.
    #[must_use]
    pub fn reread(&self) -> Reread {
        Reread(self.stir.clone())
    }

    /// The settings in force, and a way to wait for the next ones.
    #[must_use]
    pub fn latest(&self) -> watch::Receiver<Arc<Loaded>> {
        self.latest.clone()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// The folder of the file, and of the one that a link leads to.
fn folders(file: &SettingsFile) -> Result<Vec<PathBuf>, SettingsError> {
    let target = file.beside("tmp")?;
    let mut folders: Vec<PathBuf> =
        [file.path(), &target].iter().filter_map(|path| path.parent()).map(PathBuf::from).collect();
    folders.dedup();
    Ok(folders)
}

async fn read_on(file: SettingsFile, mut stirred: mpsc::Receiver<()>, publish: watch::Sender<Arc<Loaded>>) {
    let mut told = None;
    // The first look is for what was saved between loading and watching.
    loop {
        while let Ok(Some(())) = tokio::time::timeout(QUIET, stirred.recv()).await {}
        match load(&file).await {
            Ok(loaded) if loaded.fingerprint == publish.borrow().fingerprint => told = None,
            Ok(loaded) => {
                let loaded = keeping(loaded, &publish.borrow());
                tell(&loaded);
                publish.send_replace(Arc::new(loaded));
                told = None;
            }
            Err(problem) if told.as_ref() == Some(&problem) => {}
            Err(problem) => {
                tracing::error!("{problem}; the last good settings stay in force");
                told = Some(problem);
            }
        }
        if stirred.recv().await.is_none() {
            return;
        }
    }
}

async fn load(file: &SettingsFile) -> Result<Loaded, String> {
    let file = file.clone();
    let loaded = tokio::task::spawn_blocking(move || file.load()).await.map_err(|error| error.to_string())?;
    loaded.map_err(|error| error.to_string())
}

fn tell(loaded: &Loaded) {
    for fault in &loaded.faults {
        tracing::error!("{fault}");
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
}

/// Newly read settings; where a part of them is wrong that was right before, the one from before.
fn keeping(mut new: Loaded, before: &Loaded) -> Loaded {
    for (name, entry) in &mut new.settings.servers {
        if let (ServerEntry::Faulty(_), Some(ServerEntry::Usable(good))) = (&*entry, before.settings.servers.get(name))
        {
            let mut good = good.clone();
            if new.switched_off.contains(name) && good.enabled {
                // What somebody wants to be off does not go on because of a fault beside the switch.
                good.enabled = false;
                good.fingerprint = good.fingerprint.map(|byte| !byte);
            }
            *entry = ServerEntry::Usable(good);
        }
    }
    let of_system = |key: &str| key.starts_with("systemConfig") || key == "INSTALL_BASE_URL";
    if new.faults.iter().any(|fault| of_system(&fault.key)) {
        new.settings.system = System::clone(&before.settings.system);
    }
    if new.faults.iter().any(|fault| fault.key == "mcpServers") {
        new.settings.servers.clone_from(&before.settings.servers);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    #[tokio::test]
    async fn a_file_that_cannot_be_watched_is_read_when_somebody_says_so() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("mcp_settings.json");
        std::fs::write(&path, r#"{"mcpServers":{}}"#).expect("written");
        let file = SettingsFile::open(&path, Environment::default()).expect("opened");
        let watching = Watching::on_demand(&file, Arc::new(file.load().expect("loaded")));
        let mut latest = watching.latest();

        std::fs::write(&path, r#"{"mcpServers":{"a":{"url":"http://127.0.0.1:1/mcp"}}}"#).expect("written");
        watching.reread().now();

        tokio::time::timeout(Duration::from_secs(20), latest.changed()).await.expect("in time").expect("changed");
        assert!(latest.borrow().settings.servers.contains_key("a"));
    }
}
