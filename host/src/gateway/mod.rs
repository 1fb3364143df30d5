//! The way to the servers: upstream transports, sessions, and many servers as one.
//!
//! Messages are routed on their envelope and passed on as they came. A client's session has a session of its own with
//! each server that it uses, begun with the client's own capabilities, so that what a server asks of its client
//! (sampling, elicitation, roots) reaches that client. No inbound header is ever passed on.
//!
//! | what | file |
//! |---|---|
//! | a message, read no deeper than needed | `message`, `id`, `json`, `revision` |
//! | what the hub itself says | `speech` |
//! | servers and transports | `upstream` |
//! | clients' sessions and routing | `session`, `sessions` |
//! | lists: their entries, their names, what is known | `listing`, `sound`, `names`, `table`, `layout`, `known`, `template` |
//! | is a server there, did a login change | `watch` |

mod budget;
mod error;
mod id;
mod json;
mod known;
mod layout;
mod limits;
mod listing;
mod lock;
pub(crate) mod message;
mod names;
pub(crate) mod revision;
pub(crate) mod session;
mod sessions;
mod shared;
mod sound;
pub(crate) mod speech;
mod switched;
mod table;
mod template;
mod tools;
mod upstream;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::connect::Connector;
use crate::random::Random;
use crate::settings::Server;

pub use error::{CallFailure, GatewayError};
pub use layout::Layout;
pub use limits::Limits;
pub use tools::ToolView;
pub use upstream::{GUARD, Premises, stand_guard};

use lock::lock;
use message::{Id, Message};
use session::client::ClientError;
use session::{Party, Scope, Session};
use sessions::{Full, Sessions};
use shared::{Roster, Shared};
use upstream::http::Http;
use upstream::task::Task;
use upstream::wire::Means;
use upstream::{Living, Upstream};

/// The way to the servers.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

/// What a gateway is made of, besides servers and logins.
pub struct GatewayParts {
    /// How servers are put together.
    pub layout: Layout,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// What commands are started in.
    pub premises: Premises,
}

struct Inner {
    shared: Arc<Shared>,
    connector: Connector,
    http: Http,
    sessions: Sessions,
    /// The hub's own session, for probing and for the command line.
    hub: Arc<Session>,
    tasks: Mutex<Tasks>,
    premises: Premises,
    /// The commands that run.
    living: Living,
}

/// What runs by itself, once the gateway was started.
#[derive(Default)]
struct Tasks {
    own: Vec<Task>,
    of_servers: HashMap<String, Task>,
}

/// Why there is no scope of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// No such server.
    #[error("no server and no group is called {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    /// Switched off.
    #[error("{0} is switched off; remove \"enabled\": false from its entry in the settings")]
    Disabled(String),
}

/// Why a session is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    /// There are too many.
    #[error(transparent)]
    Full(#[from] Full),
    /// The client says too much of itself.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Gateway {
    /// A gateway to these servers. Nothing is opened yet.
    pub fn new(servers: Vec<Server>, connector: Connector, parts: GatewayParts) -> Result<Self, GatewayError> {
        Self::bounded(servers, connector, parts, &Limits::default())
    }

    /// A gateway with bounds of the caller's.
    pub fn bounded(
        servers: Vec<Server>,
        connector: Connector,
        parts: GatewayParts,
        limits: &Limits,
    ) -> Result<Self, GatewayError> {
        let http = Http::new(limits.connect, connector.network())?;
        let shared = Arc::new(Shared::new(parts.clock, parts.random, limits.clone()));
        let hub = Session::new(shared.clone(), Scope::All, Party::Hub, speech::introduction());
        let sessions = Sessions::new(shared.clone());
        let (tasks, living, premises) =
            (Mutex::default(), Living::guarded_by(parts.premises.guard.clone()), parts.premises);
        let gateway = Self(Arc::new(Inner { shared, connector, http, sessions, hub, tasks, premises, living }));
        gateway.set(servers, parts.layout);
        Ok(gateway)
    }

    /// Puts these servers in the place of those before. Unchanged ones go on undisturbed; calls under way finish; clients
    /// are told that the lists changed.
    pub fn set(&self, servers: Vec<Server>, layout: Layout) {
        let Inner { shared, connector, http, premises, living, .. } = &*self.0;
        let before = shared.roster();
        let waiting = &shared.waiting;
        let means = Means { http, connector, limits: &shared.limits, waiting, premises, living };
        let roster = Roster::of(servers, layout, &before, |server| Upstream::new(server, &means));
        let before = shared.replace(roster);
        let after = shared.roster();
        let mut tasks = lock(&self.0.tasks);
        for gone in before.not_in(&after) {
            tasks.of_servers.remove(gone.name());
            self.0.forget(gone.name());
        }
        if before.layout.groups != after.layout.groups {
            after.servers.keys().for_each(|server| watch::announce(&self.0, server));
        }
        if !tasks.own.is_empty() {
            for new in after.not_in(&before) {
                tasks.of_servers.insert(new.name().to_owned(), self.watch(new));
            }
        }
    }

    /// Begins to watch the servers and the logins, once.
    pub fn start(&self) {
        let mut tasks = lock(&self.0.tasks);
        if !tasks.own.is_empty() {
            return;
        }
        let inner = || Arc::downgrade(&self.0);
        tasks.own.push(Task::spawn(watch::logins(inner(), self.0.connector.changes())));
        tasks.own.push(Task::spawn(watch::sweep(inner())));
        for upstream in self.0.shared.roster().servers.values() {
            tasks.of_servers.insert(upstream.name().to_owned(), self.watch(upstream));
        }
    }

    fn watch(&self, upstream: &Arc<Upstream>) -> Task {
        Task::spawn(watch::server(Arc::downgrade(&self.0), upstream.clone()))
    }

    /// Ends everything: the servers are told that their sessions are over, and commands end with all that they started.
    pub async fn stop(&self) {
        *lock(&self.0.tasks) = Tasks::default();
        let sessions = self.0.sessions.all();
        let ended = sessions.iter().filter_map(|session| self.0.sessions.take(&session.id));
        futures::future::join_all(ended.map(|session| async move { session.end().await })).await;
        self.0.hub.end().await;
        self.0.living.are_gone().await;
    }

    /// The scope of an endpoint: all servers, the group, or the server of this name; a group wins.
    pub(crate) fn scope(&self, name: Option<&str>) -> Result<Scope, ScopeError> {
        let Some(name) = name else { return Ok(Scope::All) };
        let roster = self.0.shared.roster();
        if let Some(group) = roster.layout.groups.get(name) {
            return Ok(Scope::Group(group.name.clone()));
        }
        if roster.servers.contains_key(name) {
            return Ok(Scope::One(name.to_owned()));
        }
        if roster.disabled.iter().any(|disabled| disabled == name) {
            return Err(ScopeError::Disabled(name.to_owned()));
        }
        Err(ScopeError::Unknown { name: name.to_owned(), known: self.known() })
    }

    /// Begins a client's session and answers its `initialize`.
    pub(crate) async fn open(
        &self,
        scope: Scope,
        id: Id,
        initialize: &Message,
    ) -> Result<(Arc<Session>, Message), OpenError> {
        let client = session::client::introduced(&initialize.params())?;
        let session = Session::new(self.0.shared.clone(), scope, Party::Client, client);
        self.0.sessions.keep(session.clone()).await?;
        let greeting = session.greet(id).await;
        Ok((session, greeting))
    }

    /// A client's session, if it was begun in this scope.
    pub(crate) fn session(&self, id: &str, scope: &Scope) -> Option<Arc<Session>> {
        self.0.sessions.get(id).filter(|session| session.scope == *scope)
    }

    /// Ends a client's session.
    pub(crate) async fn close(&self, session: &Session) {
        if let Some(session) = self.0.sessions.take(&session.id) {
            session.end().await;
        }
    }

    /// What was told about a server: entries that were left out or put right, and names that are not its own.
    #[must_use]
    pub fn notes(&self, server: &str) -> Vec<String> {
        self.0.shared.known.told(server)
    }

    /// The largest message that is taken from a client.
    pub(crate) fn message_limit(&self) -> usize {
        self.0.shared.limits.message_bytes
    }

    fn known(&self) -> String {
        let roster = self.0.shared.roster();
        roster.servers.keys().chain(roster.layout.groups.keys()).map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Inner {
    /// Lets go of a server that is not, or no longer the same, in the settings.
    fn forget(&self, server: &str) {
        self.shared.known.forget(server);
        self.hub.forget_server(server);
        for session in self.sessions.all() {
            session.forget_server(server);
        }
        watch::announce(self, server);
    }
}
