//! Directories that people drop plugins into: what is new, changed or gone takes effect with the next look.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use crate::catalogue::{Added, Catalogue};
use crate::error::LoadError;
use crate::host::PluginHost;
use crate::plugin::{Origin, Plugin};

/// Files that are read and checked at a time.
const AT_A_TIME: usize = 4;

/// Says why a plugin must wait for a person's word before it serves; nothing: it need not.
pub type Judge = Arc<dyn Fn(Plugin) -> Pin<Box<dyn Future<Output = Vec<String>> + Send>> + Send + Sync>;

/// The directories, and what was seen in them.
pub struct Directories {
    host: PluginHost,
    catalogue: Catalogue,
    dirs: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, Stamp>,
}

/// Tells a file from what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Directories {
    /// These directories; one that is not there holds no plugins until it is.
    #[must_use]
    pub fn new(host: PluginHost, catalogue: Catalogue, dirs: Vec<PathBuf>) -> Self {
        Self { host, catalogue, dirs, seen: BTreeMap::new() }
    }

    /// The directories.
    #[must_use]
    pub fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// Looks at every `*.wasm`, in the order of names: loads what is new or changed, lets go of what is gone, and says so.
    /// A file that fails leaves what was loaded from it before serving. Gives how many files came to serve or went.
    pub async fn look(&mut self, judge: Option<&Judge>) -> usize {
        let mut found = BTreeMap::new();
        for dir in &self.dirs {
            found.extend(components(dir).await);
        }
        let gone: Vec<PathBuf> = self.seen.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
        let mut changes = gone.into_iter().filter(|path| self.forget(path)).count();
        let is_new = |(path, stamp): &(&PathBuf, &Stamp)| self.seen.get(*path) != Some(*stamp);
        let new: Vec<(PathBuf, Stamp)> =
            found.iter().filter(is_new).map(|(path, stamp)| (path.clone(), *stamp)).collect();
        for batch in new.chunks(AT_A_TIME) {
            let loading = batch.iter().cloned().map(|(path, stamp)| {
                let host = self.host.clone();
                ((path.clone(), stamp), tokio::spawn(async move { load_file(&host, &path).await }))
            });
            for ((path, stamp), loaded) in loading.collect::<Vec<_>>() {
                let panicked = |_| Err(LoadError::Unreadable { reason: "loading it panicked".to_owned() });
                self.seen.insert(path.clone(), stamp);
                changes += usize::from(self.take(path, loaded.await.unwrap_or_else(panicked), judge).await);
            }
        }
        changes
    }

    /// A file that is gone; whether it served. Others that wanted its id are looked at again.
    fn forget(&mut self, path: &Path) -> bool {
        self.seen.remove(path);
        let Some(plugin) = self.catalogue.remove(&Origin::File(path.to_owned())) else { return false };
        for rival in self.catalogue.rivals() {
            self.seen.remove(&rival);
        }
        let then =
            if self.catalogue.by_id(plugin.id()).is_some() { "the bundled one serves again" } else { "it is gone" };
        tracing::info!(plugin.id = plugin.id(), "plugin {}: {} was removed; {then}", plugin.id(), path.display());
        true
    }

    /// What came of a file; whether it serves.
    async fn take(&self, path: PathBuf, loaded: Result<Plugin, LoadError>, judge: Option<&Judge>) -> bool {
        let plugin = match loaded {
            Ok(plugin) => plugin,
            Err(error) => {
                tracing::warn!(plugin.origin = %path.display(), "{} {error}", path.display());
                self.catalogue.add_failed(Origin::File(path), error);
                return false;
            }
        };
        let reasons = match judge {
            Some(judge) => judge(plugin.clone()).await,
            None => Vec::new(),
        };
        if reasons.is_empty() {
            let added = self.catalogue.add(plugin.clone());
            return announce(&path, &plugin, &added, &self.catalogue.overrides(&plugin));
        }
        let id = plugin.id();
        let (why, over) = (reasons.join("; "), in_place_of(&plugin, &self.catalogue.overrides(&plugin)));
        tracing::warn!(
            plugin.id = id,
            "{plugin:#} waits to serve{over}: {why}. Let it serve with: mcphub plugins approve {id}"
        );
        self.catalogue.add_waiting(plugin, reasons);
        false
    }
}

/// Loads every `*.wasm` of a directory, and gives how many serve.
pub async fn load_directory(host: &PluginHost, catalogue: &Catalogue, dir: &Path) -> usize {
    Directories::new(host.clone(), catalogue.clone(), vec![dir.to_owned()]).look(None).await
}

/// Says what became of a file; whether it serves.
fn announce(path: &Path, plugin: &Plugin, added: &Added, overrides: &[String]) -> bool {
    let (id, over) = (plugin.id(), in_place_of(plugin, overrides));
    let path = path.display();
    match added {
        Added::New | Added::Overrides { .. } => tracing::info!(plugin.id = id, "{plugin:#} serves{over}"),
        Added::Replaces { .. } => {
            tracing::info!(plugin.id = id, "{plugin:#} serves{over}, and no longer what the file was before");
        }
        Added::Overridden { .. } => tracing::info!(plugin.id = id, "another plugin serves in place of {path}"),
        Added::Refused { sentence } => tracing::warn!(plugin.id = id, "{path} {sentence}"),
    }
    match added {
        Added::New | Added::Replaces { .. } | Added::Overrides { .. } => true,
        Added::Overridden { .. } | Added::Refused { .. } => false,
    }
}

/// ` in place of …`, or nothing.
fn in_place_of(plugin: &Plugin, overrides: &[String]) -> String {
    let name = |id: &String| if id == plugin.id() { "the bundled one".to_owned() } else { id.clone() };
    let names: Vec<String> = overrides.iter().map(name).collect();
    if names.is_empty() { String::new() } else { format!(" in place of {}", names.join(" and ")) }
}

async fn load_file(host: &PluginHost, path: &Path) -> Result<Plugin, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::Unreadable { reason: error.to_string() };
    let limit = host.file_bytes();
    let metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::Unreadable { reason: "it is not a regular file".to_owned() });
    }
    if usize::try_from(metadata.len()).map_or(true, |size| size > limit) {
        return Err(LoadError::TooLarge { limit });
    }
    let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
    host.load(Origin::File(path.to_owned()), bytes).await
}

/// Files of a directory that are named like components.
async fn components(dir: &Path) -> Vec<(PathBuf, Stamp)> {
    let Ok(mut entries) = tokio::fs::read_dir(dir).await else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let stamp = stamp(&path).await;
            found.push((path, stamp));
        }
    }
    found
}

/// What cannot be asked for is different from anything that can.
async fn stamp(path: &Path) -> Stamp {
    match tokio::fs::metadata(path).await {
        Ok(of) => Stamp { size: of.len(), modified: of.modified().ok(), inode: of.ino() },
        Err(_) => Stamp { size: 0, modified: None, inode: 0 },
    }
}
