//! The settings as the hub uses them: valid by construction.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::header::AUTHORIZATION;
use indexmap::IndexMap;
use mcphub_oauth::server_address::ServerAddress;
use url::Url;

use super::arguments::CommandArguments;
use super::fault::SettingsFault;
use super::group::Group;
use super::keys::ClientKeys;
use super::oauth::OAuth;
use super::switched::ToolSettings;
use super::system::System;

/// Everything the hub reads from the file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Servers by name, in the file's order.
    pub servers: IndexMap<String, ServerEntry>,
    /// Groups by name, and by id where they have one.
    pub groups: IndexMap<String, Group>,
    /// Of the hub itself.
    pub system: System,
    /// The keys of its clients.
    pub keys: ClientKeys,
}

/// One entry of `mcpServers`. A bad one never keeps the others from serving.
#[derive(Debug, Clone)]
pub enum ServerEntry {
    /// It can be used.
    Usable(Box<Server>),
    /// It cannot, and why.
    Faulty(Vec<SettingsFault>),
    /// A kind that this hub does not serve, in one sentence.
    Unsupported(String),
}

/// Tells two texts apart without keeping their secrets: SHA-256.
pub type Fingerprint = [u8; 32];

/// One MCP server, valid as it stands here.
#[derive(Debug, Clone)]
pub struct Server {
    /// Of its entry as written: two of the same are the same server in every respect.
    pub fingerprint: Fingerprint,
    /// Its name: that of its entry, or `entry@account`.
    pub name: String,
    /// The name of its entry in the settings.
    pub entry: String,
    /// Which account of the person's it is used with.
    pub account: String,
    /// Whether it is used.
    pub enabled: bool,
    /// How it is reached.
    pub transport: Transport,
    /// What variables filled into the path of its URL: an address may be a key.
    pub filled: Vec<String>,
    /// Headers that the person wants on every request.
    pub headers: Vec<(String, String)>,
    /// Names of the headers of clients' requests that go on to it.
    pub passthrough: Vec<HeaderName>,
    /// Whether the entry has an `oauth` part.
    pub has_oauth: bool,
    /// What the settings say about its login.
    pub oauth: OAuth,
    /// Switches and texts of tools, by name.
    pub tools: ToolSettings,
    /// Switches of prompts, by name.
    pub prompts: ToolSettings,
    /// Switches of resources, by URI.
    pub resources: ToolSettings,
    /// How long a request may take.
    pub timeout: Option<Duration>,
    /// `options.resetTimeoutOnProgress`: whether progress lets a request take that long once more.
    pub resets_timeout_on_progress: bool,
    /// `options.maxTotalTimeout`: how long a request may take at most, whatever its progress.
    pub max_total_timeout: Option<Duration>,
    /// `initTimeout`, else `INIT_TIMEOUT`, or `options.timeout` where that is longer: how long it may take to come up.
    pub start_timeout: Option<Duration>,
    /// When the command of a server runs.
    pub lifetime: CommandLifetime,
    /// A description for people.
    pub description: Option<String>,
}

/// The name of the account where a server has only one.
pub const DEFAULT_ACCOUNT: &str = "default";

impl Settings {
    /// The servers that can be used, each followed by itself under the person's other accounts.
    #[must_use]
    pub fn usable(&self) -> Vec<Server> {
        let usable = |entry: &ServerEntry| match entry {
            ServerEntry::Usable(server) => Some((**server).clone()),
            ServerEntry::Faulty(_) | ServerEntry::Unsupported(_) => None,
        };
        let with_accounts = |server: Server| {
            let others: Vec<Server> = server.oauth.accounts.iter().map(|account| server.of_account(account)).collect();
            std::iter::once(server).chain(others)
        };
        let servers = self.servers.values().filter_map(usable).flat_map(with_accounts);
        servers.filter(|server| server.is_default() || !self.servers.contains_key(&server.name)).collect()
    }
}

impl Server {
    /// The same server under another account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> Self {
        Self { name: format!("{}@{account}", self.entry), account: account.to_owned(), ..self.clone() }
    }

    /// The URL of the MCP server; none for commands.
    #[must_use]
    pub const fn url(&self) -> Option<&Url> {
        match &self.transport {
            Transport::Http { url, .. } => Some(url),
            Transport::Stdio { .. } => None,
        }
    }

    /// What a grant for it is bound to; none for commands, which have none.
    #[must_use]
    pub fn address(&self) -> Option<ServerAddress> {
        self.url().map(ServerAddress::of)
    }

    /// Whether it is used with the account that needs no name.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.account == DEFAULT_ACCOUNT
    }

    /// Whether the hub logs in to it. An `Authorization` in `headers`, or one of clients that goes on, means without an `oauth`
    /// part that the hub does not.
    #[must_use]
    pub fn uses_oauth(&self) -> bool {
        let is_written = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        self.has_oauth || !is_written && !self.passthrough.contains(&AUTHORIZATION)
    }

    /// A server that is only looked at.
    #[must_use]
    pub fn examined(url: Url) -> Self {
        Self {
            fingerprint: Fingerprint::default(),
            name: url.host_str().unwrap_or("server").to_owned(),
            entry: url.host_str().unwrap_or("server").to_owned(),
            account: DEFAULT_ACCOUNT.to_owned(),
            enabled: true,
            transport: Transport::Http { url, hint: TransportHint::Unsaid },
            filled: Vec::new(),
            headers: Vec::new(),
            passthrough: Vec::new(),
            has_oauth: false,
            oauth: OAuth::default(),
            tools: ToolSettings::default(),
            prompts: ToolSettings::default(),
            resources: ToolSettings::default(),
            timeout: None,
            resets_timeout_on_progress: false,
            max_total_timeout: None,
            start_timeout: None,
            lifetime: CommandLifetime::default(),
            description: None,
        }
    }
}

/// How a server is reached.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A server that is reached over HTTP.
    Http {
        /// The address of the server.
        url: Url,
        /// The transport that the settings name.
        hint: TransportHint,
    },
    /// A command that speaks on its standard streams.
    Stdio {
        /// The program that is started.
        command: String,
        /// The arguments of the program.
        args: CommandArguments,
        /// Environment variables of the program, in addition to those that it inherits.
        env: Vec<(String, String)>,
        /// `inheritEnv`: whether it gets the hub's whole environment instead of the safe few variables.
        inherits_environment: bool,
        /// `cwd`: where it runs; unsaid: where the hub runs.
        directory: Option<PathBuf>,
    },
}

/// When the command of a server runs, and for whom. Means nothing for a server with a URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommandLifetime {
    /// `perSessionClient`: each client session gets a process of its own.
    pub is_per_session: bool,
    /// `startOnDemand`: the command is started by the first request that needs it.
    pub is_on_demand: bool,
    /// `idleTimeoutMs`: the command is ended after this time without requests; `None`: never.
    pub idle: Option<Duration>,
}

/// `type` of a server with a URL: which transport is tried first. The other one is tried next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransportHint {
    /// Streamable HTTP: `streamable-http` or `http` in the settings.
    StreamableHttp,
    /// The older HTTP with SSE: `sse` in the settings.
    Sse,
    /// The settings name no transport.
    #[default]
    Unsaid,
}
