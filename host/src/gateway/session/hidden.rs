//! What a session tells about its requests to the room that stands between it and clients without sessions.

use std::sync::Arc;
use std::time::Duration;

use super::core::Session;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message};
use crate::gateway::repair::header_arguments;
use crate::gateway::repair::header_arguments::HeaderArgument;
use crate::gateway::upstream::Health;

impl Session {
    /// The server that asked its client this, as long as the question is open.
    pub(crate) fn server_of_question(&self, id: &Id) -> Option<String> {
        self.server_requests.server(id)
    }

    /// Whether the request of this id is in flight at this server.
    pub(crate) fn is_at(&self, id: &Id, server: &str) -> bool {
        lock(&self.in_flight).get(id).is_some_and(|request| request.server.as_deref() == Some(server))
    }

    /// Passes on that a list changed, unless the client was told of it just now.
    pub(crate) fn pass_list_change(&self, message: &Message) {
        let kinds = message.method().and_then(ListKind::changed_by).unwrap_or_default();
        if self.seen_lists.is_to_be_told(&kinds) {
            self.queue_for_client(message.clone());
        }
    }

    /// The arguments of a tool that its client has to repeat in headers, as far as its server's list is known.
    pub(crate) async fn header_arguments(self: &Arc<Self>, tool: &str) -> Vec<HeaderArgument> {
        let Some((upstream, own)) = self.resolve_name(ListKind::Tools, tool).await else { return Vec::new() };
        let class = self.list_class(&upstream);
        let Some(list) = self.context.lists.get(upstream.name(), ListKind::Tools, &class) else {
            return Vec::new();
        };
        let listed = list.entries.iter().find(|entry| entry.own == own);
        listed.map(|tool| header_arguments::of_tool(&tool.fields)).unwrap_or_default()
    }

    /// Opens a session with every server in scope that can be used, side by side, and waits until they are listened to.
    /// A server that takes longer than `patience` is not awaited; its opening goes on.
    pub(crate) async fn listen_to_all(self: &Arc<Self>, patience: Duration) {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let usable = in_scope
            .iter()
            .map(|scoped| scoped.upstream.clone())
            .filter(|upstream| matches!(upstream.health(), Health::Unknown | Health::Up));
        let listening = usable.map(|upstream| async move {
            let opened = self.upstream_session(&upstream).await;
            if let Ok(upstream_session) = opened {
                upstream_session.listen();
                upstream_session.listening().await;
            }
        });
        // A server that is late or fails is no reason not to listen to the others.
        drop(tokio::time::timeout(patience, futures::future::join_all(listening)).await);
    }
}
