//! What the public face of the gateway, its background tasks and the command line's tools work with.
//!
//! It stands apart from `mod.rs` so that `watch` and `tools` need not import their parent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::background::BackgroundTask;
use super::local_replies;
use super::older_clients::OlderClients;
use super::session::{Session, SessionContext};
use super::sessions::Sessions;
use super::upstream::{CommandContext, Http, RunningCommands, UpstreamParts};
use crate::connect::Connector;

/// The parts of a running gateway.
pub(super) struct GatewayCore {
    pub(super) context: Arc<SessionContext>,
    pub(super) connector: Connector,
    pub(super) http: Http,
    pub(super) sessions: Arc<Sessions>,
    pub(super) older_clients: Arc<OlderClients>,
    /// The hub's own session: it probes servers and serves the command line.
    pub(super) own_session: Arc<Session>,
    pub(super) tasks: Mutex<BackgroundTasks>,
    pub(super) command_context: CommandContext,
    pub(super) running_commands: RunningCommands,
}

/// The tasks of a gateway that was started. Dropping one aborts it.
#[derive(Default)]
pub(super) struct BackgroundTasks {
    pub(super) own: Vec<BackgroundTask>,
    pub(super) of_servers: HashMap<String, BackgroundTask>,
}

impl GatewayCore {
    /// What a new [`Upstream`] is made of.
    pub(super) fn upstream_parts(&self) -> UpstreamParts<'_> {
        UpstreamParts {
            http: &self.http,
            connector: &self.connector,
            limits: &self.context.limits,
            waiting: &self.context.waiting,
            command_context: &self.command_context,
            running_commands: &self.running_commands,
        }
    }

    /// Drops everything about a server that was removed from the settings or changed there.
    pub(super) fn forget(&self, server: &str) {
        self.context.lists.forget(server);
        self.context.notes.forget(server);
        self.own_session.upstream_sessions.forget_server(server);
        for session in self.sessions.all() {
            session.upstream_sessions.forget_server(server);
        }
        self.announce_list_changes(server);
    }

    /// Notifies every client that sees this server that its lists changed.
    pub(super) fn announce_list_changes(&self, server: &str) {
        for session in self.sessions.all().iter().filter(|session| session.reaches(server)) {
            for change in local_replies::list_changes() {
                session.outbox.push(change);
            }
        }
    }
}
