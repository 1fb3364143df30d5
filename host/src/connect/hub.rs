//! What every step of a login works with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use mcphub_oauth::authorization::PendingAuthorization;
use mcphub_oauth::callback::CallbackError;
use mcphub_oauth::client::is_loopback;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::profile::{Profile, RedirectConstraint};
use mcphub_oauth::server_metadata::ServerMetadata;
use mcphub_plugins::Catalogue;
use tokio::sync::{OwnedMutexGuard, broadcast};
use url::Url;

use super::address::address_of;
use super::choice::Waiting;
use super::discovery::{self, Discovered};
use super::document::{self, Document, IssuerTag};
use super::entry::{Entry, State};
use super::error::ConnectError;
use super::possession::Nonces;
use super::tickets::Tickets;
use crate::clock::Clock;
use crate::egress::Egress;
use crate::random::Random;
use crate::settings::{Server, SettingsFile};
use crate::store::{Lease, Store, StoreError, Stored};

/// Sign-ins that may be under way at once.
const MAX_PENDING: usize = 1000;

/// Where a provider may send people back to.
pub(super) struct RedirectUris {
    pub(super) preferred: String,
    /// Where that one is refused.
    pub(super) other: Option<String>,
    /// The person wrote it.
    is_written: bool,
}

impl RedirectUris {
    /// Those that a client is registered with, the best first. An issuer that no plugin knows and that does not promise to
    /// say who answers (RFC 9207) gets redirect URIs of its own: no other's answer can then be passed off as its
    /// (RFC 9700 §4.4.2). Providers that plugins know may take addresses on a list only.
    pub(super) fn of_registration(&self, discovered: &Discovered) -> Vec<String> {
        let metadata = &discovered.metadata;
        let has_own = !self.is_written
            && discovery::is_generic(discovered.party.profile())
            && !document::says_who_answers(metadata);
        let all = [Some(&self.preferred), self.other.as_ref()].into_iter().flatten();
        let tag = IssuerTag::of(&metadata.issuer);
        all.map(|uri| if has_own { tag.at_the_end_of(uri) } else { uri.clone() }).collect()
    }
}

/// What changed for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It has a grant now.
    Granted(String),
    /// It has none any more.
    Dropped(String),
    /// A person is needed: here is the link.
    LoginNeeded(String, Url),
}

/// Where the hub's Client ID Metadata Document is, or why there is none.
#[derive(Debug, Clone)]
pub enum MetadataDocument {
    /// At this address, which is the client id.
    At(Url),
    /// In one sentence, for the events.
    None(&'static str),
}

/// The parts a connector is made of.
pub struct ConnectorParts {
    /// Where grants and clients are kept.
    pub store: Store,
    /// The settings file, for what a person fills into a form.
    pub settings: SettingsFile,
    /// OAuth traffic.
    pub egress: Egress,
    /// Plugins.
    pub catalogue: Catalogue,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Where people reach this hub: the origin of its callback.
    pub base_url: Url,
    /// Where a browser on the hub's own machine reaches it: the origin of its callback for providers that send people back
    /// to their own machines only (RFC 8252 §7.3).
    pub loopback: Url,
    /// The hub's Client ID Metadata Document, where there is one.
    pub metadata_document: MetadataDocument,
}

pub(super) struct Hub {
    pub(super) parts: ConnectorParts,
    entries: RwLock<BTreeMap<String, Arc<Entry>>>,
    pub(super) tickets: Tickets,
    pub(super) changes: broadcast::Sender<Change>,
    flights: Mutex<BTreeMap<String, Flight>>,
    pub(super) nonces: Nonces,
    registering: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Questions that logins wait for, by their tickets.
    pub(super) questions: Mutex<BTreeMap<String, Waiting>>,
    /// How often other plugins came to serve: what was found out with those from before does not count any more.
    plugged: AtomicU64,
    /// Servers that a plugin was kept from serving until a person says so, by its digest.
    held_back: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

/// A sign-in under way, found again by its `state`.
pub(super) struct Flight {
    pub(super) entry: Arc<Entry>,
    pub(super) discovered: Arc<Discovered>,
    pub(super) pending: PendingAuthorization,
    /// It was started by somebody at a terminal, whose browser may be on another machine.
    pub(super) at_terminal: bool,
    /// It was begun anew by the hub itself, after something was learned.
    pub(super) is_healed: bool,
}

impl Hub {
    /// How often other plugins came to serve so far.
    pub(super) fn plugged(&self) -> u64 {
        self.plugged.load(Ordering::Relaxed)
    }

    /// Remembers that the plugin with this digest is kept from serving a server.
    pub(super) fn hold_back(&self, sha256: &str, server: &str) {
        let mut held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry(sha256.to_owned()).or_default().insert(server.to_owned());
    }

    /// The servers that the plugin with this digest is kept from serving.
    pub(super) fn held_back(&self, sha256: &str) -> BTreeSet<String> {
        let held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(sha256).cloned().unwrap_or_default()
    }

    /// Nothing keeps the plugin with this digest from serving any more, or it is gone.
    pub(super) fn let_go(&self, sha256: &str) {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner).remove(sha256);
    }

    /// Other plugins serve from now on.
    pub(super) fn plug(&self) {
        self.plugged.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps what was found out since `plugged`, unless other plugins have come to serve meanwhile.
    pub(super) fn keep(&self, entry: &Entry, plugged: u64, found: impl FnOnce(&mut State)) {
        entry.update(|state| {
            if self.plugged() == plugged {
                found(state);
            }
        });
    }

    pub(super) fn new(servers: Vec<Server>, parts: ConnectorParts) -> Self {
        let (clock, redaction) = (parts.clock.clone(), parts.egress.redaction().clone());
        let entry = |server: Server| (server.name.clone(), Arc::new(Entry::new(server, clock.clone(), &redaction)));
        Self {
            entries: RwLock::new(servers.into_iter().map(entry).collect()),
            tickets: Tickets::new(),
            changes: broadcast::channel(256).0,
            flights: Mutex::default(),
            nonces: Nonces::default(),
            registering: Mutex::default(),
            questions: Mutex::default(),
            plugged: AtomicU64::new(0),
            held_back: Mutex::default(),
            parts,
        }
    }

    pub(super) fn entry(&self, name: &str) -> Result<Arc<Entry>, ConnectError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(name).cloned().ok_or_else(|| ConnectError::UnknownServer {
            name: name.to_owned(),
            known: entries.keys().cloned().collect(),
        })
    }

    /// The grant of a server, if it was obtained for the address that the server has now.
    pub(super) async fn grant(&self, entry: &Entry) -> Result<Option<Stored<Grant>>, StoreError> {
        match &entry.address {
            Some(address) => self.parts.store.grant(&entry.key, address).await,
            None => Ok(None),
        }
    }

    /// The right to work on the grant of a server.
    pub(super) async fn lease(&self, entry: &Entry) -> Result<Lease, ConnectError> {
        Ok(self.parts.store.lease(&entry.key, &address_of(entry)?).await?)
    }

    /// All servers, by name.
    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn in_place_of(&self, old: Option<&Entry>, server: Server) -> Arc<Entry> {
        Arc::new(match old {
            Some(old) => old.with(server),
            None => Entry::new(server, self.parts.clock.clone(), self.parts.egress.redaction()),
        })
    }

    /// Puts these servers in the place of those before; what is known of them stays. Gives the new and the changed ones.
    pub(super) fn set(&self, servers: Vec<Server>) -> Vec<Arc<Entry>> {
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

    /// Held while a client is looked for or registered at an issuer, so that servers that begin together share one.
    pub(super) async fn registering(&self, issuer: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut registering = self.registering.lock().unwrap_or_else(PoisonError::into_inner);
            registering.entry(issuer.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }

    /// Where the provider sends a person back to: the server's own setting; else this hub's callback, on loopback where
    /// the provider demands that.
    pub(super) fn redirect_uri(&self, entry: &Entry, profile: &Profile) -> String {
        self.redirect_uris(entry, profile).preferred
    }

    /// The same, and what else can be tried.
    pub(super) fn redirect_uris(&self, entry: &Entry, profile: &Profile) -> RedirectUris {
        if let Some(written) = &entry.server.oauth.redirect_uri {
            return RedirectUris { preferred: written.to_string(), other: None, is_written: true };
        }
        let own = self.here("/oauth/callback", &self.parts.base_url).to_string();
        let loopback = self.parts.loopback.join("oauth/callback").ok().filter(|_| !is_loopback(&self.parts.base_url));
        match (&profile.registration.redirect, loopback) {
            (RedirectConstraint::Loopback | RedirectConstraint::LoopbackAnyPort, Some(loopback)) => {
                RedirectUris { preferred: loopback.to_string(), other: None, is_written: false }
            }
            (_, loopback) => RedirectUris { preferred: own, other: loopback.map(String::from), is_written: false },
        }
    }

    /// A page of this hub, on the origin that the server's redirect URI has, so that one browser's cookie serves both.
    pub(super) fn page(&self, entry: &Entry, path: &str) -> Url {
        self.here(path, entry.server.oauth.redirect_uri.as_ref().unwrap_or(&self.parts.base_url))
    }

    fn here(&self, path: &str, origin: &Url) -> Url {
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

    /// The Client ID Metadata Document for an authorization server, or why there is none.
    pub(super) fn document_for(&self, metadata: &ServerMetadata, redirect_uri: &str) -> Result<Document, &'static str> {
        document::choose(&self.parts.metadata_document, &self.parts.base_url, metadata, redirect_uri)
    }

    /// Keeps a sign-in until its callback; those past their time are let go.
    pub(super) fn put_flight(&self, flight: Flight) {
        let now = self.parts.clock.now();
        let mut flights = self.lock();
        flights.retain(|_, flight| flight.pending.expires_at > now);
        if flights.len() >= MAX_PENDING {
            let oldest =
                flights.iter().min_by_key(|(_, flight)| flight.pending.expires_at).map(|(state, _)| state.clone());
            oldest.and_then(|state| flights.remove(&state));
        }
        self.parts.egress.redaction().learn(flight.pending.state.secret());
        flight.pending.verifier.iter().for_each(|verifier| self.parts.egress.redaction().learn(verifier.secret()));
        flights.insert(flight.pending.state.secret().clone(), flight);
    }

    /// Whether a sign-in with this client is under way, or never came back.
    pub(super) fn has_flight_of(&self, server: &str, client: Option<&str>) -> bool {
        self.lock()
            .values()
            .any(|flight| flight.entry.name() == server && flight.pending.client.id.as_deref() == client)
    }

    /// The sign-in of a state, at most once; `only_if` is asked before it is taken.
    pub(super) fn take_flight(
        &self,
        state: &str,
        only_if: impl FnOnce(&Flight) -> bool,
    ) -> Option<Result<Flight, (Arc<Entry>, CallbackError)>> {
        let mut flights = self.lock();
        let flight = flights.get(state)?;
        if !only_if(flight) {
            let error = if flight.at_terminal { CallbackError::AtTerminal } else { CallbackError::OtherBrowser };
            return Some(Err((flight.entry.clone(), error)));
        }
        flights.remove(state).map(Ok)
    }

    /// The names under which providers answer: `state` is looked for under each.
    pub(super) fn find_state(&self, params: &[(String, String)]) -> Option<String> {
        let flights = self.lock();
        params.iter().map(|(_, value)| value).find(|value| flights.contains_key(*value)).cloned()
    }

    pub(super) fn tell(&self, change: Change) {
        // Nobody listening is no fault.
        drop(self.changes.send(change));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
