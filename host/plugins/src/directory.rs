//! Directories that people drop plugins into: what is new, changed or gone takes effect with the next look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::catalogue::{Added, Catalogue};
use crate::error::LoadError;
use crate::host::PluginHost;
use crate::listing::{FileStamp, Listing, read_file};
use crate::origin::Origin;
use crate::plugin::Plugin;

/// Files that are read and checked at a time.
const AT_A_TIME: usize = 4;

/// Decides on plugins from files. What one would take over is known by the hub's logins, not here.
#[async_trait]
pub trait Judge: Send + Sync {
    /// Whether exactly these bytes were let serve before.
    async fn knows(&self, plugin: &Plugin) -> bool;
    /// Why it must wait for a person's word before it serves; nothing: it may, and that is remembered.
    async fn reasons_to_wait(&self, plugin: &Plugin) -> Vec<String>;
    /// Its file is gone: should it come again, it is judged anew.
    async fn forget(&self, plugin: &Plugin);
}

/// The directories, and what was seen in them.
pub struct Directories {
    host: PluginHost,
    catalogue: Catalogue,
    dirs: Vec<PathBuf>,
    judge: Option<Arc<dyn Judge>>,
    /// What each file was when it was last loaded.
    seen: BTreeMap<PathBuf, FileStamp>,
    /// What is different from that, and may still be being written.
    stirring: BTreeMap<PathBuf, FileStamp>,
    /// Files that are no longer there, and whose plugins still serve: they may have been moved.
    missing: BTreeSet<PathBuf>,
    loading: JoinSet<LoadedFile>,
    reading: Arc<Semaphore>,
    troubles: BTreeSet<String>,
}

/// What came of a file.
pub(crate) struct LoadedFile {
    path: PathBuf,
    stamp: FileStamp,
    result: Result<Plugin, LoadError>,
}

impl Directories {
    /// These directories; one that is not there holds no plugins until it is. Without a judge every plugin may serve.
    #[must_use]
    pub fn new(host: PluginHost, catalogue: Catalogue, dirs: Vec<PathBuf>, judge: Option<Arc<dyn Judge>>) -> Self {
        if judge.is_some() {
            catalogue.judge();
        }
        Self {
            host,
            catalogue,
            dirs,
            judge,
            seen: BTreeMap::new(),
            stirring: BTreeMap::new(),
            missing: BTreeSet::new(),
            loading: JoinSet::new(),
            reading: Arc::new(Semaphore::new(AT_A_TIME)),
            troubles: BTreeSet::new(),
        }
    }

    /// Looks at every `*.wasm` and waits for what comes of it: loads what is new or changed, lets go of what is gone, and
    /// says so. A file that fails leaves what was loaded from it before serving. Gives how many files came to serve or
    /// went. Of two with one id, the one that served before comes first, then the one whose name does.
    pub async fn look(&mut self) -> usize {
        let mut changes = 0;
        // What was refused because of a file that is gone is looked at once more.
        for _ in 0..2 {
            self.list(false).await;
            let mut loaded = Vec::new();
            while let Some(one) = self.next_loaded().await {
                loaded.push((!self.knows(&one).await, one));
            }
            loaded.sort_by(|(unknown, a), (other, b)| (unknown, &a.path).cmp(&(other, &b.path)));
            for (_, one) in loaded {
                changes += usize::from(self.take(one).await);
            }
            changes += self.let_go().await;
        }
        changes
    }

    /// The same without waiting: files that stay as they are until the next glance begin to be loaded. Gives how many went.
    pub(crate) async fn glance(&mut self) -> usize {
        self.list(true).await;
        // A file that was moved serves from its new place before it is missed at its old one.
        if self.stirring.is_empty() && self.loading.is_empty() { self.let_go().await } else { 0 }
    }

    /// The next file that was loaded; none: none is being loaded.
    pub(crate) async fn next_loaded(&mut self) -> Option<LoadedFile> {
        // Whoever waits for the work does not panic, and nobody cancels it but the end of the hub.
        self.loading.join_next().await?.ok()
    }

    /// What came of a file; whether it serves now.
    pub(crate) async fn take(&mut self, LoadedFile { path, stamp, result }: LoadedFile) -> bool {
        if self.seen.get(&path) != Some(&stamp) {
            // It has changed again meanwhile, or is gone.
            return false;
        }
        match result {
            Ok(plugin) => self.admit(path, plugin).await,
            Err(error) => {
                tracing::warn!(plugin.origin = %Origin::File(path.clone()), "{} {error}", Origin::File(path.clone()));
                self.catalogue.add_failed(Origin::File(path), error);
                false
            }
        }
    }

    /// Lets a plugin serve, or says why it does not.
    async fn admit(&mut self, path: PathBuf, plugin: Plugin) -> bool {
        let rival = self.catalogue.rival(&plugin);
        let moved_from = rival.filter(|rival| self.missing.contains(rival));
        if moved_from.is_none()
            && let Some(sentence) = self.catalogue.refuse_rival(&plugin)
        {
            tracing::warn!(plugin.id = plugin.id(), "{} {sentence}", plugin.origin());
            return false;
        }
        let reasons = match &self.judge {
            Some(judge) => judge.reasons_to_wait(&plugin).await,
            None => Vec::new(),
        };
        if !reasons.is_empty() {
            self.hold(plugin, reasons);
            return false;
        }
        if let Some(old) = moved_from {
            self.missing.remove(&old);
            self.catalogue.remove(&Origin::File(old));
        }
        let before = self.catalogue.from(&Origin::File(path));
        let added = self.catalogue.add(plugin.clone());
        if before.is_some_and(|before| before.id() != plugin.id()) {
            self.look_at_rivals_again();
        }
        announce(&plugin, &added, &self.catalogue.overrides(&plugin))
    }

    fn hold(&self, plugin: Plugin, reasons: Vec<String>) {
        let (id, why) = (plugin.id(), reasons.join("; "));
        let over = in_place_of(&plugin, &self.catalogue.overrides(&plugin));
        tracing::warn!(
            plugin.id = id,
            "{plugin:#} waits to serve{over}: {why}. Look at it and let it serve with: mcphub plugins approve {id}"
        );
        self.catalogue.add_waiting(plugin, reasons);
    }

    /// Finds out what is there. With `settle`, a file is loaded once it is as it was at the last look.
    async fn list(&mut self, settle: bool) {
        let listing = Listing::of(&self.dirs, &self.seen).await;
        for trouble in listing.troubles.difference(&self.troubles) {
            tracing::warn!("{trouble}");
        }
        self.troubles = listing.troubles;
        let found = listing.files;
        self.missing = self.seen.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
        self.stirring.retain(|path, _| found.contains_key(path));
        for (path, stamp) in found {
            if self.seen.get(&path) == Some(&stamp) {
                self.stirring.remove(&path);
            } else if settle && self.stirring.get(&path) != Some(&stamp) {
                self.stirring.insert(path, stamp);
            } else {
                self.stirring.remove(&path);
                self.load(path, stamp);
            }
        }
    }

    fn load(&mut self, path: PathBuf, stamp: FileStamp) {
        self.seen.insert(path.clone(), stamp);
        let (host, reading) = (self.host.clone(), self.reading.clone());
        let file = path.clone();
        let work = tokio::spawn(async move {
            // It is never closed.
            let _turn = reading.acquire_owned().await;
            let bytes = read_file(&file, host.file_bytes()).await?;
            host.load(Origin::File(file), bytes).await
        });
        // A file at which loading panics is one that failed, and is shown as such.
        let panicked = |_| Err(LoadError::Uncompilable { reason: "loading it panicked".to_owned() });
        self.loading.spawn(async move { LoadedFile { path, stamp, result: work.await.unwrap_or_else(panicked) } });
    }

    async fn knows(&self, loaded: &LoadedFile) -> bool {
        match (&self.judge, &loaded.result) {
            (Some(judge), Ok(plugin)) => judge.knows(plugin).await,
            (Some(_), Err(_)) | (None, _) => false,
        }
    }

    /// Files that are gone; how many of them served.
    async fn let_go(&mut self) -> usize {
        let mut served = 0;
        for path in std::mem::take(&mut self.missing) {
            served += usize::from(self.forget(&path).await);
        }
        served
    }

    /// A file that is gone; whether it served. Others that wanted its id are looked at again.
    async fn forget(&mut self, path: &Path) -> bool {
        self.seen.remove(path);
        let origin = Origin::File(path.to_owned());
        let removed = self.catalogue.remove(&origin);
        if removed.served.is_some() || removed.waited {
            self.look_at_rivals_again();
        }
        let Some(plugin) = removed.served else {
            tracing::info!("{origin} was removed; it did not serve");
            return false;
        };
        if let Some(judge) = &self.judge {
            judge.forget(&plugin).await;
        }
        let then =
            if self.catalogue.by_id(plugin.id()).is_some() { "the bundled one serves again" } else { "it is gone" };
        tracing::info!(plugin.id = plugin.id(), "{plugin:#} was removed; {then}");
        true
    }

    /// Those that were refused because another file had their id.
    fn look_at_rivals_again(&mut self) {
        for rival in self.catalogue.rivals() {
            self.seen.remove(&rival);
        }
    }
}

/// Loads every `*.wasm` of a directory, and gives how many serve.
pub async fn load_directory(host: &PluginHost, catalogue: &Catalogue, dir: &Path) -> usize {
    Directories::new(host.clone(), catalogue.clone(), vec![dir.to_owned()], None).look().await
}

/// Says what became of a plugin; whether it serves.
fn announce(plugin: &Plugin, added: &Added, overrides: &[String]) -> bool {
    let (id, over) = (plugin.id(), in_place_of(plugin, overrides));
    match added {
        Added::New | Added::Overrides { .. } => tracing::info!(plugin.id = id, "{plugin:#} serves{over}"),
        Added::Replaces { .. } => {
            tracing::info!(plugin.id = id, "{plugin:#} serves{over}, and no longer what the file was before");
        }
        Added::Overridden { .. } => {
            tracing::info!(plugin.id = id, "another plugin serves in place of {}", plugin.origin());
        }
        Added::Refused { sentence } => tracing::warn!(plugin.id = id, "{} {sentence}", plugin.origin()),
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
