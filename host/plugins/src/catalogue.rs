//! Every plugin that the hub knows, and which one serves a server.

mod choose;
mod entry;
mod overrides;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::LoadError;
use crate::origin::Origin;
use crate::plugin::Plugin;

pub use choose::{ChooseError, Chosen};
pub use entry::{Added, Approved, CatalogueEntry, Removed};

/// All plugins. Cheap to clone; its lock is never held while a plugin runs.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(Arc<RwLock<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    plugins: Vec<Plugin>,
    failed: Vec<(Origin, LoadError)>,
    waiting: Vec<(Plugin, Vec<String>)>,
    /// Whether a plugin from a file needs somebody's word.
    is_judged: bool,
}

impl Catalogue {
    /// A catalogue without any plugin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin. One from the same file gives way to it, calls in flight excepted; a dropped-in one wins over a
    /// bundled one of its id; of two files with one id the first stays.
    #[expect(clippy::must_use_candidate, reason = "what became of it is in the entries too")]
    pub fn add(&self, plugin: Plugin) -> Added {
        self.change(|shelf| shelf.add(plugin))
    }

    /// Remembers a file that could not be loaded. What was loaded from it before goes on serving.
    pub fn add_failed(&self, origin: Origin, error: LoadError) {
        self.change(|shelf| shelf.fail(origin, error));
    }

    /// Remembers a plugin that a person must let serve, and why. What was loaded from its file before goes on serving.
    pub fn add_waiting(&self, plugin: Plugin, reasons: Vec<String>) {
        self.change(|shelf| {
            shelf.clear(plugin.origin());
            shelf.waiting.push((plugin, reasons));
        });
    }

    /// Takes a plugin that serves out again, until a person lets it serve; whether it did serve. What is bundled under its id
    /// serves in its place.
    #[must_use]
    pub fn withdraw(&self, plugin: &Plugin, reasons: Vec<String>) -> bool {
        self.change(|shelf| {
            let is_it = |other: &Plugin| other.origin() == plugin.origin() && other.sha256() == plugin.sha256();
            let Some(place) = shelf.plugins.iter().position(is_it) else { return false };
            let plugin = shelf.plugins.remove(place);
            shelf.waiting.push((plugin, reasons));
            true
        })
    }

    /// Remembers why a plugin that serves must not serve a further server before a person has said so. It goes on with the
    /// others. Gives whether that is news.
    #[must_use]
    pub fn hold_back(&self, plugin: &Plugin, reason: String) -> bool {
        let is_it = |other: &Plugin| other.origin() == plugin.origin() && other.sha256() == plugin.sha256();
        self.change(|shelf| match shelf.waiting.iter_mut().find(|(other, _)| is_it(other)) {
            Some((_, reasons)) if reasons.contains(&reason) => false,
            Some((_, reasons)) => {
                reasons.push(reason);
                true
            }
            None => {
                shelf.waiting.push((plugin.clone(), vec![reason]));
                true
            }
        })
    }

    /// The plugin of this id and digest that waits for somebody's word.
    #[must_use]
    pub fn waiting(&self, id: &str, sha256: &str) -> Option<Plugin> {
        let is_it = |plugin: &&Plugin| plugin.id() == id && plugin.sha256() == sha256;
        self.read(|shelf| shelf.waiting.iter().map(|(plugin, _)| plugin).find(is_it).cloned())
    }

    /// Lets the plugin of this id serve that waits, if its file is the one with this digest: what a person looked at is what
    /// comes to serve.
    pub fn approve(&self, id: &str, sha256: &str) -> Approved {
        self.change(|shelf| {
            let of_id = |(plugin, _): &&(Plugin, Vec<String>)| plugin.id() == id;
            let is_it = |(plugin, _): &(Plugin, Vec<String>)| plugin.id() == id && plugin.sha256() == sha256;
            let Some(place) = shelf.waiting.iter().position(is_it) else {
                let other = shelf.waiting.iter().find(of_id).map(|(other, _)| other.sha256().to_owned());
                return other.map_or(Approved::NoneWaits, |sha256| Approved::OtherFile { sha256 });
            };
            let (plugin, _) = shelf.waiting.remove(place);
            let added = shelf.add(plugin.clone());
            Approved::Yes(plugin, added)
        })
    }

    /// From now on plugins from files need somebody's word.
    pub(crate) fn judge(&self) {
        self.change(|shelf| shelf.is_judged = true);
    }

    /// Whether a plugin from a file needs somebody's word.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.read(|shelf| shelf.is_judged)
    }

    /// Forgets what is of a file, and gives what that was.
    #[expect(clippy::must_use_candidate, reason = "that it is gone is what counts")]
    pub fn remove(&self, origin: &Origin) -> Removed {
        self.change(|shelf| {
            let waited = shelf.clear(origin);
            let place = shelf.plugins.iter().position(|plugin| plugin.origin() == origin);
            Removed { served: place.map(|place| shelf.plugins.remove(place)), waited }
        })
    }

    /// The plugin that serves from this file.
    #[must_use]
    pub fn from(&self, origin: &Origin) -> Option<Plugin> {
        self.read(|shelf| shelf.plugins.iter().find(|plugin| plugin.origin() == origin).cloned())
    }

    /// Another file that has the id of a plugin from a file already, whether it serves or waits.
    pub(crate) fn rival(&self, plugin: &Plugin) -> Option<PathBuf> {
        self.read(|shelf| shelf.rival(plugin))
    }

    /// Refuses a plugin that has a rival, and says so; nothing: it has none.
    pub(crate) fn refuse_rival(&self, plugin: &Plugin) -> Option<String> {
        self.change(|shelf| shelf.refuse_rival(plugin))
    }

    /// A catalogue as this one would be with another plugin.
    #[must_use]
    pub fn with(&self, plugin: Plugin) -> Self {
        let plugins = self.read(|shelf| shelf.plugins.clone());
        let other = Self(Arc::new(RwLock::new(Shelf { plugins, ..Shelf::default() })));
        other.add(plugin);
        other
    }

    /// A catalogue as this one would be without a plugin.
    #[must_use]
    pub fn without(&self, plugin: &Plugin) -> Self {
        let plugins = self.read(|shelf| shelf.plugins.clone());
        let plugins = plugins.into_iter().filter(|other| other.origin() != plugin.origin() || is_bundled(other));
        Self(Arc::new(RwLock::new(Shelf { plugins: plugins.collect(), ..Shelf::default() })))
    }

    /// Whether a plugin of this id waits for somebody's word.
    pub(crate) fn waits(&self, id: &str) -> bool {
        self.read(|shelf| shelf.waiting.iter().any(|(plugin, _)| plugin.id() == id))
    }

    /// Files that were refused because another one has their id.
    pub(crate) fn rivals(&self) -> Vec<PathBuf> {
        let file = |(origin, error): &(Origin, LoadError)| match (origin, error) {
            (Origin::File(path), LoadError::SameId { .. }) => Some(path.clone()),
            _ => None,
        };
        self.read(|shelf| shelf.failed.iter().filter_map(file).collect())
    }

    /// Everything, by id, then what failed: what a person is shown.
    #[must_use]
    pub fn entries(&self) -> Vec<CatalogueEntry> {
        let plugins = self.plugins();
        let (waiting, failed) = self.read(|shelf| {
            let failed = shelf.failed.iter().map(|(origin, error)| (origin.clone(), error.to_string()));
            (shelf.waiting.clone(), failed.collect::<Vec<_>>())
        });
        let is_overridden = |plugin: &Plugin| {
            is_bundled(plugin) && plugins.iter().any(|other| other.id() == plugin.id() && !is_bundled(other))
        };
        let known = plugins.iter().cloned().map(|plugin| {
            if is_overridden(&plugin) {
                CatalogueEntry::Overridden { plugin }
            } else {
                CatalogueEntry::Ready { overrides: self.overrides(&plugin), plugin }
            }
        });
        let waiting = waiting.into_iter().map(|(plugin, reasons)| CatalogueEntry::Waiting {
            overrides: self.overrides(&plugin),
            plugin,
            reasons,
        });
        let failed = failed.into_iter().map(|(origin, sentence)| CatalogueEntry::Failed { origin, sentence });
        known.chain(waiting).chain(failed).collect()
    }

    /// The plugin of this id, a dropped-in one first.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<Plugin> {
        self.serving().into_iter().find(|plugin| plugin.id() == id)
    }

    /// Those that serve, by id: of two with one id the dropped-in one.
    fn serving(&self) -> Vec<Plugin> {
        let mut plugins = self.plugins();
        plugins.dedup_by(|later, earlier| later.id() == earlier.id());
        plugins
    }

    /// All that could be loaded, by id, of two with one id the dropped-in one first.
    fn plugins(&self) -> Vec<Plugin> {
        let mut plugins = self.read(|shelf| shelf.plugins.clone());
        plugins.sort_by(|a, b| (a.id(), is_bundled(a)).cmp(&(b.id(), is_bundled(b))));
        plugins
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn read<T>(&self, read: impl FnOnce(&Shelf) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_bundled(plugin: &Plugin) -> bool {
    plugin.origin() == &Origin::Bundled
}

impl Shelf {
    fn add(&mut self, plugin: Plugin) -> Added {
        if let Some(sentence) = self.refuse_rival(&plugin) {
            return Added::Refused { sentence };
        }
        self.clear(plugin.origin());
        let (id, origin) = (plugin.id().to_owned(), plugin.origin().clone());
        let replaced = self.replace(plugin);
        let has_twin = self.plugins.iter().any(|other| other.id() == id && *other.origin() != origin);
        match (origin, replaced, has_twin) {
            (Origin::Bundled, _, true) => Added::Overridden { id },
            (Origin::Bundled | Origin::File(_), true, _) => Added::Replaces { id },
            (Origin::File(_), false, true) => Added::Overrides { id },
            (Origin::Bundled | Origin::File(_), false, false) => Added::New,
        }
    }

    fn rival(&self, plugin: &Plugin) -> Option<PathBuf> {
        let waiting = self.waiting.iter().map(|(waiting, _)| waiting);
        let others = self.plugins.iter().chain(waiting).filter(|other| other.id() == plugin.id());
        others.into_iter().find_map(|other| match (other.origin(), plugin.origin()) {
            (Origin::File(file), Origin::File(own)) if file != own => Some(file.clone()),
            (Origin::File(_) | Origin::Bundled, _) => None,
        })
    }

    fn refuse_rival(&mut self, plugin: &Plugin) -> Option<String> {
        let other = Origin::File(self.rival(plugin)?).to_string();
        let error = LoadError::SameId { id: plugin.id().to_owned(), other };
        let sentence = error.to_string();
        self.fail(plugin.origin().clone(), error);
        Some(sentence)
    }

    /// Puts a plugin in the place of the one from the same file (or, for bundled ones, of the same id).
    fn replace(&mut self, plugin: Plugin) -> bool {
        let same = |other: &Plugin| match (other.origin(), plugin.origin()) {
            (Origin::Bundled, Origin::Bundled) => other.id() == plugin.id(),
            (Origin::File(a), Origin::File(b)) => a == b,
            (Origin::Bundled, Origin::File(_)) | (Origin::File(_), Origin::Bundled) => false,
        };
        let Some(place) = self.plugins.iter_mut().find(|other| same(other)) else {
            self.plugins.push(plugin);
            return false;
        };
        *place = plugin;
        true
    }

    fn fail(&mut self, origin: Origin, error: LoadError) {
        self.clear(&origin);
        self.failed.push((origin, error));
    }

    /// Forgets what was said of a file, and tells whether one waited; what serves from it stays.
    fn clear(&mut self, origin: &Origin) -> bool {
        self.failed.retain(|(failed, _)| failed != origin);
        let before = self.waiting.len();
        self.waiting.retain(|(plugin, _)| plugin.origin() != origin);
        self.waiting.len() < before
    }
}
