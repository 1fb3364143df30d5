//! What the endpoints for clients do with a gateway.

use std::sync::Arc;

use http::HeaderMap;

use super::message::{Id, Message};
use super::modern::envelope::Envelope;
use super::modern::{self, ModernAnswer};
use super::older_clients::{OlderClient, OlderStream};
use super::principal::Principal;
use super::roster::{ScopeError, ServerScope};
use super::session::Session;
use super::sessions::OpenError;
use super::{Gateway, client_headers};
use crate::telemetry::Exchange;

impl Gateway {
    /// The servers behind an endpoint, as far as they are the caller's: all without a name, else those of the group or the
    /// server of this name. A group wins over a server of the same name.
    pub(crate) fn scope(&self, name: Option<&str>, principal: &Principal) -> Result<ServerScope, ScopeError> {
        let limit = principal.limit();
        let kind = match name {
            Some(name) => self.0.context.roster().scope(name, limit.as_deref())?,
            None => self.0.context.roster().scope_of_all(limit.as_deref())?,
        };
        Ok(ServerScope { kind, limit })
    }

    /// Opens a client session and answers its `initialize`.
    pub(crate) async fn open(
        &self,
        scope: ServerScope,
        principal: Principal,
        id: Id,
        initialize: &Message,
    ) -> Result<(Arc<Session>, Message), OpenError> {
        self.0.sessions.open(scope, principal, id, initialize).await
    }

    /// Answers a request of a client of the revision without sessions.
    pub(crate) async fn answer(
        &self,
        scope: ServerScope,
        principal: Principal,
        message: Message,
        envelope: Envelope,
    ) -> ModernAnswer {
        // Boxed: it is large, and each connection would have room for one.
        Box::pin(modern::answer(&self.0.modern, scope, principal, message, envelope)).await
    }

    /// The client session of this id, if this caller opened it at an endpoint of this scope. Begins it again if its id says
    /// how.
    pub(crate) async fn session(
        &self,
        id: &str,
        scope: &ServerScope,
        principal: &Principal,
    ) -> Result<Option<Arc<Session>>, OpenError> {
        Ok(self.0.sessions.find(id, scope, principal).await?)
    }

    /// The id by which a client names its session.
    pub(crate) fn id_for_client(&self, session: &Session) -> String {
        self.0.sessions.id_for_client(session)
    }

    /// Opens the stream of a client of the transport of 2024-11-05. Its session ends with it.
    pub(crate) fn connect_older(&self, scope: ServerScope, principal: Principal) -> OlderStream {
        self.0.older_clients.connect(self.0.context.random.text::<24>(), scope, principal)
    }

    /// The client of that transport with this id, if this caller opened its stream at an endpoint of this scope.
    pub(crate) fn older(&self, id: &str, scope: &ServerScope, principal: &Principal) -> Option<Arc<OlderClient>> {
        self.0.older_clients.get(id, scope, principal)
    }

    /// Opens the session of such a client, and answers its `initialize` on its stream.
    pub(crate) async fn begin_older(&self, client: &Arc<OlderClient>, initialize: &Message) -> Result<(), OpenError> {
        self.0.older_clients.begin(client, initialize).await
    }

    /// Ends a client session, and the sessions with servers behind it.
    pub(crate) async fn close(&self, session: &Session) {
        self.0.sessions.close(session).await;
    }

    /// Those headers of a client's request that some server may get.
    pub(crate) fn carried(&self, headers: &HeaderMap) -> Arc<HeaderMap> {
        let roster = self.0.context.roster();
        let names = roster.servers.values().flat_map(|upstream| &upstream.server.passthrough);
        client_headers::carried(headers, names).unwrap_or_default()
    }

    /// A request that comes now, from this caller, at the endpoint of this server or group, with these headers.
    pub(crate) fn exchange(
        &self,
        principal: Option<&Principal>,
        server: Option<&str>,
        headers: &HeaderMap,
    ) -> Arc<Exchange> {
        Exchange::begin(&self.0.context.traffic, principal.map_or("", Principal::name), server, headers)
    }

    /// From now on the log's line of a request shows the arguments of its call.
    pub(crate) fn log_arguments(&self) {
        self.0.context.traffic.show_arguments();
    }

    /// The size in bytes of the largest message that is accepted from a client.
    pub(crate) fn message_limit(&self) -> usize {
        self.0.context.limits.message_bytes
    }
}
