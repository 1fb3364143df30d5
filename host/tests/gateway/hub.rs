//! A hub on loopback, with a settings file in a directory of its own and a clock that the test moves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use mcphub::clock::Clock;
use mcphub::connect::{Connector, ConnectorParts, MetadataDocument};
use mcphub::egress::Egress;
use mcphub::gateway::{CommandContext, Gateway, GatewayLimits, GatewayParts, Grouping, Principal};
use mcphub::random::Random;
use mcphub::settings::{Environment, Server, SettingsFile, ToolSetting};
use mcphub::store::Store;
use mcphub_plugins::Catalogue;

use crate::peer::serve;

/// The date at which tests begin.
const START: u64 = 1_800_000_000;

pub(crate) struct Hub {
    pub(crate) base: String,
    pub(crate) gateway: Gateway,
    pub(crate) connector: Connector,
    time: Arc<AtomicU64>,
    _directory: tempfile::TempDir,
}

impl Hub {
    pub(crate) const SESSIONS: usize = 3;

    pub(crate) async fn of(servers: &[(&str, &str)]) -> Self {
        Self::with(servers, |_| {}).await
    }

    pub(crate) async fn with(servers: &[(&str, &str)], change: impl Fn(&mut Server)) -> Self {
        Self::knowing(Catalogue::new(), servers, change).await
    }

    pub(crate) async fn knowing(catalogue: Catalogue, servers: &[(&str, &str)], change: impl Fn(&mut Server)) -> Self {
        Self::bounded(catalogue, limits(), servers, change).await
    }
    /// A hub where a call ends if its client is away for this long.
    pub(crate) async fn leaving_after(servers: &[(&str, &str)], away: Duration) -> Self {
        Self::bounded(Catalogue::new(), GatewayLimits { away, ..limits() }, servers, |_| {}).await
    }

    /// A hub that keeps lists in this directory and has read what an earlier one kept there.
    pub(crate) async fn keeping(directory: &Path, servers: &[(&str, &str)]) -> Self {
        let limits = GatewayLimits { list: Duration::from_secs(1), ..limits() };
        let hub = Self::in_directory(Some(directory.to_owned()), Catalogue::new(), limits, servers, |_| {}).await;
        hub.gateway.recall().await;
        hub
    }

    /// A hub that reads lists again whenever a client asks, and waits this long for each.
    pub(crate) async fn inquisitive(servers: &[(&str, &str)], list: Duration) -> Self {
        let limits = GatewayLimits { list, list_age: Duration::ZERO, sessions: 10, ..limits() };
        Self::bounded(Catalogue::new(), limits, servers, |_| {}).await
    }

    /// A hub with this wait for lists, and with changed servers.
    pub(crate) async fn hurried(servers: &[(&str, &str)], list: Duration, change: impl Fn(&mut Server)) -> Self {
        Self::bounded(Catalogue::new(), GatewayLimits { list, ..limits() }, servers, change).await
    }

    /// A hub with other limits, and with changed servers.
    pub(crate) async fn limited(limits: GatewayLimits, servers: &[(&str, &str)], change: impl Fn(&mut Server)) -> Self {
        Self::bounded(Catalogue::new(), limits, servers, change).await
    }

    /// The limits of a hub for tests.
    pub(crate) fn limits() -> GatewayLimits {
        limits()
    }

    async fn bounded(
        catalogue: Catalogue,
        limits: GatewayLimits,
        servers: &[(&str, &str)],
        change: impl Fn(&mut Server),
    ) -> Self {
        Self::in_directory(None, catalogue, limits, servers, change).await
    }

    async fn in_directory(
        lists: Option<PathBuf>,
        catalogue: Catalogue,
        limits: GatewayLimits,
        servers: &[(&str, &str)],
        change: impl Fn(&mut Server),
    ) -> Self {
        let server = |(name, url): &(&str, &str)| {
            let mut server = Server::examined(url.parse().expect("url"));
            server.name = (*name).to_owned();
            change(&mut server);
            server
        };
        let servers: Vec<Server> = servers.iter().map(server).collect();
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("mcp_settings.json");
        let settings = SettingsFile::open(&path, Environment::of::<String, String>([])).expect("settings");
        let time = Arc::new(AtomicU64::new(START));
        let seconds = time.clone();
        let clock = Clock::of(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed)));
        let connector = Connector::new(servers.clone(), connector_parts(settings, catalogue, clock.clone()));
        let parts = GatewayParts {
            grouping: Grouping { separator: "-".into(), ..Grouping::default() },
            clock,
            random: Random::system(),
            commands: CommandContext {
                environment: Environment::of_process(),
                directory: directory.path().to_owned(),
                guard: None,
            },
            lists,
        };
        let gateway = Gateway::bounded(servers, connector.clone(), parts, &limits);
        let base = serve(mcphub::serve::mcp_routes().with_state(gateway.clone())).await;
        Self { base, gateway, connector, time, _directory: directory }
    }

    pub(crate) fn tool(enabled: Option<bool>, description: Option<&str>) -> ToolSetting {
        ToolSetting { enabled, description: description.map(str::to_owned) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of the hub behind something that says of every request that it comes from this caller.
    pub(crate) async fn for_caller(&self, name: &str) -> String {
        let principal = axum::Extension(Principal::named(name));
        serve(mcphub::serve::mcp_routes().with_state(self.gateway.clone()).layer(principal)).await
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.time.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Polls until the condition holds. Fails after 20 seconds.
    pub(crate) async fn until(&self, mut is_done: impl FnMut() -> bool) {
        self.until_some(async || is_done().then_some(())).await;
    }

    /// Polls until there is something, and returns it. Fails after 20 seconds.
    pub(crate) async fn until_some<T>(&self, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let looking = async {
            loop {
                match look().await {
                    Some(found) => return found,
                    None => tokio::time::interval(Duration::from_millis(5)).tick().await,
                };
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), looking).await.expect("in time")
    }
}

fn connector_parts(settings: SettingsFile, catalogue: Catalogue, clock: Clock) -> ConnectorParts {
    ConnectorParts {
        store: Store::new(settings.clone()),
        settings,
        egress: Egress::new(),
        catalogue,
        clock,
        random: Random::system(),
        base_url: "http://localhost:3000/".parse().expect("url"),
        loopback: "http://127.0.0.1:3000/".parse().expect("an address"),
        metadata_document: MetadataDocument::None("a test"),
        observer: None,
    }
}

fn limits() -> GatewayLimits {
    GatewayLimits {
        message_bytes: 64 * 1024,
        sessions: Hub::SESSIONS,
        session_recent: Duration::from_secs(1),
        list_bytes: 256 * 1024,
        grace: Duration::from_millis(500),
        look: Duration::from_millis(20),
        first_retry: Duration::from_millis(20),
        longest_retry: Duration::from_millis(40),
        ..GatewayLimits::default()
    }
}
