//! The way to the servers: upstream transports, sessions, and many servers as one.
//!
//! Messages are routed on their envelope and passed on as they came. A client's session has a session of its own with
//! each server that it uses, begun with the client's own capabilities, so that what a server asks of its client
//! (sampling, elicitation, roots) reaches that client. No inbound header is ever passed on.
//!
//! | what | file |
//! |---|---|
//! | a message, read no deeper than needed | `message`, `json`, `revision` |
//! | what the hub itself says | `speech` |
//! | servers and transports | `upstream` |
//! | clients' sessions and routing | `session`, `sessions`, `names` |
//! | is a server there, did a login change | `watch` |

mod error;
mod json;
mod limits;
mod lock;
pub(crate) mod message;
mod names;
pub(crate) mod revision;
pub(crate) mod session;
mod sessions;
mod shared;
pub(crate) mod speech;
mod tools;
mod upstream;
mod watch;

use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::connect::Connector;
use crate::random::Random;
use crate::settings::Server;

pub use error::{CallFailure, GatewayError};
pub use limits::Limits;
pub use tools::ToolView;

use lock::lock;
use message::{Id, Message};
use session::{Party, Scope, Session};
use sessions::Sessions;
use shared::Shared;
use upstream::Upstream;
use upstream::http::Http;
use upstream::task::Task;
use upstream::wire::Means;

/// The way to the servers.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

/// What a gateway is made of, besides servers and logins.
pub struct GatewayParts {
    /// Between a server's name and a tool's.
    pub separator: String,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
}

struct Inner {
    shared: Arc<Shared>,
    connector: Connector,
    sessions: Sessions,
    /// The hub's own session, for probing and for the command line.
    hub: Arc<Session>,
    tasks: Mutex<Vec<Task>>,
}

/// Why there is no scope of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// No such server.
    #[error("no server is called {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    /// Switched off.
    #[error("{0} is switched off; remove \"enabled\": false from its entry in the settings")]
    Disabled(String),
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
        let http = Http::new(limits.connect)?;
        let means = Means { http: &http, connector: &connector, limits };
        let (enabled, disabled): (Vec<Server>, Vec<Server>) = servers.into_iter().partition(|server| server.enabled);
        let upstream = |server: Server| (server.name.clone(), Arc::new(Upstream::new(server, &means)));
        let shared = Arc::new(Shared {
            servers: enabled.into_iter().map(upstream).collect(),
            disabled: disabled.into_iter().map(|server| server.name).collect(),
            separator: parts.separator,
            clock: parts.clock,
            random: parts.random,
            limits: limits.clone(),
        });
        let hub = Session::new(shared.clone(), Scope::All, Party::Hub, speech::introduction());
        let sessions = Sessions::new(shared.clone());
        Ok(Self(Arc::new(Inner { shared, connector, sessions, hub, tasks: Mutex::default() })))
    }

    /// Begins to watch the servers and the logins, once.
    pub fn start(&self) {
        let mut tasks = lock(&self.0.tasks);
        if !tasks.is_empty() {
            return;
        }
        let inner = || Arc::downgrade(&self.0);
        tasks.push(Task::spawn(watch::logins(inner(), self.0.connector.changes())));
        tasks.push(Task::spawn(watch::sweep(inner())));
        for upstream in self.0.shared.servers.values() {
            tasks.push(Task::spawn(watch::server(inner(), upstream.clone())));
        }
    }

    /// Ends everything: the servers are told that their sessions are over.
    pub async fn stop(&self) {
        lock(&self.0.tasks).clear();
        let sessions = self.0.sessions.all();
        let ended = sessions.iter().filter_map(|session| self.0.sessions.take(&session.id));
        futures::future::join_all(ended.map(|session| async move { session.end().await })).await;
        self.0.hub.end().await;
    }

    /// The scope of an endpoint: all servers, or the one of this name.
    pub(crate) fn scope(&self, server: Option<&str>) -> Result<Scope, ScopeError> {
        let Some(name) = server else { return Ok(Scope::All) };
        let shared = &self.0.shared;
        match shared.servers.get(name) {
            Some(upstream) => Ok(Scope::One(upstream.clone())),
            None if shared.disabled.iter().any(|disabled| disabled == name) => {
                Err(ScopeError::Disabled(name.to_owned()))
            }
            None => Err(ScopeError::Unknown { name: name.to_owned(), known: self.known() }),
        }
    }

    /// Begins a client's session and answers its `initialize`.
    pub(crate) async fn open(&self, scope: Scope, id: Id, initialize: &Message) -> (Arc<Session>, Message) {
        let session = Session::new(self.0.shared.clone(), scope, Party::Client, initialize.params());
        let greeting = session.greet(id).await;
        self.0.sessions.keep(session.clone()).await;
        (session, greeting)
    }

    /// A client's session, if it was begun in this scope.
    pub(crate) fn session(&self, id: &str, scope: &Scope) -> Option<Arc<Session>> {
        self.0.sessions.get(id).filter(|session| match (&session.scope, scope) {
            (Scope::All, Scope::All) => true,
            (Scope::One(one), Scope::One(other)) => Arc::ptr_eq(one, other),
            (Scope::All, Scope::One(_)) | (Scope::One(_), Scope::All) => false,
        })
    }

    /// Ends a client's session.
    pub(crate) async fn close(&self, session: &Session) {
        if let Some(session) = self.0.sessions.take(&session.id) {
            session.end().await;
        }
    }

    /// The largest message that is taken from a client.
    pub(crate) fn message_limit(&self) -> usize {
        self.0.shared.limits.message_bytes
    }

    fn known(&self) -> String {
        self.0.shared.servers.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}
