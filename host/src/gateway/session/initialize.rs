//! The answer to a client's `initialize`: the server's own where one server is in scope and answers in time, else the
//! hub's.

use std::sync::Arc;

use super::core::Session;
use crate::gateway::local_replies;
use crate::gateway::message::{Id, Message, string};
use crate::gateway::roster::ServerScope;
use crate::gateway::upstream::Health;

impl Session {
    /// Answers `initialize`. Never fails: the hub answers for a server that cannot.
    pub(crate) async fn answer_initialize(self: &Arc<Self>, id: Id) -> Message {
        let asked = string(&self.client, "protocolVersion");
        if let ServerScope::One(server) = &self.scope
            && let Some(upstream) = self.context.upstream(server)
            && upstream.health() != Health::Blocked
        {
            let opened = tokio::time::timeout(self.context.limits.list, self.upstream_session(&upstream)).await;
            if let Ok(Ok(upstream_session)) = opened {
                if upstream_session.is_repaired {
                    self.context.notes.add(server, format!(
                        "{server} answers initialize in a way that clients refuse; the hub repairs the answer, and the \
                         server should be fixed"
                    ));
                }
                return local_replies::initialize_of(id, &upstream_session.greeting, asked.as_deref());
            }
        }
        local_replies::initialize(id, asked.as_deref())
    }
}
