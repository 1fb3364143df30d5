//! One server of the settings: its settings, its state, and what the hub remembers about it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcphub_oauth::grant::GrantKey;
use mcphub_oauth::server_address::ServerAddress;
use url::Url;

use super::error::ConnectError;
use super::event::Stage;
use super::journal::Journal;
use super::memory::{Demand, Memory};
use super::secrets;
use super::state::{Failure, ServerState};
use super::target::Discovered;
use crate::clock::Clock;
use crate::egress::Redaction;
use crate::settings::Server;

/// One server. A change of its settings creates a new entry, see [`Entry::with`].
pub(crate) struct Entry {
    /// The server as the settings describe it.
    pub(crate) server: Server,
    /// The key under which the store keeps its grant.
    pub(crate) key: GrantKey,
    /// The address that its grants are bound to. A command has none.
    pub(crate) address: Option<ServerAddress>,
    /// The latest events of this server.
    pub(crate) journal: Arc<Journal>,
    /// Removes the secrets from a text: those that the hub has sent, and those in the server's settings.
    pub(crate) redaction: Redaction,
    /// Held during a step of a login, so that one step runs at a time.
    pub(crate) flow: tokio::sync::Mutex<()>,
    state: Mutex<ServerState>,
    memory: Mutex<Memory>,
}

impl Entry {
    pub(crate) fn new(server: Server, clock: Clock, redaction: &Redaction) -> Self {
        let redaction = secrets::learned(redaction, &server);
        let state = if server.enabled { ServerState::Connecting } else { ServerState::Disabled };
        Self {
            key: GrantKey { account: server.account.clone(), ..GrantKey::of_server(server.entry.clone()) },
            address: server.address(),
            journal: Arc::new(Journal::new(server.name.clone(), clock, redaction.clone())),
            redaction,
            flow: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            memory: Mutex::default(),
            server,
        }
    }

    /// The same server with changed settings. It keeps its events, and its last challenge if the address is the same.
    pub(crate) fn with(&self, server: Server) -> Self {
        let new = Self::new(server, self.journal.clock(), &self.redaction);
        let challenge = self.memory().demand.challenge.filter(|_| self.url() == new.url());
        new.remember(|memory| memory.demand = Demand { challenge, tool: None });
        Self { journal: Arc::new(self.journal.under(new.redaction.clone())), ..new }
    }

    pub(crate) fn name(&self) -> &str {
        &self.server.name
    }

    /// The URL of the MCP server. A command has none.
    pub(crate) const fn url(&self) -> Option<&Url> {
        self.server.url()
    }

    /// The log text of an error that is not an event. It shows no secret.
    pub(crate) fn shown(&self, what: &str, error: &ConnectError) -> String {
        self.redaction.shown(&format!("{}: {what}: {error}", self.name()))
    }

    /// A copy of what is remembered now.
    pub(crate) fn memory(&self) -> Memory {
        self.lock_memory().clone()
    }

    /// Changes what is remembered. The lock is held during `change`, so it must not wait.
    pub(crate) fn remember(&self, change: impl FnOnce(&mut Memory)) {
        change(&mut self.lock_memory());
    }

    /// What was discovered at this issuer. The newest result wins.
    pub(crate) fn discovered_at(&self, issuer: &str) -> Option<Arc<Discovered>> {
        let memory = self.lock_memory();
        let all = [memory.discovered.as_ref(), memory.of_grant.as_ref()].into_iter().flatten();
        let here = all.filter(|known| known.metadata.issuer.as_str() == issuer);
        here.max_by_key(|known| known.fresh_until).cloned()
    }

    fn lock_memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The transitions between states. A server that is switched off stays off until its settings change.
impl Entry {
    /// A copy of the state that the server is in now.
    pub(crate) fn state(&self) -> ServerState {
        self.lock_state().clone()
    }

    /// The server has answered a request.
    pub(crate) fn connected(&self) {
        self.become_state(ServerState::Connected);
    }

    /// The hub is trying the server now.
    pub(crate) fn connecting(&self) {
        self.become_state(ServerState::Connecting);
    }

    /// A person must log in. `why` says what happened to the last login.
    pub(crate) fn login_required(&self, why: Option<String>) {
        self.become_state(ServerState::LoginRequired { why: why.map(|why| self.redaction.shown(&why)) });
    }

    /// A person must set up a client.
    pub(crate) fn setup_required(&self, why: &str) {
        self.become_state(ServerState::SetupRequired { why: self.redaction.shown(why) });
    }

    /// The server cannot be used.
    pub(crate) fn failed(&self, failure: &Failure) {
        let failure = self.continued(failure);
        self.become_state(ServerState::Failed(failure));
    }

    /// The server cannot be used, because a step of a login failed.
    pub(crate) fn failed_by(&self, error: &ConnectError, stage: Stage) {
        self.failed(&Failure::of(error, stage, self.journal.clock().now()));
    }

    /// A call failed. Only a working server can become unstable: in every other state, the state itself says more.
    pub(crate) fn unstable(&self, failure: &Failure) {
        let next = ServerState::Unstable(self.continued(failure));
        self.become_state_if(next, |now| matches!(now, ServerState::Connected | ServerState::Unstable(_)));
    }

    fn continued(&self, failure: &Failure) -> Failure {
        let shown = Failure {
            message: self.redaction.shown(&failure.message),
            remedy: failure.remedy.as_deref().map(|remedy| self.redaction.shown(remedy)),
            ..failure.clone()
        };
        shown.after(self.lock_state().failure())
    }

    fn become_state(&self, next: ServerState) {
        self.become_state_if(next, |_| true);
    }

    /// Asks and changes in one step, so that no state that came in between is lost.
    fn become_state_if(&self, next: ServerState, may: impl FnOnce(&ServerState) -> bool) {
        let mut state = self.lock_state();
        if *state == ServerState::Disabled || !may(&state) {
            return;
        }
        let (before, now) = (state.status(), next.status());
        let problem = next.problem().unwrap_or_default();
        *state = next;
        drop(state);
        if before != now {
            let name = self.name();
            tracing::debug!(server.name = name, ?before, ?now, "{name} was {before:?} and is {now:?} now. {problem}");
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, ServerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::connect::core::state::{FailureCode, Status};

    fn entry(enabled: bool) -> Entry {
        let server = Server { enabled, ..Server::examined("https://mcp.example/mcp".parse().expect("url")) };
        Entry::new(server, Clock::of(|| UNIX_EPOCH), &Redaction::default())
    }

    fn failure(message: &str) -> Failure {
        Failure::new(FailureCode::ServerUnreachable, message.to_owned(), UNIX_EPOCH)
    }

    #[test]
    fn a_call_that_fails_makes_only_a_working_server_unstable() {
        let entry = entry(true);

        entry.unstable(&failure("no answer"));
        assert_eq!(entry.state().status(), Status::Connecting);
        entry.connected();
        entry.unstable(&failure("no answer"));
        assert_eq!(entry.state().status(), Status::Unstable);
        entry.login_required(None);
        entry.unstable(&failure("no answer"));
        assert_eq!(entry.state().status(), Status::LoginRequired);
    }

    #[test]
    fn a_server_that_works_again_has_no_problem_any_more() {
        let entry = entry(true);

        entry.failed(&failure("no answer"));
        entry.failed(&failure("no answer"));
        assert_eq!(entry.state().failure().map(|failure| failure.attempts), Some(2));
        entry.connected();

        assert_eq!(entry.state().problem(), None);
    }

    #[test]
    fn a_server_that_is_switched_off_stays_so() {
        let entry = entry(false);

        entry.connected();
        entry.failed(&failure("no answer"));

        assert_eq!(entry.state(), ServerState::Disabled);
    }

    #[test]
    fn changed_settings_keep_the_challenge_at_the_same_address_only() {
        let before = entry(true);
        before.remember(|memory| memory.demand.challenge = Some(mcphub_oauth::challenge::Challenge::default()));
        let same = Server::examined("https://mcp.example/mcp".parse().expect("url"));
        let moved = Server::examined("https://mcp.example/other".parse().expect("url"));

        assert!(before.with(same).memory().demand.challenge.is_some());
        assert!(before.with(moved).memory().demand.challenge.is_none());
    }
}
