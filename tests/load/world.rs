//! The hub, its servers, and the clients that use it all at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcphub_tests::{Home, Hub};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fake_http::Fakes;
use crate::wire::Wire;
use crate::{with_sessions, without_sessions};

/// Clients of each generation at once.
const CLIENTS: usize = 4;
/// A client leaves its session, or a call that waits for its answer, this often.
const LEAVING: Duration = Duration::from_millis(700);
/// The command dies, and the lists of a server change, this often.
const DISTURBING: Duration = Duration::from_secs(10);

/// A server behind the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Over HTTP, with sessions.
    Old,
    /// Over HTTP, without sessions.
    New,
    /// The server that is a command.
    Command,
}

/// An endpoint of the hub.
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    pub(crate) servers: &'static [Server],
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint { path: "/mcp", servers: &[Server::Old, Server::New, Server::Command] },
    Endpoint { path: "/mcp/old", servers: &[Server::Old] },
    Endpoint { path: "/mcp/new", servers: &[Server::New] },
    Endpoint { path: "/mcp/cmd", servers: &[Server::Command] },
];

impl Server {
    /// Whether calls may fail because it has just died.
    pub(crate) const fn may_be_down(self) -> bool {
        matches!(self, Self::Command)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
            Self::Command => "cmd",
        }
    }
}

impl Endpoint {
    fn of(round: usize) -> &'static Self {
        &ENDPOINTS[round % ENDPOINTS.len()]
    }

    /// The name of a server's tool.
    pub(crate) fn tool(&self, server: Server, tool: &str) -> String {
        if self.servers.len() == 1 { tool.to_owned() } else { format!("{}-{tool}", server.name()) }
    }
}

/// Everything. Clones are the same.
#[derive(Clone)]
pub(crate) struct World(Arc<Parts>);

struct Parts {
    hub: Hub,
    fakes: Fakes,
    wire: Wire,
    rounds: AtomicUsize,
    sessions: AtomicUsize,
    /// Sessions that their clients have left: endpoint and id.
    left: Mutex<Vec<(&'static str, String)>>,
    /// Retries of calls that wait for them.
    waiting: Mutex<Vec<Value>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let fakes = Fakes::start().await;
        let settings = json!({
            "mcpServers": {
                "old": {"url": fakes.old_url},
                "new": {"url": fakes.new_url},
                "cmd": {"command": "python3", "args": ["-c", include_str!("command.py")]},
            },
            "systemConfig": {"sessions": {"max": 100, "idleMinutes": 1}},
        });
        let hub = Hub::start_in(Home::new(&settings.to_string()), 0, &[("RUST_LOG", "warn")]);
        for server in ["old", "new", "cmd"] {
            hub.until(server, "connected").await;
        }
        let wire = Wire::new(&hub.url);
        let (rounds, sessions) = (AtomicUsize::default(), AtomicUsize::default());
        Self(Arc::new(Parts { hub, fakes, wire, rounds, sessions, left: Mutex::default(), waiting: Mutex::default() }))
    }

    pub(crate) fn hub_id(&self) -> u32 {
        self.0.hub.id()
    }

    /// The address that the hub listens on, without a scheme.
    pub(crate) fn address(&self) -> String {
        self.0.hub.url.trim_start_matches("http://").to_owned()
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// Sessions at servers, and streams that they hold open.
    pub(crate) fn at_servers(&self) -> (usize, usize) {
        self.0.fakes.held()
    }

    /// Requests and sessions so far.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.0.wire.requests(), self.0.sessions.load(Ordering::Relaxed))
    }

    /// Uses the hub in every way for this long.
    pub(crate) async fn load(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(self.clone().with_sessions(end));
            clients.spawn(self.clone().without_sessions(end));
        }
        clients.spawn(self.clone().leaving(end));
        clients.spawn(self.clone().disturbing(end));
        while let Some(ended) = clients.join_next().await {
            ended.expect("every client is answered");
        }
    }

    fn next_round(&self) -> usize {
        self.0.rounds.fetch_add(1, Ordering::Relaxed)
    }

    async fn with_sessions(self, end: Instant) {
        while Instant::now() < end {
            let round = self.next_round();
            let client = with_sessions::live(&self.0.wire, Endpoint::of(round), round).await;
            self.0.sessions.fetch_add(1, Ordering::Relaxed);
            assert_eq!(with_sessions::Client::end(&self.0.wire, client.path, &client.session).await, 204);
        }
    }

    async fn without_sessions(self, end: Instant) {
        while Instant::now() < end {
            let round = self.next_round();
            without_sessions::live(&self.0.wire, Endpoint::of(round), round).await;
        }
    }

    /// Clients that leave their session, or a call that asked them something.
    async fn leaving(self, end: Instant) {
        let mut pace = tokio::time::interval(LEAVING);
        while Instant::now() < end {
            pace.tick().await;
            let round = self.next_round();
            let client = with_sessions::live(&self.0.wire, Endpoint::of(round), round).await;
            self.0.sessions.fetch_add(1, Ordering::Relaxed);
            self.0.left.lock().expect("left").push((client.path, client.session));
            let retry = without_sessions::asked(&self.0.wire, "/mcp/old", "ask", &round.to_string()).await;
            self.0.waiting.lock().expect("waiting").push(retry);
        }
    }

    async fn disturbing(self, end: Instant) {
        let mut pace = tokio::time::interval(DISTURBING);
        while Instant::now() < end {
            pace.tick().await;
            self.0.fakes.announce();
            without_sessions::crash(&self.0.wire).await;
        }
    }

    /// The clients that left come back a last time: they end their sessions, and answer what they were asked.
    pub(crate) async fn leave(&self) {
        let left = std::mem::take(&mut *self.0.left.lock().expect("left"));
        for (path, session) in left {
            let status = with_sessions::Client::end(&self.0.wire, path, &session).await;
            assert!(status == 204 || status == 404, "{status}");
        }
        let waiting = std::mem::take(&mut *self.0.waiting.lock().expect("waiting"));
        for retry in waiting {
            without_sessions::retried(&self.0.wire, "/mcp/old", retry).await;
        }
        // The command may have died at the very end, and a call starts it again.
        without_sessions::revive(&self.0.wire).await;
    }
}
