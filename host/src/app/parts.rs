//! The parts of a hub, and how they are wired.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use mcphub_plugins::{Catalogue, Directories, Judge};
use tokio::sync::watch;
use url::Url;

use super::entrance::Entrance;
use super::error::AppError;
use super::life::HubLife;
use super::names::{self, Names};
use super::options::Options;
use super::surroundings::{apart, directory_of, grouping, limits, lists_directory, metadata_document, surrounded};
use super::{base_url, plugin_host};
use crate::clock::Clock;
use crate::connect::{Connector, ConnectorParts, LoginObserver};
use crate::egress::{Egress, Own};
use crate::gateway::{CommandContext, Gateway, GatewayParts};
use crate::keys::KeySet;
use crate::presence::HubToken;
use crate::random::Random;
use crate::settings::{Environment, Loaded, SettingsFile};
use crate::store::{Keys, Store, StoreError};

/// All parts of a running hub. Clones share them.
#[derive(Clone)]
pub struct App {
    /// Looks after the logins of all servers.
    pub connector: Connector,
    /// Serves MCP clients and connects to the MCP servers.
    pub gateway: Gateway,
    /// All plugins that are loaded, wait or failed.
    pub catalogue: Catalogue,
    /// The directories of dropped-in plugins, until the watch on them takes them.
    pub(super) dropped: Arc<Mutex<Option<Directories>>>,
    pub(super) watching: Arc<OnceLock<mcphub_plugins::PluginWatching>>,
    /// The settings file that the hub was started with.
    pub settings: SettingsFile,
    store: Store,
    pub(super) in_force: watch::Sender<Arc<InForce>>,
    pub(super) egress: Egress,
    /// The addresses that the hub listens on.
    pub listen: Vec<SocketAddr>,
    /// The address at which people reach the hub. Its path ends in a slash.
    pub base_url: Url,
    /// The secret by which this hub and a command on this machine recognise each other.
    pub token: HubToken,
    /// What is remembered of those who came.
    pub entrance: Arc<Entrance>,
    /// When it began, and how it ends.
    pub life: Arc<HubLife>,
    /// The clock of all parts.
    pub clock: Clock,
    /// The randomness of all parts.
    pub random: Random,
    /// Whether the system browser opens when a server first needs a login.
    pub open_browser: bool,
}

/// The settings that are in force now.
pub struct InForce {
    /// What the file says, including its faults.
    pub loaded: Arc<Loaded>,
    /// The names that the hub answers to.
    pub names: Names,
    /// The keys of clients.
    pub keys: KeySet,
}

impl InForce {
    /// These settings, after those that were in force `before`.
    pub(super) fn of(loaded: Loaded, base_url: &Url, before: Option<&Self>) -> Self {
        let names = Names::new(base_url, &loaded.settings);
        let keys = KeySet::of(&loaded.settings.keys, before.map(|before| &before.keys));
        Self { loaded: Arc::new(loaded), names, keys }
    }
}

impl App {
    /// Reads the settings, loads the plugins, and wires the parts. It neither listens nor sends a request.
    pub async fn build(options: Options, environment: Environment) -> Result<Self, AppError> {
        Self::build_on(options, environment, Egress::new(), None).await
    }

    /// The same, with this client for OAuth traffic, and with somebody who records logins.
    pub async fn build_on(
        options: Options,
        environment: Environment,
        egress: Egress,
        observer: Option<Arc<LoginObserver>>,
    ) -> Result<Self, AppError> {
        let (keys, entrance) = (Keys::of(&environment)?, Arc::new(Entrance::of(&environment)));
        let settings = SettingsFile::open(&options.settings, environment.clone())?;
        let (clock, random) = (Clock::system(), Random::system());
        let store = Store::sealing(settings.clone(), keys).opened_at(clock.now());
        let loaded = settings.load()?;
        let egress = surrounded(egress, &loaded.settings, &environment);
        let host = plugin_host::host(options.cache.as_deref())?;
        let catalogue = plugin_host::bundled(&host).await;
        let written = loaded.settings.system.base_url.as_ref();
        let base_url = base_url::chosen(written, &options.listen, environment.get("BASE_PATH"))?;
        let loaded = apart(&egress, loaded, Own::new(&options.listen, &base_url));
        let mut servers = loaded.settings.usable();
        let connector = Connector::new(
            servers.clone(),
            ConnectorParts {
                store: store.clone(),
                settings: settings.clone(),
                egress: egress.clone(),
                catalogue: catalogue.clone(),
                clock: clock.clone(),
                random: random.clone(),
                metadata_document: metadata_document(loaded.settings.system.client_id_metadata_url.as_ref(), &base_url),
                base_url: base_url.clone(),
                loopback: base_url::on_this_machine(&options.listen)?,
                observer,
            },
        );
        let judge = (!options.trust_plugins).then(|| Arc::new(connector.clone()) as Arc<dyn Judge>);
        let mut dropped = Directories::new(host, catalogue.clone(), options.plugins, judge);
        dropped.look().await;
        // Only now: whether a plugin waits for approval depends on all servers, not on the one that is used.
        if let Some(only) = &options.only {
            servers.retain(|server| server.name == *only);
            connector.set(servers.clone()).await;
        }
        let commands = CommandContext { environment, directory: directory_of(&settings), guard: options.guard };
        let (grouping, lists) = (grouping(&loaded.settings), lists_directory(options.cache.as_deref(), &settings));
        let parts = GatewayParts { grouping, clock: clock.clone(), random: random.clone(), commands, lists };
        let gateway = Gateway::bounded(servers, connector.clone(), parts, &limits(&loaded.settings));
        gateway.recall().await;
        Ok(Self {
            egress,
            in_force: watch::Sender::new(Arc::new(InForce::of(loaded, &base_url, None))),
            connector,
            gateway,
            catalogue,
            dropped: Arc::new(Mutex::new(Some(dropped))),
            watching: Arc::default(),
            settings,
            store,
            listen: options.listen,
            base_url,
            token: HubToken::new(&random),
            entrance,
            life: Arc::new(HubLife::beginning(clock.now(), options.drain)),
            clock,
            random,
            open_browser: options.open_browser,
        })
    }

    /// The settings that are in force now.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.borrow().clone()
    }

    /// The path below which people reach the hub; empty where it has its host for itself.
    #[must_use]
    pub fn prefix(&self) -> &str {
        names::prefix(&self.base_url)
    }

    /// Whether the hub listens where other machines reach it.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.listen.iter().any(|address| !address.ip().is_loopback())
    }

    /// Whether requests need a key. A hub that other machines reach needs one also where the last key was just revoked.
    #[must_use]
    pub fn wants_keys(&self, in_force: &InForce) -> bool {
        in_force.keys.are_demanded() || self.is_exposed()
    }

    /// Seals stored credentials that were written before there was a key. Returns how many there were.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        self.store.seal().await
    }

    /// A key for this purpose, derived from the one that seals stored credentials. `None` without that.
    pub(super) async fn key_for(&self, purpose: &'static [u8]) -> Result<Option<[u8; 32]>, StoreError> {
        self.store.key_for(purpose).await
    }

    /// A warning about the keys that seal stored credentials, if there is something to warn of.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        self.store.caution()
    }
}
