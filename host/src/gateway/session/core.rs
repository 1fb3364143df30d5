//! One client session: what it holds, how long it lives, and which servers it reaches.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use super::client_info;
use super::context::SessionContext;
use super::outbox::Outbox;
use super::progress::ProgressTokens;
use super::request_state::RequestState;
use super::resource_links::ResourceLinks;
use super::seen_lists::{ChangingLists, SeenLists};
use super::server_requests::ServerRequests;
use super::subscribed::SubscribedResources;
use super::tasks::TaskOwners;
use super::upstream_sessions::UpstreamSessions;
use crate::gateway::budget::Budget;
use crate::gateway::client_headers::LastHeaders;
use crate::gateway::list_cache::client_class;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::merged::{AssignedNames, NameTable};
use crate::gateway::message::{Fields, Id, string};
use crate::gateway::principal::Principal;
use crate::gateway::replay::ReplayStreams;
use crate::gateway::revision::Structure;
use crate::gateway::roster::{ScopeKind, ServerScope};

/// Who is at the other end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// An MCP client over HTTP.
    Client,
    /// The hub itself, which answers no requests of servers.
    Hub,
}

/// A client session. Its sessions with servers are opened when they are first needed.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) scope: ServerScope,
    pub(super) peer: Peer,
    pub(crate) context: Arc<SessionContext>,
    /// The client's parameters of `initialize`, as [`client_info::checked`] keeps them.
    pub(super) client: Fields,
    client_name: String,
    /// What the client can read as structured content.
    pub(super) structure: Structure,
    /// The revision that the client was answered with.
    pub(crate) agreed: OnceLock<String>,
    /// When it was opened. Only set for a session that can be begun again.
    pub(crate) opened: OnceLock<SystemTime>,
    /// Tells clients with other capabilities apart.
    pub(crate) class: String,
    /// The caller who opened it, the only one who may use it.
    principal: OnceLock<Principal>,
    /// Of the client's last request, what goes on to servers.
    pub(crate) last_headers: Arc<LastHeaders>,
    /// Whether the client sent anything after `initialize`.
    is_begun: AtomicBool,
    pub(crate) upstream_sessions: UpstreamSessions,
    /// Requests in flight by the client's id.
    pub(super) in_flight: Mutex<HashMap<Id, RequestState>>,
    pub(super) server_requests: ServerRequests,
    pub(crate) outbox: Outbox,
    /// What the client may have to be sent again.
    pub(crate) replay: ReplayStreams,
    /// Bytes of answers that the client has not read yet.
    pub(super) answered: Arc<Budget>,
    /// Where the names and URIs of the client's last lists lead.
    pub(super) listed: Mutex<HashMap<ListKind, Arc<NameTable>>>,
    /// Where the names of all its lists so far lead.
    pub(super) assigned: Mutex<HashMap<ListKind, AssignedNames>>,
    /// Servers of resources that no list names, by URI.
    pub(super) found_owners: Mutex<HashMap<String, String>>,
    pub(super) resource_links: ResourceLinks,
    pub(super) tasks: TaskOwners,
    /// Lists that servers are being asked for.
    pub(super) fetching: Mutex<HashSet<(String, ListKind)>>,
    /// Lists that are being read again because they changed.
    pub(super) changing: Mutex<ChangingLists>,
    pub(super) seen_lists: SeenLists,
    pub(super) progress: ProgressTokens,
    pub(super) subscribed: Mutex<SubscribedResources>,
    /// The parameters of the client's last `logging/setLevel`.
    pub(super) level: Mutex<Option<Fields>>,
    used_at: Mutex<SystemTime>,
    /// Open GET streams of the client.
    pub(super) streams: AtomicU64,
    last_id: AtomicU64,
    /// Keeps the hub's own request ids apart from the client's.
    mark: String,
}

impl Session {
    /// A session of a client with these parameters of `initialize`.
    pub(crate) fn new(context: Arc<SessionContext>, scope: ServerScope, peer: Peer, client: Fields) -> Arc<Self> {
        Self::of_id(context.random.text::<24>(), context, scope, peer, client)
    }

    /// The same with this id.
    pub(crate) fn of_id(
        id: String,
        context: Arc<SessionContext>,
        scope: ServerScope,
        peer: Peer,
        client: Fields,
    ) -> Arc<Self> {
        let replay = ReplayStreams::new(&id, &context.random.text::<6>(), context.replay.of_one(&context.limits));
        let session = Arc::new(Self {
            id,
            replay,
            mark: context.random.text::<6>(),
            outbox: Outbox::new(&context.limits, context.waiting.clone()),
            agreed: OnceLock::new(),
            opened: OnceLock::new(),
            principal: OnceLock::new(),
            last_headers: Arc::default(),
            answered: Arc::new(context.answered.clone().within(context.limits.answered_bytes)),
            client_name: client_info::name(&client),
            structure: Structure::of(string(&client, "protocolVersion").as_deref()),
            class: client_class(&client),
            used_at: Mutex::new(context.clock.now()),
            scope,
            peer,
            context,
            client,
            upstream_sessions: UpstreamSessions::default(),
            in_flight: Mutex::default(),
            server_requests: ServerRequests::default(),
            listed: Mutex::default(),
            assigned: Mutex::default(),
            found_owners: Mutex::default(),
            resource_links: ResourceLinks::default(),
            tasks: TaskOwners::default(),
            fetching: Mutex::default(),
            changing: Mutex::default(),
            seen_lists: SeenLists::default(),
            progress: ProgressTokens::default(),
            subscribed: Mutex::default(),
            level: Mutex::default(),
            is_begun: AtomicBool::new(false),
            streams: AtomicU64::new(0),
            last_id: AtomicU64::new(1),
        });
        if peer == Peer::Client {
            // Weak: to hear of changes keeps nobody alive.
            let listener = Arc::downgrade(&session);
            session.context.audience.add(move |change| {
                let Some(session) = listener.upgrade() else { return false };
                session.tell_changed(change.server.as_deref(), &change.kinds);
                true
            });
        }
        session
    }

    /// The same session, opened by this caller. To be called before anything uses the session.
    pub(crate) fn of_principal(self: Arc<Self>, principal: Principal) -> Arc<Self> {
        // Set once: nobody else has the session yet.
        drop(self.principal.set(principal));
        self
    }

    /// Who opened the session.
    pub(crate) fn principal(&self) -> &Principal {
        self.principal.get_or_init(Principal::default)
    }

    /// Whether a server is in the session's scope.
    pub(crate) fn reaches(&self, server: &str) -> bool {
        if !self.context.roster().permits_to(self.scope.limit.as_deref(), server) {
            return false;
        }
        match &self.scope.kind {
            ScopeKind::All => self.context.upstream(server).is_none_or(|upstream| upstream.server.is_default()),
            ScopeKind::Group(_) => {
                let in_scope = self.context.roster().in_scope(&self.scope);
                in_scope.iter().any(|scoped| scoped.upstream.name() == server)
            }
            ScopeKind::One(one) => one == server,
        }
    }

    /// The client's parameters of `initialize`, as they are kept.
    pub(crate) const fn client(&self) -> &Fields {
        &self.client
    }

    /// The name in the client's `clientInfo`.
    pub(crate) fn client_name(&self) -> &str {
        &self.client_name
    }

    /// The revision that the client was answered with.
    pub(crate) fn agreed_revision(&self) -> String {
        self.agreed.get().cloned().or_else(|| string(&self.client, "protocolVersion")).unwrap_or_default()
    }

    /// Whether the client sent anything after `initialize`.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_begun.load(Ordering::Relaxed)
    }

    /// Records that the session is in use now.
    pub(crate) fn touch(&self) {
        self.is_begun.store(true, Ordering::Relaxed);
        *lock(&self.used_at) = self.context.clock.now();
    }

    /// How long the session has not been used. Zero while a stream is open or a request is in flight.
    pub(crate) fn idle(&self, now: SystemTime) -> Duration {
        let is_used = self.is_listening() || !lock(&self.in_flight).is_empty();
        if is_used { Duration::ZERO } else { now.duration_since(*lock(&self.used_at)).unwrap_or_default() }
    }

    /// Whether the client has a GET stream open.
    pub(super) fn is_listening(&self) -> bool {
        self.streams.load(Ordering::Relaxed) > 0
    }

    /// Ends the session and its sessions with servers.
    pub(crate) async fn end(&self) {
        self.outbox.end();
        self.replay.end();
        let open = self.upstream_sessions.take_open();
        futures::future::join_all(open.iter().map(|upstream_session| upstream_session.close())).await;
    }

    /// An id for a request of the hub's own. No request of the client has the same.
    pub(crate) fn next_id(&self) -> Id {
        let number = self.last_id.fetch_add(1, Ordering::Relaxed);
        Id::of(&format!("mcphub-{}-{number}", self.mark))
    }
}
