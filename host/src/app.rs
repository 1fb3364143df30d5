//! The one place that puts concrete parts together.

mod address;
pub mod names;
mod plugins;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mcphub_oauth::client::is_loopback;
use mcphub_plugins::{Added, Approved, Catalogue, Directories, Entry, HostError, Judge, Origin};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use url::Url;

use crate::clock::Clock;
use crate::connect::{Change, Connector, ConnectorParts, MetadataDocument, ServerView};
use crate::egress::{Egress, Own, Proxies};
use crate::gateway::{Gateway, GatewayError, GatewayParts, Layout, Premises};
use crate::presence::Token;
use crate::random::Random;
use crate::settings::{
    Environment, Loaded, ServerEntry, Settings, SettingsError, SettingsFault, SettingsFile, Watching,
};
use crate::store::{Keys, SealingKeyError, Store, StoreError};

use self::names::Names;
pub use self::plugins::{host, plugins};

/// The port of the hub unless said otherwise.
pub const PORT: u16 = 3000;

/// What a person chose on the command line, with the environment's defaults filled in.
#[derive(Debug, Clone)]
pub struct Options {
    /// The settings file.
    pub settings: PathBuf,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Directories with dropped-in plugins.
    pub plugins: Vec<PathBuf>,
    /// Where compiled plugins are cached; none: nowhere.
    pub cache: Option<PathBuf>,
    /// Whether the system browser opens when a login is first needed.
    pub open_browser: bool,
    /// Whether every dropped-in plugin serves without being asked about.
    pub trust_plugins: bool,
    /// The hub's own program, which ends the servers' commands should the hub be killed.
    pub guard: Option<PathBuf>,
    /// The only server that is used, if not all are.
    pub only: Option<String>,
}

/// All parts of a running hub.
#[derive(Clone)]
pub struct App {
    /// Logins.
    pub connector: Connector,
    /// MCP.
    pub gateway: Gateway,
    /// Plugins.
    pub catalogue: Catalogue,
    /// Where plugins are dropped in, until that is watched.
    dropped: Arc<Mutex<Option<Directories>>>,
    watching: Arc<OnceLock<mcphub_plugins::Watching>>,
    /// The settings file.
    pub settings: SettingsFile,
    store: Store,
    in_force: watch::Sender<Arc<InForce>>,
    egress: Egress,
    /// Where it listens.
    pub listen: Vec<SocketAddr>,
    /// Where people reach it; its path ends in a slash.
    pub base_url: Url,
    /// By which a command on this machine and this hub know each other.
    pub token: Token,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Whether the system browser opens when a login is first needed.
    pub open_browser: bool,
}

/// The settings that are in force now.
pub struct InForce {
    /// What the file says, faults included.
    pub loaded: Arc<Loaded>,
    /// The names that the hub answers to.
    pub names: Names,
}

/// Why a hub cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The key that what is obtained is sealed with.
    #[error(transparent)]
    Key(#[from] SealingKeyError),
    /// The plugin host.
    #[error(transparent)]
    Plugins(#[from] HostError),
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The address that people reach the hub at.
    #[error("the address {0} of this hub is no URL; mend systemConfig.install.baseUrl")]
    BaseUrl(String),
}

/// Why a plugin was not approved, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// Nothing of that id waits.
    #[error("no plugin {0:?} waits to be approved; `mcphub plugins list` shows which do")]
    NoneWaits(String),
    /// The file was changed since somebody looked.
    #[error(
        "the file of plugin {id:?} that waits has the digest {sha256}, which is not the one you looked at; look again with `mcphub plugins approve {id}`"
    )]
    OtherFile {
        /// Id.
        id: String,
        /// Digest of the file that waits.
        sha256: String,
    },
    /// It cannot serve.
    #[error("{0}")]
    Refused(String),
    /// It serves, and that cannot be written down.
    #[error("{plugin} serves until the hub is restarted, when it waits again: {problem}")]
    Forgotten {
        /// The plugin.
        plugin: String,
        /// Why.
        problem: String,
    },
}

impl App {
    /// Reads the settings, loads the plugins, and wires the parts. Nothing is listened to and no server is asked yet.
    pub async fn build(options: Options, environment: Environment) -> Result<Self, AppError> {
        Self::build_on(options, environment, Egress::new()).await
    }

    /// The same, with this client for OAuth traffic.
    pub async fn build_on(options: Options, environment: Environment, egress: Egress) -> Result<Self, AppError> {
        let keys = Keys::of(&environment)?;
        let settings = SettingsFile::open(&options.settings, environment.clone())?;
        let store = Store::sealing(settings.clone(), keys);
        let loaded = settings.load()?;
        let egress = surrounded(egress, &loaded.settings, &environment);
        let host = plugins::host(options.cache.as_deref())?;
        let catalogue = plugins::bundled(&host).await;
        let (clock, random) = (Clock::system(), Random::system());
        let system = &loaded.settings.system;
        let base_url = names::as_base(system.base_url.clone().map_or_else(|| address::of(&options.listen), Ok)?);
        let loaded = apart(&egress, loaded, Own::new(&options.listen, &base_url));
        let system = &loaded.settings.system;
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
                metadata_document: metadata_document(system.client_id_metadata_url.as_ref(), &base_url),
                base_url: base_url.clone(),
                loopback: address::on_this_machine(&options.listen)?,
            },
        );
        let judge = (!options.trust_plugins).then(|| Arc::new(connector.clone()) as Arc<dyn Judge>);
        let mut dropped = Directories::new(host, catalogue.clone(), options.plugins, judge);
        dropped.look().await;
        // What a plugin would take over is told by all servers.
        if let Some(only) = &options.only {
            servers.retain(|server| server.name == *only);
            connector.set(servers.clone()).await;
        }
        let premises = Premises { environment, directory: directory_of(&settings), guard: options.guard };
        let (clock_too, random_too) = (clock.clone(), random.clone());
        let parts = GatewayParts { layout: layout(&loaded.settings), clock: clock_too, random: random_too, premises };
        let gateway = Gateway::new(servers, connector.clone(), parts)?;
        let names = Names::new(&base_url, &loaded.settings);
        let (in_force, _) = watch::channel(Arc::new(InForce { loaded: Arc::new(loaded), names }));
        Ok(Self {
            egress,
            in_force,
            connector,
            gateway,
            catalogue,
            dropped: Arc::new(Mutex::new(Some(dropped))),
            watching: Arc::default(),
            settings,
            store,
            listen: options.listen,
            base_url,
            token: Token::new(&random),
            clock,
            random,
            open_browser: options.open_browser,
        })
    }
}

impl App {
    /// The settings that are in force now.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.borrow().clone()
    }

    /// All servers in the order of the settings, those that cannot be used included.
    pub async fn views(&self) -> Vec<ServerView> {
        let mut views = Vec::new();
        for (name, entry) in &self.in_force().loaded.settings.servers {
            match entry {
                ServerEntry::Usable(server) => {
                    let others = server.oauth.accounts.iter().map(|account| server.of_account(account).name);
                    for name in [name.clone()].into_iter().chain(others) {
                        let view = self.connector.view(&name).await;
                        views.extend(view.map(|view| ServerView { notes: self.gateway.notes(&name), ..view }));
                    }
                }
                ServerEntry::Faulty(faults) => views.push(ServerView::unusable(name.clone(), told(faults))),
                ServerEntry::Unsupported(sentence) => {
                    views.push(ServerView::unusable(name.clone(), sentence.clone()));
                }
            }
        }
        views
    }

    /// Seals what was obtained before there was a key for it. Gives the number of entries.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        self.store.seal().await
    }

    /// What the person should know of the keys that seal what is obtained.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        self.store.caution()
    }

    /// Begins the work that goes on by itself: registrations at start-up, connections to servers, the browser, and taking
    /// over what is changed in the settings.
    pub fn start(&self) {
        if self.open_browser {
            tokio::spawn(open_when_needed(self.connector.changes()));
        }
        self.gateway.start();
        let app = self.clone();
        tokio::spawn(async move { app.connector.prepare().await });
        self.watch_plugins();
        let app = self.clone();
        tokio::spawn(async move {
            match Watching::start(&app.settings, app.in_force().loaded.clone()) {
                Ok(watching) => app.follow(watching).await,
                Err(error) => tracing::warn!("{error}"),
            }
        });
    }

    /// What is dropped in from now on takes effect by itself.
    fn watch_plugins(&self) {
        let Some(dropped) = self.dropped.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let connector = self.connector.clone();
        drop(self.watching.set(mcphub_plugins::watch(dropped, move || connector.replugged())));
    }

    /// Lets the plugin of this id serve that waits for a person's word, if its file is the one with this digest.
    pub async fn approve(&self, id: &str, sha256: &str) -> Result<String, NotApproved> {
        self.expect_unchanged(id, sha256).await?;
        let (plugin, added) = match self.catalogue.approve(id, sha256) {
            Approved::Yes(plugin, added) => (plugin, added),
            Approved::OtherFile { sha256 } => return Err(NotApproved::OtherFile { id: id.to_owned(), sha256 }),
            Approved::NoneWaits => return Err(NotApproved::NoneWaits(id.to_owned())),
        };
        if let Added::Refused { sentence } = added {
            return Err(NotApproved::Refused(format!("{} {sentence}", plugin.origin())));
        }
        // What it would serve is known by what was found out with the plugins from before.
        let remembered = self.connector.approve(&plugin).await;
        self.connector.replugged();
        tracing::info!(plugin.id = id, "{plugin:#} was approved and serves");
        match remembered {
            Ok(()) => Ok(format!("{plugin:#} serves")),
            Err(problem) => Err(NotApproved::Forgotten { plugin: plugin.to_string(), problem }),
        }
    }

    /// What waits must still be what its file holds: a file that was changed since would serve as a new build of it.
    async fn expect_unchanged(&self, id: &str, sha256: &str) -> Result<(), NotApproved> {
        let Some(plugin) = self.catalogue.waiting(id, sha256) else { return Ok(()) };
        match plugin.digest_of_file().await {
            Some(now) if now == sha256 => Ok(()),
            Some(now) => Err(NotApproved::OtherFile { id: id.to_owned(), sha256: now }),
            None => Err(NotApproved::NoneWaits(id.to_owned())),
        }
    }

    /// The plugins as the API and the command line show them.
    pub async fn plugins(&self) -> serde_json::Value {
        let mut views = Vec::new();
        for entry in self.catalogue.entries() {
            let servers = match &entry {
                Entry::Ready { plugin, .. } if *plugin.origin() != Origin::Bundled => {
                    self.connector.servers_of(plugin).await
                }
                Entry::Waiting { plugin, .. } => self.connector.servers_wanted_by(plugin).await,
                Entry::Ready { .. } | Entry::Overridden { .. } | Entry::Failed { .. } => Vec::new(),
            };
            views.push(plugin_view(&entry, &servers));
        }
        serde_json::Value::Array(views)
    }

    /// Takes over every change of the settings, for as long as the hub runs.
    async fn follow(&self, watching: Watching) {
        let mut latest = watching.latest();
        while latest.changed().await.is_ok() {
            let loaded = latest.borrow_and_update().clone();
            let own = Own::new(&self.listen, &self.base_url);
            let loaded = Arc::new(apart(&self.egress, loaded.as_ref().clone(), own));
            let system = &loaded.settings.system;
            if system.base_url.clone().is_some_and(|base_url| names::as_base(base_url) != self.base_url) {
                tracing::warn!("systemConfig.install.baseUrl was changed; restart the hub to use it");
            }
            let names = Names::new(&self.base_url, &loaded.settings);
            self.egress.allow_private(&system.allow_private);
            let (servers, layout) = (loaded.settings.usable(), layout(&loaded.settings));
            tracing::info!("the settings were changed; {} servers", loaded.settings.servers.len());
            self.in_force.send_replace(Arc::new(InForce { loaded, names }));
            self.connector.set(servers.clone()).await;
            self.gateway.set(servers, layout);
        }
    }
}

/// Opens the system browser when a server first needs a person.
async fn open_when_needed(mut changes: tokio::sync::broadcast::Receiver<Change>) {
    let mut opened = std::collections::BTreeSet::new();
    loop {
        match changes.recv().await {
            Ok(Change::LoginNeeded(server, link)) if opened.insert(server.clone()) => crate::desktop::open(&link),
            Ok(Change::LoginNeeded(..) | Change::Granted(_) | Change::Dropped(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// The client for OAuth traffic in the network that settings and environment describe.
fn surrounded(egress: Egress, settings: &Settings, environment: &Environment) -> Egress {
    let (proxies, faults) = Proxies::read(|name| environment.get(name));
    for fault in faults {
        tracing::warn!("{fault}");
    }
    let egress = egress.behind(proxies);
    egress.allow_private(&settings.system.allow_private);
    egress
}

/// Neither a request nor an entry leads to the hub itself.
fn apart(egress: &Egress, loaded: Loaded, own: Own) -> Loaded {
    let loaded = address::without_loops(loaded, &own);
    egress.never_to(own);
    loaded
}

/// Where relative paths of the settings begin.
fn directory_of(settings: &SettingsFile) -> PathBuf {
    settings.path().parent().map(Path::to_path_buf).unwrap_or_default()
}

fn layout(settings: &Settings) -> Layout {
    Layout { separator: settings.system.name_separator.clone(), groups: settings.groups.clone() }
}

fn plugin_view(entry: &Entry, servers: &[String]) -> serde_json::Value {
    let view = |plugin: &mcphub_plugins::Plugin, status: &str, overrides: &[String], reasons: &[String]| {
        let identity = &plugin.profile().identity;
        json!({
            "id": identity.id, "title": identity.title, "version": identity.version, "status": status,
            "origin": plugin.origin().to_string(), "contract": plugin.contract(), "sha256": plugin.sha256(),
            "matches": plugin.matches(), "overrides": overrides,
            "hosts": identity.hosts.iter().map(ToString::to_string).collect::<Vec<_>>(), "reasons": reasons,
            "servers": servers,
        })
    };
    match entry {
        Entry::Ready { plugin, overrides } => view(plugin, "ready", overrides, &[]),
        Entry::Overridden { plugin } => view(plugin, "overridden", &[], &[]),
        Entry::Waiting { plugin, overrides, reasons } => view(plugin, "waits to be approved", overrides, reasons),
        Entry::Failed { origin, sentence } => {
            json!({ "status": "failed", "origin": origin.to_string(), "problem": sentence })
        }
    }
}

fn told(faults: &[SettingsFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Both loopback addresses.
#[must_use]
pub fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)]
}

/// The hub's own document, where others can read it, unless the person names another one.
fn metadata_document(written: Option<&Url>, base_url: &Url) -> MetadataDocument {
    if let Some(url) = written {
        return MetadataDocument::At(url.clone());
    }
    let public = base_url.scheme() == "https" && base_url.host().is_some() && !is_loopback(base_url);
    match base_url.join("oauth/client-metadata.json") {
        Ok(url) if public => MetadataDocument::At(url),
        Ok(_) | Err(_) => MetadataDocument::None("systemConfig.install.baseUrl is no public https address"),
    }
}
