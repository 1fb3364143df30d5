//! One server of the settings, as the connector sees it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mcphub_oauth::challenge::Challenge;
use mcphub_oauth::grant::GrantKey;
use mcphub_oauth::server_address::ServerAddress;
use url::Url;

use super::discovery::Discovered;
use super::error::ConnectError;
use super::journal::Journal;
use super::secrets;
use super::status::Status;
use crate::clock::Clock;
use crate::egress::Redaction;
use crate::settings::Server;

/// One server.
pub(super) struct Entry {
    pub(super) server: Server,
    pub(super) key: GrantKey,
    /// What its grants are bound to; none for commands.
    pub(super) address: Option<ServerAddress>,
    pub(super) journal: Arc<Journal>,
    /// Takes out of a text what was sent, and what the entry of the settings holds.
    pub(super) redaction: Redaction,
    /// One login step at a time.
    pub(super) flow: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// What is known now, and lost at a restart.
#[derive(Clone)]
pub(super) struct State {
    pub(super) status: Status,
    pub(super) problem: Option<String>,
    /// The last refusal: where discovery begins, and which scopes are wanted.
    pub(super) challenge: Option<Challenge>,
    /// The tool whose call that was.
    pub(super) tool: Option<String>,
    pub(super) discovered: Option<Arc<Discovered>>,
    /// The same of the grant's issuer, without what only a login needs: the server may have moved to another one since.
    pub(super) of_grant: Option<Arc<Discovered>>,
    /// The client that this server's login showed to be gone: it is not used for it again, though others may share it.
    pub(super) gone_client: Option<String>,
    /// Why the last login ended, for the person who is asked for the next one.
    pub(super) ended: Option<String>,
    /// Refreshes that failed in a row for a passing reason, and when the next one may be tried.
    pub(super) failures: u32,
    pub(super) retry_at: SystemTime,
    /// The grant that a forced refresh made: if it is refused too, refreshing does not help.
    pub(super) forced: Option<u64>,
}

impl Entry {
    pub(super) fn new(server: Server, clock: Clock, redaction: &Redaction) -> Self {
        let redaction = secrets::learned(redaction, &server);
        let status = if server.enabled { Status::Connecting } else { Status::Disabled };
        let state = State {
            status,
            problem: None,
            challenge: None,
            tool: None,
            discovered: None,
            of_grant: None,
            gone_client: None,
            ended: None,
            failures: 0,
            retry_at: SystemTime::UNIX_EPOCH,
            forced: None,
        };
        Self {
            key: GrantKey { account: server.account.clone(), ..GrantKey::of_server(server.entry.clone()) },
            address: server.address(),
            journal: Arc::new(Journal::new(server.name.clone(), clock, redaction.clone())),
            redaction,
            flow: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            server,
        }
    }

    /// The same server with changed settings: its events stay, and at the same address the last challenge.
    pub(super) fn with(&self, server: Server) -> Self {
        let new = Self::new(server, self.journal.clock(), &self.redaction);
        let challenge = self.state().challenge.filter(|_| self.url() == new.url());
        new.update(|state| state.challenge = challenge);
        Self { journal: Arc::new(self.journal.under(new.redaction.clone())), ..new }
    }

    /// What is known of this issuer, the newest.
    pub(super) fn known(&self, issuer: &str) -> Option<Arc<Discovered>> {
        let state = self.state();
        let all = [state.discovered, state.of_grant].into_iter().flatten();
        all.filter(|known| known.metadata.issuer.as_str() == issuer).max_by_key(|known| known.fresh_until)
    }

    pub(super) fn name(&self) -> &str {
        &self.server.name
    }

    /// The URL of the MCP server; none for commands.
    pub(super) const fn url(&self) -> Option<&Url> {
        self.server.url()
    }

    /// An error that is no event, as the log may have it.
    pub(super) fn shown(&self, what: &str, error: &ConnectError) -> String {
        self.redaction.shown(&format!("{}: {what}: {error}", self.name()))
    }

    pub(super) fn state(&self) -> State {
        self.lock().clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
    }

    pub(super) fn set_status(&self, status: Status, problem: Option<String>) {
        let problem = problem.map(|problem| self.redaction.shown(&problem));
        self.update(|state| {
            if state.status != Status::Disabled {
                state.status = status;
                state.problem = problem;
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
