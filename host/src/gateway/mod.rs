//! The gateway: many MCP servers behind one endpoint.
//!
//! It routes a message on its envelope and passes it on as the bytes it came as. Behind each client session stands one
//! session per server in use, opened with the client's own capabilities, so that a server's requests to its client
//! (sampling, elicitation, roots) reach that client.
//!
//! It may use `connect` (credentials, and what a refusal means), `egress`, `settings`, `clock` and `random`. It never
//! forwards an inbound header but those that the settings name and the trace context, never touches a store or a plugin, and reads no message deeper than routing needs.
//!
//! Rooms and files, each using only those above it:
//!
//! | what | where |
//! |---|---|
//! | bounds, errors, small tools | `limits`, `budget`, `in_seconds`, `error`, `error_codes`, `lock`, `log_level`, `background` |
//! | headers, and texts in them | `mcp_headers`, `header_value` |
//! | a message and its parts, who sent it, and with which headers | `json`, `id`, `message`, `revision`, `request_meta`, `principal`, `client_headers`, `declared`, `task_messages` |
//! | which caller has which task | `caller_tasks` |
//! | replies that the hub writes itself; how a request ended, by its answer | `local_replies`, `ended` |
//! | entries of lists: kinds, names, repair, URI templates | `list_kind`, `names`, `repair`, `uri_template` |
//! | servers and transports | `upstream` |
//! | which servers are in scope | `roster` |
//! | lists: the last ones, one list of many servers, who hears of changes, what people should know | `list_cache`, `merged`, `audience`, `notes` |
//! | streams that are resumed | `replay` |
//! | client sessions and routing | `session`, `sessions` |
//! | clients of the revision without sessions | `modern` |
//! | sessions that outlive a restart | `session_key`, `sealed_session`, `ended_ids`, `wishes_file`, `kept_wishes` |
//! | clients of the transport of 2024-11-05 | `older_clients` |
//! | tasks that watch servers and logins; tools for the command line | `core`, `command_end`, `probe`, `watch`, `own_call`, `tools` |
//! | what the endpoints for clients do with it | `endpoints` |
//! | what is measured; the end of a hub | `measured`, `drain` |

mod audience;
mod background;
mod budget;
mod caller_tasks;
mod client_headers;
mod command_end;
mod core;
mod declared;
mod drain;
pub(crate) mod ended;
mod ended_ids;
mod endpoints;
mod error;
pub(crate) mod error_codes;
pub(crate) mod header_value;
mod id;
mod in_seconds;
mod json;
mod kept_wishes;
mod known_ids;
mod limits;
mod list_cache;
mod list_kind;
pub(crate) mod local_replies;
mod lock;
mod log_level;
pub(crate) mod mcp_headers;
mod measured;
mod merged;
pub(crate) mod message;
pub(crate) mod modern;
mod names;
mod notes;
mod older_clients;
mod own_call;
mod principal;
mod probe;
mod repair;
mod replay;
pub(crate) mod request_meta;
pub(crate) mod revision;
mod roster;
mod sealed_session;
pub(crate) mod session;
mod session_key;
mod sessions;
mod task_messages;
mod tools;
mod upstream;
mod uri_template;
mod watch;
mod wishes_file;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use self::audience::ListChange;
use self::background::BackgroundTask;
use self::core::{BackgroundTasks, GatewayCore};
use self::list_cache::ListCache;
use self::list_kind::ListKind;
use self::lock::lock;
use self::modern::ModernClients;
use self::older_clients::OlderClients;
use self::roster::Roster;
use self::session::{Peer, Session, SessionContext};
use self::sessions::Sessions;
use self::upstream::{Health, Http, RunningCommands, Upstream};
use crate::clock::Clock;
use crate::connect::{Connector, ListsView};
use crate::random::Random;
use crate::settings::Server;

pub use ended_ids::EndedIds;
pub use error::CallFailure;
pub use limits::GatewayLimits;
pub use principal::Principal;
pub use roster::{Callers, Grouping};
pub(crate) use roster::{ScopeError, ServerScope};
pub use session_key::SessionKey;
pub(crate) use sessions::OpenError;
pub use tools::{ToolView, ToolsAtHand};
pub use upstream::{CommandContext, GUARD, stand_guard};
pub use wishes_file::WishesFile;

/// Access to all configured servers. Cheap to clone; all clones are the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<GatewayCore>);

/// What a gateway is made of, apart from its servers and the connector.
pub struct GatewayParts {
    /// How several servers in one scope are presented.
    pub grouping: Grouping,
    /// The clock that idle times are measured with.
    pub clock: Clock,
    /// The source of session ids and of jitter in pauses.
    pub random: Random,
    /// The surroundings that commands are started in.
    pub commands: CommandContext,
    /// The directory in which the servers' lists are kept. Without one, a restart forgets them.
    pub lists: Option<PathBuf>,
}

impl Gateway {
    /// A gateway to these servers, with the usual limits. Opens no connection until it is started or used.
    pub fn new(servers: Vec<Server>, connector: Connector, parts: GatewayParts) -> Self {
        Self::bounded(servers, connector, parts, &GatewayLimits::default())
    }

    /// Like [`Self::new`], with other limits.
    pub fn bounded(servers: Vec<Server>, connector: Connector, parts: GatewayParts, limits: &GatewayLimits) -> Self {
        let http = Http::new(limits.connect, connector.network());
        let context = Arc::new(SessionContext::new(
            parts.clock,
            parts.random,
            limits.clone(),
            ListCache::in_directory(parts.lists),
        ));
        let own_session =
            Session::new(context.clone(), ServerScope::ALL, Peer::Hub, local_replies::initialize_params());
        let sessions = Arc::new(Sessions::new(context.clone()));
        let gateway = Self(Arc::new(GatewayCore {
            modern: Arc::new(ModernClients::new(context.clone())),
            older_clients: OlderClients::new(sessions.clone()),
            sessions,
            context,
            connector,
            http,
            own_session,
            tasks: Mutex::default(),
            running_commands: RunningCommands::guarded_by(parts.commands.guard.clone()),
            command_context: parts.commands,
        }));
        gateway.set(servers, parts.grouping);
        gateway
    }

    /// Replaces the servers. Unchanged ones keep their sessions, calls in flight finish, and clients are notified that
    /// their lists changed.
    pub fn set(&self, servers: Vec<Server>, grouping: Grouping) {
        let core = &self.0;
        let before = core.context.roster();
        let parts = core.upstream_parts();
        let roster = Roster::of(servers, grouping, &before, |server| Upstream::new(server, &parts));
        let before = core.context.replace_roster(roster);
        let after = core.context.roster();
        core.send_away(&before, &after);
        let mut tasks = lock(&core.tasks);
        for gone in before.not_in(&after) {
            tasks.of_servers.remove(gone.name());
            core.forget(gone.name(), after.servers.get(gone.name()).map(|upstream| &**upstream));
        }
        // Names, groups, switches, descriptions: each client is notified if it would see another list now.
        core.context.audience.announce(ListChange { server: None, kinds: ListKind::ALL.to_vec() });
        core.end_streams_without_scope(&after);
        // Before `start`, no server is watched.
        if !tasks.own.is_empty() {
            for new in after.not_in(&before) {
                tasks.of_servers.insert(new.name().to_owned(), self.watch(new));
            }
        }
    }

    /// Reads the lists that an earlier run kept, so that clients have them at once.
    pub async fn recall(&self) {
        let roster = self.0.context.roster();
        futures::future::join_all(roster.servers.values().map(|upstream| self.0.recall(upstream))).await;
    }

    /// Starts to watch the servers and the logins. A second call does nothing.
    pub fn start(&self) {
        let mut tasks = lock(&self.0.tasks);
        if !tasks.own.is_empty() {
            return;
        }
        let core = || Arc::downgrade(&self.0);
        tasks.own.push(BackgroundTask::spawn(watch::logins(core(), self.0.connector.changes())));
        tasks.own.push(BackgroundTask::spawn(watch::sweep(core())));
        tasks.own.push(BackgroundTask::spawn(watch::wishes(core())));
        for upstream in self.0.context.roster().servers.values() {
            tasks.of_servers.insert(upstream.name().to_owned(), self.watch(upstream));
        }
    }

    fn watch(&self, upstream: &Arc<Upstream>) -> BackgroundTask {
        BackgroundTask::spawn(watch::server(Arc::downgrade(&self.0), upstream.clone()))
    }

    /// Ends every client session, tells the servers that their sessions are over, and ends all commands together with
    /// the processes that they started.
    pub async fn stop(&self) {
        *lock(&self.0.tasks) = BackgroundTasks::default();
        self.0.sessions.write_wishes().await;
        let sessions = self.0.sessions.all();
        let ended = sessions.iter().filter_map(|session| self.0.sessions.take(&session.id));
        futures::future::join_all(ended.map(|session| async move { session.end().await })).await;
        self.0.modern.end().await;
        self.0.own_session.end().await;
        let roster = self.0.context.roster();
        futures::future::join_all(roster.servers.values().map(|upstream| upstream.stop())).await;
        self.0.running_commands.are_gone().await;
        self.0.context.lists.flush().await;
    }

    /// How many commands run now.
    #[must_use]
    pub fn running_commands(&self) -> usize {
        self.0.running_commands.count()
    }

    /// From now on client sessions outlive a restart: their ids carry, sealed with this key, what is needed to begin again.
    /// To be called before the first session is opened.
    /// `ended` are the sessions that clients ended. Without `wishes`, a restart forgets what clients set in their sessions.
    pub fn keep_sessions(&self, key: SessionKey, ended: EndedIds, wishes: Option<WishesFile>) {
        self.0.sessions.keep(key, ended, wishes);
    }

    /// What people should know about a server's lists: entries that were left out or repaired, and names that were
    /// changed. One sentence each, safe to show.
    #[must_use]
    pub fn notes(&self, server: &str) -> Vec<String> {
        self.0.context.notes.of(server)
    }

    /// How many tools a server lists, and whether that is out of date. `None` if nobody knows its lists.
    #[must_use]
    pub fn lists(&self, server: &str) -> Option<ListsView> {
        let context = &self.0.context;
        let tools = context.lists.count_of_tools(server, &self.0.own_session.class)?;
        let is_up = context.upstream(server).is_some_and(|upstream| upstream.health() == Health::Up);
        let stale = !is_up || context.lists.is_late(server) || context.lists.is_of_earlier_run(server);
        Some(ListsView { tools, stale })
    }

    /// The tools of one server, or of all. A server that does not answer contributes none.
    pub async fn tools(&self, server: Option<&str>) -> Vec<ToolView> {
        tools::of_all(&self.0, server).await
    }

    /// The tools of one server, or why they are not known.
    pub async fn tools_of(&self, server: &str) -> Result<Vec<ToolView>, CallFailure> {
        tools::of_server(&self.0, server).await
    }

    /// The tools of one server, without waiting for it longer than needed: else those that it listed before.
    pub async fn tools_at_hand(&self, server: &str) -> Result<ToolsAtHand, CallFailure> {
        tools::at_hand(&self.0, server).await
    }

    /// Calls a tool by the server's own name for it. The result is passed on as it is, also where it says `isError`. The call
    /// is cancelled if the caller stops waiting.
    pub async fn call(
        &self,
        server: &str,
        tool: &str,
        arguments: serde_json::Map<String, Value>,
    ) -> Result<Value, CallFailure> {
        tools::call(&self.0, server, tool, &arguments).await
    }
}
