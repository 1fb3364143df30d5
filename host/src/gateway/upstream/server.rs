//! One server that is switched on: its health, and the way to a session with it.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, mpsc, watch};

use super::opening::Opener;
use super::parts::UpstreamParts;
use super::session::UpstreamSession;
use super::shared::{CommandState, SharedCommand};
use crate::egress::Redaction;
use crate::gateway::client_headers::LastHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message};
use crate::settings::Server;
use crate::telemetry::ServerTraffic;

/// Different problems of one outage that are logged.
const DIFFERENT_PROBLEMS: usize = 8;

/// Whether a server can be used, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// Not tried yet, or not since something changed.
    Unknown,
    /// It answered when it was last tried.
    Up,
    /// It did not answer when it was last tried.
    Down,
    /// It needs a login that is missing or failed.
    Blocked,
}

/// A server that is switched on.
pub(crate) struct Upstream {
    pub(crate) server: Server,
    /// What is measured of its requests.
    pub(crate) traffic: Arc<ServerTraffic>,
    redaction: Redaction,
    opener: Arc<Opener>,
    health: Mutex<Health>,
    /// A failure that its background task has not looked into yet.
    pending_failure: Mutex<Option<UpstreamError>>,
    /// The problems that were logged since the server last answered.
    reported: Mutex<Vec<String>>,
    /// Wakes the task that watches this server.
    pub(crate) wake: Notify,
    /// Counts how often the login came or went.
    logins: watch::Sender<u64>,
}

impl Upstream {
    /// Connects to nothing yet.
    pub(crate) fn new(server: Server, parts: &UpstreamParts<'_>) -> Self {
        Self {
            opener: Arc::new(Opener::new(&server, parts)),
            redaction: parts.connector.redaction(&server.name),
            traffic: parts.traffic.of(&server.name),
            server,
            health: Mutex::new(Health::Unknown),
            pending_failure: Mutex::default(),
            reported: Mutex::default(),
            wake: Notify::new(),
            logins: watch::Sender::new(0),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.server.name
    }

    /// A text about this server without anything secret: neither what it was sent nor what its entry in the settings holds.
    pub(crate) fn redacted(&self, what: &impl ToString) -> String {
        self.redaction.shown(&what.to_string())
    }

    /// The server's message without secrets, where it tells of a failure. Other messages are left as they are.
    pub(crate) fn without_secrets(&self, message: Message) -> Message {
        message.with_failure(|text| self.redaction.hide(text))
    }

    pub(crate) fn health(&self) -> Health {
        *lock(&self.health)
    }

    /// Sets the health, and returns what it was.
    pub(crate) fn set_health(&self, health: Health) -> Health {
        std::mem::replace(&mut lock(&self.health), health)
    }

    /// Records that a request failed. An outage wakes the server's task.
    pub(crate) fn note_failure(&self, error: &UpstreamError) {
        if error.is_outage() && self.health() == Health::Up {
            self.wake.notify_one();
        }
    }

    /// Records that the server does not answer in an open session. Nobody waits for it until it answers again.
    pub(crate) fn note_hang(&self, error: &UpstreamError) {
        if self.health() == Health::Up {
            self.set_health(Health::Down);
            *lock(&self.pending_failure) = Some(error.clone());
            self.wake.notify_one();
        }
    }

    /// Takes the failure that its task has to look into.
    pub(crate) fn take_pending_failure(&self) -> Option<UpstreamError> {
        lock(&self.pending_failure).take()
    }

    /// Whether this problem was not logged since the server last answered. Counts as logged from then on.
    pub(crate) fn is_new_problem(&self, problem: &str) -> bool {
        let mut reported = lock(&self.reported);
        let is_new = reported.len() < DIFFERENT_PROBLEMS && !reported.iter().any(|other| other == problem);
        if is_new {
            reported.push(problem.to_owned());
        }
        is_new
    }

    /// Records that the server answers. Returns whether a problem was logged before.
    pub(crate) fn recovered(&self) -> bool {
        !std::mem::take(&mut *lock(&self.reported)).is_empty()
    }

    /// Records an answer. If the server was thought to be down or blocked, its task looks again.
    pub(crate) fn note_answer(&self) {
        if matches!(self.health(), Health::Down | Health::Blocked) {
            self.wake.notify_one();
        }
    }

    /// Records that the login came or went.
    pub(crate) fn login_changed(&self) {
        self.note_login();
        self.set_health(Health::Unknown);
        self.wake.notify_one();
    }

    /// Records that there is another login, or none, which may be the work of another process.
    pub(crate) fn note_login(&self) {
        self.logins.send_modify(|count| *count += 1);
    }

    /// Changes whenever the login comes or goes.
    pub(crate) fn logins(&self) -> watch::Receiver<u64> {
        self.logins.subscribe()
    }

    /// Follows the command that sessions share. `None` if the server is no such command.
    pub(crate) fn command_state(&self) -> Option<watch::Receiver<CommandState>> {
        self.opener.shared_command().map(SharedCommand::state)
    }

    /// Whether the server is a command that does not run, and is not to be started before a request needs it. Lists that
    /// are known are served without it.
    pub(crate) fn is_resting(&self) -> bool {
        self.opener.shared_command().is_some_and(SharedCommand::is_resting)
    }

    /// Ends a command that does not answer, if no client waits for it. The next request starts it again.
    pub(crate) async fn end_if_unused(&self) {
        if let Some(command) = self.opener.shared_command() {
            command.end_if_unused().await;
        }
    }

    /// Ends the command that sessions share, and waits until it has ended.
    pub(crate) async fn stop(&self) {
        if let Some(command) = self.opener.shared_command() {
            command.stop().await;
        }
    }

    /// The name of the transport that worked last, of a server over HTTP.
    pub(crate) fn transport_name(&self) -> Option<&'static str> {
        self.opener.transport_name()
    }

    /// Begins with the transport of this name, which worked in an earlier run.
    pub(crate) fn recall_transport(&self, name: &str) {
        self.opener.recall_transport(name);
    }

    /// Opens a session with these parameters of `initialize`. Messages of the server that belong to no request go to
    /// `inbound`. What the settings name of `headers` goes along with every request.
    pub(crate) fn open(
        &self,
        params: Fields,
        inbound: mpsc::Sender<Message>,
        headers: Arc<LastHeaders>,
    ) -> impl Future<Output = Result<UpstreamSession, UpstreamError>> + Send + use<> {
        // The future borrows nothing, so that it can outlive a change of the settings.
        let opener = self.opener.clone();
        async move { opener.open(&params, inbound, headers).await }
    }
}
