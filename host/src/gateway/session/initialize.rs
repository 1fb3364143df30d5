//! The answer to a client's `initialize`: the server's own where one server is in scope, also while the server does not
//! answer; else the hub's, with what the servers behind it can do.

use std::sync::Arc;
use std::time::Duration;

use super::core::Session;
use crate::gateway::local_replies;
use crate::gateway::merged::greeting;
use crate::gateway::merged::greeting::KnownGreeting;
use crate::gateway::message::{Fields, Id, Message, string};
use crate::gateway::roster::ScopeKind;
use crate::gateway::upstream::{Health, Upstream};
use crate::telemetry::exchange;

impl Session {
    /// Answers `initialize`. Never fails: the hub answers for a server that cannot.
    pub(crate) async fn answer_initialize(self: &Arc<Self>, id: Id) -> Message {
        let asked = string(&self.client, "protocolVersion");
        if let ScopeKind::One(server) = &self.scope.kind
            && let Some(upstream) = self.context.upstream(server)
            && let Some(greeting) = self.greeting_of(&upstream).await
        {
            return local_replies::initialize_of(id, &greeting, asked.as_deref());
        }
        let known = self.known_greetings();
        let (capabilities, instructions) = (greeting::capabilities(&known), greeting::instructions(&known));
        local_replies::initialize(id, asked.as_deref(), &capabilities, instructions.as_deref())
    }

    /// The capabilities that `initialize` is answered with, as far as anybody knows now. Asks no server.
    pub(crate) fn declared_capabilities(&self) -> Fields {
        let known = self.known_greetings();
        match (&self.scope.kind, known.first().and_then(|server| server.greeting.as_ref())) {
            (ScopeKind::One(_), Some(greeting)) => local_replies::capabilities_of(greeting),
            (ScopeKind::One(_) | ScopeKind::All | ScopeKind::Group(_), _) => greeting::capabilities(&known),
        }
    }

    /// What a server answers to `initialize`, or else what it answered before. Where that is known, a slow server is
    /// awaited for a moment only.
    async fn greeting_of(self: &Arc<Self>, upstream: &Arc<Upstream>) -> Option<Fields> {
        exchange::goes_to(&upstream.traffic);
        let _at_server = exchange::at_server();
        let server = upstream.name();
        let before = self.context.lists.greeting(server);
        if upstream.health() != Health::Blocked {
            let limits = &self.context.limits;
            let wait = match &before {
                Some(_) if self.context.lists.is_late(server) => Duration::ZERO,
                Some(_) => limits.patience,
                None => limits.list,
            };
            if let Ok(Ok(opened)) = tokio::time::timeout(wait, self.upstream_session(upstream)).await {
                if opened.is_repaired {
                    self.context.notes.add(server, format!(
                        "{server} answers initialize in a way that clients refuse; the hub repairs the answer, and the \
                         server should be fixed"
                    ));
                }
                return Some(opened.greeting.clone());
            }
        }
        before.as_deref().cloned()
    }

    /// What the servers in scope said of themselves, as far as anybody knows.
    pub(super) fn known_greetings(&self) -> Vec<KnownGreeting> {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let known = in_scope.iter().map(|scoped| KnownGreeting {
            server: scoped.upstream.name().to_owned(),
            greeting: self.context.lists.greeting(scoped.upstream.name()),
        });
        known.collect()
    }
}
