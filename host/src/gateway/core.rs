//! What the public face of the gateway, its background tasks and the command line's tools work with.
//!
//! It stands apart from `mod.rs` so that `watch` and `tools` need not import their parent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::audience::ListChange;
use super::background::BackgroundTask;
use super::list_cache::server_digest;
use super::list_kind::ListKind;
use super::modern::ModernClients;
use super::older_clients::OlderClients;
use super::roster::Roster;
use super::session::{Session, SessionContext};
use super::sessions::Sessions;
use super::upstream::{CommandContext, Http, RunningCommands, Upstream, UpstreamParts};
use crate::connect::Connector;

/// The parts of a running gateway.
pub(super) struct GatewayCore {
    pub(super) context: Arc<SessionContext>,
    pub(super) connector: Connector,
    pub(super) http: Http,
    pub(super) sessions: Arc<Sessions>,
    pub(super) older_clients: Arc<OlderClients>,
    /// Clients of the revision without sessions.
    pub(super) modern: Arc<ModernClients>,
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
            traffic: &self.context.traffic,
        }
    }

    /// The sessions of all clients, hidden ones too.
    pub(super) fn all_sessions(&self) -> Vec<Arc<Session>> {
        let mut all = self.sessions.all();
        all.extend(self.modern.sessions());
        all
    }

    /// Drops what is known of a server that was removed from the settings or changed there. Its lists stay if the new entry
    /// leads to the same server.
    pub(super) fn forget(&self, server: &str, now: Option<&Upstream>) {
        match now {
            Some(upstream) => drop(self.context.lists.identify(server, &server_digest(&upstream.server))),
            None => self.context.lists.forget(server),
        }
        self.context.notes.forget(server);
        self.own_session.upstream_sessions.forget_server(server);
        for session in self.all_sessions() {
            session.upstream_sessions.forget_server(server);
        }
    }

    /// Ends the streams of clients whose group or server is not in the settings any more: they come again and learn why.
    /// Their calls in flight finish.
    pub(super) fn end_streams_without_scope(&self, roster: &Roster) {
        let is_without = |session: &&Arc<Session>| !roster.has(&session.scope.kind);
        for session in self.sessions.all().iter().filter(is_without) {
            // If its scope comes back, an id that says how begins the session again.
            drop(self.sessions.take(&session.id));
            session.outbox.end();
        }
        self.modern.listening().iter().filter(is_without).for_each(|session| session.outbox.end());
    }

    /// Ends the sessions of callers that may not go on as before: their key is gone, or its servers are others.
    pub(super) fn send_away(&self, before: &Roster, after: &Roster) {
        let is_gone = |session: &Arc<Session>| !after.still_admits(before, session.principal());
        let mut ended: Vec<Arc<Session>> = self.modern.sessions().into_iter().filter(is_gone).collect();
        for session in self.sessions.all().into_iter().filter(is_gone) {
            ended.extend(self.sessions.take(&session.id));
        }
        self.modern.forget(is_gone);
        self.older_clients.forget(|principal| !after.still_admits(before, principal));
        if !ended.is_empty() {
            tokio::spawn(async move {
                futures::future::join_all(ended.iter().map(|session| session.end())).await;
            });
        }
    }

    /// Forgets the lists of a server whose login is gone.
    pub(super) fn forget_lists(&self, server: &str) {
        self.context.lists.forget(server);
        let server = Some(server.to_owned());
        self.context.audience.announce(ListChange { server, kinds: ListKind::ALL.to_vec() });
    }

    /// Finds out what an earlier run knew of a server, unless this one knows better.
    pub(super) async fn recall(&self, upstream: &Upstream) {
        let server = upstream.name();
        let has_login = upstream.server.uses_oauth() && self.connector.grant_version(server).await.is_some();
        let lists = self.context.lists.clone();
        lists.identify(server, &server_digest(&upstream.server));
        let name = server.to_owned();
        // Reading a file would hold up whatever else runs on this thread.
        drop(tokio::task::spawn_blocking(move || lists.recall(&name, has_login)).await);
        if let Some(transport) = self.context.lists.transport(server) {
            upstream.recall_transport(&transport);
        }
        let kinds = self.context.lists.filled(server);
        self.context.audience.announce(ListChange { server: Some(server.to_owned()), kinds });
    }
}
