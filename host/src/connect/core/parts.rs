//! What every step of a login works with: the parts that a connector is made of, and the servers.

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

/// How many changes a slow listener may fall behind before it misses some.
const MAX_CHANGES: usize = 256;

/// A change that listeners hear about. The text is the server's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The server has a grant now.
    Granted(String),
    /// The server has lost its grant.
    Dropped(String),
    /// The server needs a person, who opens this link.
    LoginNeeded(String, Url),
}

/// The address of the hub's Client ID Metadata Document, or the reason why there is none.
#[derive(Debug, Clone)]
pub enum MetadataDocument {
    /// The address of the document, which is also the client id.
    At(Url),
    /// The reason, as the events show it.
    None(&'static str),
}

/// The parts a connector is made of.
pub struct ConnectorParts {
    /// The store of grants and clients.
    pub store: Store,
    /// The settings file. The answers of a form are written into it.
    pub settings: SettingsFile,
    /// The client for OAuth traffic.
    pub egress: Egress,
    /// The plugins that a login can choose from.
    pub catalogue: Catalogue,
    /// The source of the current time.
    pub clock: Clock,
    /// The source of random bytes.
    pub random: Random,
    /// The address at which people reach this hub. It is the origin of the redirect URI.
    pub base_url: Url,
    /// The address at which a browser on the hub's own machine reaches it. It is the origin of the redirect URI at
    /// providers that redirect people only to their own machine (RFC 8252 §7.3).
    pub loopback: Url,
    /// The hub's Client ID Metadata Document, if there is one.
    pub metadata_document: MetadataDocument,
    /// Sees every step of a login, if logins are recorded.
    pub observer: Option<Arc<LoginObserver>>,
}

/// What all rooms of `connect` share. It knows the servers and no step of a login.
pub(crate) struct Core {
    pub(crate) parts: ConnectorParts,
    /// Sends changes to listeners; see [`Core::tell`].
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) nonces: Nonces,
    entries: RwLock<BTreeMap<String, Arc<Entry>>>,
    registering: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Increases each time the serving plugins change. Results that were found with earlier plugins do not count any
    /// more.
    plugin_epoch: AtomicU64,
    /// The servers that a plugin does not serve until a person approves it, by the digest of the plugin.
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

    /// Sends a change to everyone who listens to [`Core::changes`].
    pub(crate) fn tell(&self, change: Change) {
        // A change that nobody listens to is not an error.
        drop(self.changes.send(change));
    }

    /// Shows a step of a login to the recorder, if there is one.
    pub(crate) fn observe(&self, step: LoginStep<'_>) {
        if let Some(observer) = &self.parts.observer {
            observer(step);
        }
    }

    /// Locks the registrations at an issuer. The lock is held while a client is looked for or registered, so that
    /// servers that start together share one client.
    pub(crate) async fn registering(&self, issuer: &str) -> OwnedMutexGuard<()> {
        // The lock of the map ends with this block. Only the issuer's own lock is awaited and held.
        let lock = {
            let mut registering = self.registering.lock().unwrap_or_else(PoisonError::into_inner);
            registering.entry(issuer.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }

    /// A page of this hub, at the origin of the server's redirect URI, so that one browser cookie serves both.
    pub(crate) fn page(&self, entry: &Entry, path: &str) -> Url {
        self.at(path, entry.server.oauth.redirect_uri.as_ref().unwrap_or(&self.parts.base_url))
    }

    /// A path of this hub at another origin. At the hub's own origin, the path is below that of the base address.
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

/// The servers and their grants.
impl Core {
    pub(crate) fn entry(&self, name: &str) -> Result<Arc<Entry>, ConnectError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let unknown = || ServerError::Unknown { name: name.to_owned(), known: entries.keys().cloned().collect() };
        entries.get(name).cloned().ok_or_else(|| unknown().into())
    }

    /// All servers, in the order of their names.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Replaces all servers. Unchanged servers keep their entries. Returns the new and the changed ones.
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

    /// The grant of a server, if it was obtained for the server's current address. This only reads the store.
    pub(crate) async fn grant(&self, entry: &Entry) -> Result<Option<Stored<Grant>>, StoreError> {
        match &entry.address {
            Some(address) => self.parts.store.grant(&entry.key, address).await,
            None => Ok(None),
        }
    }

    /// Waits for the right to change the grant of a server.
    pub(crate) async fn lease(&self, entry: &Entry) -> Result<Lease, ConnectError> {
        Ok(self.parts.store.lease(&entry.key, &address_of(entry)?).await?)
    }
}

/// Which plugins serve, and whom.
impl Core {
    /// A number to compare later: it differs as soon as other plugins serve.
    pub(crate) fn plugin_epoch(&self) -> u64 {
        self.plugin_epoch.load(Ordering::Relaxed)
    }

    /// Notes that other plugins serve from now on.
    pub(crate) fn plugins_changed(&self) {
        self.plugin_epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers a result that was found since `plugin_epoch`, unless other plugins serve by now.
    pub(crate) fn remember(&self, entry: &Entry, plugin_epoch: u64, found: impl FnOnce(&mut Memory)) {
        entry.remember(|memory| {
            if self.plugin_epoch() == plugin_epoch {
                found(memory);
            }
        });
    }

    /// The plugin with this digest does not serve this server until it is approved.
    pub(crate) fn hold_back(&self, sha256: &str, server: &str) {
        let mut held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(sha256.to_owned()).or_default().insert(server.to_owned());
    }

    /// The servers that the plugin with this digest does not serve until it is approved.
    pub(crate) fn held_back(&self, sha256: &str) -> BTreeSet<String> {
        let held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(sha256).cloned().unwrap_or_default()
    }

    /// The plugin with this digest was approved, or its file is gone. It is held back no longer.
    pub(crate) fn let_go(&self, sha256: &str) {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner).remove(sha256);
    }
}
