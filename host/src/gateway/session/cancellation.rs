//! Requests that their client gives up: the client's POST ends at once, and the server is told in its own way.
//!
//! By "Cancellation" a server does not answer a request that was cancelled, so nothing else would end the POST before its
//! time limit. A late answer of the server has no reader any more and is dropped.

use std::sync::Arc;

use super::core::Session;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message};
use crate::gateway::roster::ScopeKind;
use crate::gateway::upstream::UpstreamSession;

impl Session {
    /// Ends the request that a client's `notifications/cancelled` names, and passes the notification to its server. A
    /// request that is not in flight is ignored.
    pub(super) async fn cancel_request(&self, notification: &Message) {
        let id = notification.params().get("requestId").and_then(|id| Id::read(id));
        let Some(id) = id else { return };
        // Before the request ends: after that, nothing says under which number the server knows it.
        let told = self.session_with(&id).and_then(|session| Some((session.translated(notification)?, session)));
        let ended = lock(&self.in_flight).remove(&id);
        if let Some(ended) = ended {
            ended.cancellation.cancel();
        }
        let Some((notification, upstream_session)) = told else { return };
        if !upstream_session.cancel(&notification).await {
            let server = &upstream_session.server;
            tracing::debug!(server.name = server, "{server} did not accept a cancellation");
        }
    }

    /// The upstream session that has a request.
    fn session_with(&self, id: &Id) -> Option<Arc<UpstreamSession>> {
        let server = lock(&self.in_flight).get(id).and_then(|request| request.server.clone());
        match &self.scope.kind {
            ScopeKind::One(server) => self.upstream_sessions.open(server),
            ScopeKind::All | ScopeKind::Group(_) => self.upstream_sessions.open(&server?),
        }
    }
}
