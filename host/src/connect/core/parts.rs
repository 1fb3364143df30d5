//! What every step of a login works with: the parts a connector is made of, and the servers it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use mcphub_oauth::grant::Grant;
use mcphub_plugins::Catalogue;
use tokio::sync::{OwnedMutexGuard, broadcast};
use url::Url;

use super::address::address_of;
use super::entry::Entry;
use super::error::{ConnectError, ServerError};
use super::memory::Memory;
use super::nonces::Nonces;
use super::observer::{LoginObserver, LoginStep};
use crate::clock::Clock;
use crate::egress::Egress;
use crate::random::Random;
use crate::settings::{Server, SettingsFile};
use crate::store::{Lease, Store, StoreError, Stored};

/// Changes that a slow listener may be behind.
const MAX_CHANGES: usize = 256;

/// What changed for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It has a grant now.
    Granted(String),
    /// It has no grant any more.
    Dropped(String),
    /// It needs a person, who opens this link.
    LoginNeeded(String, Url),
}

/// Where the hub's Client ID Metadata Document is, or why there is none.
#[derive(Debug, Clone)]
pub enum MetadataDocument {
    /// At this address, which is the client id.
    At(Url),
    /// The reason, for the events.
    None(&'static str),
}

/// The parts a connector is made of.
pub struct ConnectorParts {
    /// Where grants and clients are kept.
    pub store: Store,
    /// The settings file, for what a person fills into a form.
    pub settings: SettingsFile,
    /// The client for OAuth traffic.
    pub egress: Egress,
    /// The plugins.
    pub catalogue: Catalogue,
    /// Tells the time.
    pub clock: Clock,
    /// Gives random bytes.
    pub random: Random,
    /// Where people reach this hub: the origin of its redirect URI.
    pub base_url: Url,
    /// Where a browser on the hub's own machine reaches it: the origin of its redirect URI at providers that send people back
    /// to their own machines only (RFC 8252 §7.3).
    pub loopback: Url,
    /// The hub's Client ID Metadata Document, where there is one.
    pub metadata_document: MetadataDocument,
    /// Who records logins, if anybody does.
    pub observer: Option<Arc<LoginObserver>>,
}

/// What all rooms of `connect` share. It knows servers and no step of a login.
pub(crate) struct Core {
    pub(crate) parts: ConnectorParts,
    /// Tells what changes; see [`Core::tell`].
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) nonces: Nonces,
    entries: RwLock<BTreeMap<String, Arc<Entry>>>,
    registering: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Grows each time that other plugins come to serve: what was found out with earlier ones does not count any more.
    plugin_epoch: AtomicU64,
    /// By the digest of a plugin: the servers that it does not serve until a person approves it.
    held_back: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Core {
    pub(crate) fn new(servers: Vec<Server>, parts: ConnectorParts) -> Self {
        let (clock, redaction) = (parts.clock.clone(), parts.egress.redaction().clone());
        let entry = |server: Server| (server.name.clone(), Arc::new(Entry::new(server, clock.clone(), &redaction)));
        Self {
            entries: RwLock::new(servers.into_iter().map(entry).collect()),
            changes: broadcast::channel(MAX_CHANGES).0,
            nonces: Nonces::default(),
            registering: Mutex::default(),
            plugin_epoch: AtomicU64::new(0),
            held_back: Mutex::default(),
            parts,
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.parts.clock.now()
    }

    /// Tells everybody who listens to [`Core::changes`].
    pub(crate) fn tell(&self, change: Change) {
        // It is no fault that nobody listens.
        drop(self.changes.send(change));
    }

    /// Tells who records logins.
    pub(crate) fn observe(&self, step: LoginStep<'_>) {
        if let Some(observer) = &self.parts.observer {
            observer(step);
        }
    }

    /// Held while a client is looked for or registered at an issuer, so that servers that begin together share one.
    pub(crate) async fn registering(&self, issuer: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut registering = self.registering.lock().unwrap_or_else(PoisonError::into_inner);
            registering.entry(issuer.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }

    /// A page of this hub, at the origin of the server's redirect URI, so that one browser's cookie serves both.
    pub(crate) fn page(&self, entry: &Entry, path: &str) -> Url {
        self.at(path, entry.server.oauth.redirect_uri.as_ref().unwrap_or(&self.parts.base_url))
    }

    /// A path of this hub at another origin; at its own one, below the path of its base address.
    pub(crate) fn at(&self, path: &str, origin: &Url) -> Url {
        let prefix = if origin.origin() == self.parts.base_url.origin() {
            self.parts.base_url.path().trim_end_matches('/')
        } else {
            ""
        };
        let mut url = origin.clone();
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(None);
        url.set_fragment(None);
        url
    }
}

/// The servers.
impl Core {
    pub(crate) fn entry(&self, name: &str) -> Result<Arc<Entry>, ConnectError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let unknown = || ServerError::Unknown { name: name.to_owned(), known: entries.keys().cloned().collect() };
        entries.get(name).cloned().ok_or_else(|| unknown().into())
    }

    /// All servers, by name.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Puts these servers in the place of those before. Unchanged ones stay as they are; gives the new and the changed ones.
    pub(crate) fn set(&self, servers: Vec<Server>) -> Vec<Arc<Entry>> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *entries);
        let mut changed = Vec::new();
        for server in servers {
            let entry = match before.remove(&server.name) {
                Some(same) if same.server.fingerprint == server.fingerprint => same,
                old => {
                    let entry = self.in_place_of(old.as_deref(), server);
                    changed.push(entry.clone());
                    entry
                }
            };
            entries.insert(entry.name().to_owned(), entry);
        }
        changed
    }

    fn in_place_of(&self, old: Option<&Entry>, server: Server) -> Arc<Entry> {
        Arc::new(match old {
            Some(old) => old.with(server),
            None => Entry::new(server, self.parts.clock.clone(), self.parts.egress.redaction()),
        })
    }

    /// The grant of a server, if it was obtained for the address that the server has now. Reads only.
    pub(crate) async fn grant(&self, entry: &Entry) -> Result<Option<Stored<Grant>>, StoreError> {
        match &entry.address {
            Some(address) => self.parts.store.grant(&entry.key, address).await,
            None => Ok(None),
        }
    }

    /// Waits for the right to work on the grant of a server.
    pub(crate) async fn lease(&self, entry: &Entry) -> Result<Lease, ConnectError> {
        Ok(self.parts.store.lease(&entry.key, &address_of(entry)?).await?)
    }
}

/// The plugins.
impl Core {
    /// Compare it later to learn whether other plugins serve by then.
    pub(crate) fn plugin_epoch(&self) -> u64 {
        self.plugin_epoch.load(Ordering::Relaxed)
    }

    /// Other plugins serve from now on.
    pub(crate) fn plugins_changed(&self) {
        self.plugin_epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers what was found out since `plugin_epoch`, unless other plugins have come to serve in the meantime.
    pub(crate) fn remember(&self, entry: &Entry, plugin_epoch: u64, found: impl FnOnce(&mut Memory)) {
        entry.remember(|memory| {
            if self.plugin_epoch() == plugin_epoch {
                found(memory);
            }
        });
    }

    /// The plugin with this digest does not serve a server for now.
    pub(crate) fn hold_back(&self, sha256: &str, server: &str) {
        let mut held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(sha256.to_owned()).or_default().insert(server.to_owned());
    }

    /// The servers that the plugin with this digest does not serve for now.
    pub(crate) fn held_back(&self, sha256: &str) -> BTreeSet<String> {
        let held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(sha256).cloned().unwrap_or_default()
    }

    /// The plugin with this digest was approved, or is gone.
    pub(crate) fn let_go(&self, sha256: &str) {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner).remove(sha256);
    }
}
