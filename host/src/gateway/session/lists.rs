//! Lists of all servers in scope: one server's entries after the other, in the order of the settings.
//!
//! A list that is known is answered at once, also of a server that is slow or down, and read again in the background where
//! it may be out of date. Only a list that nobody knows, or that the server said has changed, is awaited for a moment. Then
//! the client is notified once there is more to see.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::answer_stream::ClientAnswer;
use super::core::Session;
use super::in_flight::InFlight;
use crate::gateway::audience::ListChange;
use crate::gateway::error::UpstreamError;
use crate::gateway::list_cache::{Entries, Freshness, KnownList};
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies;
use crate::gateway::local_replies::INVALID_PARAMS;
use crate::gateway::lock::lock;
use crate::gateway::merged::{AssignedNames, GivenNames, ListNote, ListParts, NameTable, ReadyList, ServerEntries};
use crate::gateway::message::Message;
use crate::gateway::roster::{Roster, ScopeKind, ScopedServer};
use crate::gateway::upstream::{Health, Upstream};

/// How long a list is awaited of which only that for other clients is known. Most servers list the same for all.
const OTHER_CLASS: Duration = Duration::from_millis(500);

/// What the servers in a scope list, and the roster that has them.
pub(super) struct ScopeEntries {
    roster: Arc<Roster>,
    pub(super) servers: Vec<ServerEntries>,
}

/// How a list is obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What is known is all there is now.
    Known,
    /// What is known, and the server is asked in the background.
    KnownFirst,
    /// The server is asked, and its answer is awaited this long.
    Await(Duration),
}

impl Session {
    /// Answers a list. With one server in scope its failure is the answer; of several, a server that fails is left out.
    pub(super) async fn answer_list(
        self: &Arc<Self>,
        kind: ListKind,
        message: &Message,
        in_flight: &InFlight,
    ) -> ClientAnswer {
        let params = message.params();
        if params.get("cursor").is_some_and(|cursor| cursor.get() != "null") {
            let sentence = "lists have one page here, so there is none of this cursor; ask without a cursor";
            return ClientAnswer::Whole(Message::error(Some(in_flight.id.clone()), INVALID_PARAMS, sentence));
        }
        let listing = self.seen_lists.begin(kind);
        let (parts, failures) =
            self.servers_entries(kind, params.get("_meta").map(|meta| &**meta).filter(|meta| meta.get() != "{}")).await;
        if let (ScopeKind::One(server), Some(error)) = (&self.scope.kind, failures.into_iter().next()) {
            if let UpstreamError::ListRefused { answer, .. } = error {
                return ClientAnswer::Whole(answer.with_id(in_flight.id.clone()));
            }
            let upstream = self.context.upstream(server);
            let shown = upstream.map_or_else(|| error.to_string(), |upstream| upstream.redacted(&error));
            let failure = local_replies::failure(in_flight.id.clone(), &in_flight.method, &error, &shown);
            return ClientAnswer::Whole(failure);
        }
        let list = self.given_list(kind, &parts);
        listing.answered(list.print);
        ClientAnswer::Whole(Message::prepared(in_flight.id.clone(), list.result(&parts.servers)))
    }

    /// What each server in scope contributes, and why some contribute nothing.
    async fn servers_entries(
        self: &Arc<Self>,
        kind: ListKind,
        meta: Option<&RawValue>,
    ) -> (ScopeEntries, Vec<UpstreamError>) {
        let roster = self.context.roster();
        let in_scope = roster.in_scope(&self.scope);
        let asked = in_scope.iter().map(|scoped| self.entries_for_list(scoped, kind, meta));
        let (servers, failures): (Vec<ServerEntries>, Vec<_>) =
            futures::future::join_all(asked).await.into_iter().unzip();
        (ScopeEntries { roster, servers }, failures.into_iter().flatten().collect())
    }

    /// The list as the client sees it from now on.
    fn given_list(&self, kind: ListKind, parts: &ScopeEntries) -> Arc<ReadyList> {
        let list = {
            let mut assigned = lock(&self.assigned);
            let names = assigned.entry(kind).or_default();
            let list = self.list_after(names, kind, parts);
            if matches!(kind, ListKind::Tools | ListKind::Prompts) {
                names.add(&list.table);
            }
            list
        };
        for ListNote { server, sentence } in &list.notes {
            if let Some(upstream) = parts.roster.servers.get(server) {
                self.context.notes.add(server, upstream.redacted(sentence));
            }
        }
        lock(&self.listed).insert(kind, list.table.clone());
        list
    }

    /// The list as the client would see it, if this is what the servers list. Names that the client was given stay where
    /// they are.
    pub(super) fn ready_list(&self, kind: ListKind, parts: &ScopeEntries) -> Arc<ReadyList> {
        self.list_after(lock(&self.assigned).entry(kind).or_default(), kind, parts)
    }

    /// The list for a client that was given these names.
    fn list_after(&self, names: &AssignedNames, kind: ListKind, parts: &ScopeEntries) -> Arc<ReadyList> {
        let ScopeEntries { roster, servers } = parts;
        let parts = ListParts { roster, scope: &self.scope, kind, structure: self.structure, servers };
        self.context.ready_lists.of(&parts, &GivenNames { client: &self.id, names })
    }

    async fn entries_for_list(
        self: &Arc<Self>,
        scoped: &Arc<ScopedServer>,
        kind: ListKind,
        meta: Option<&RawValue>,
    ) -> (ServerEntries, Option<UpstreamError>) {
        let upstream = &scoped.upstream;
        let before = self.known_list(upstream, kind);
        let failure = match self.way(upstream, before.as_ref()) {
            Way::Known => return (share(scoped, before), None),
            Way::KnownFirst => {
                self.read_in_background(upstream, kind);
                return (share(scoped, before), None);
            }
            Way::Await(patience) => match self.fetch(upstream, kind, meta, patience).await {
                Some(Ok(_)) => None,
                Some(Err(error)) => {
                    let shown = upstream.redacted(&error);
                    tracing::debug!(server.name = upstream.name(), "a list is not read again: {shown}");
                    Some(error)
                }
                None => Some(UpstreamError::TimedOut {
                    server: upstream.name().to_owned(),
                    waited: self.context.limits.list,
                }),
            },
        };
        let known = self.known_list(upstream, kind);
        let failure = failure.filter(|_| known.is_none());
        (share(scoped, known), failure)
    }

    /// How a server's list is obtained, where this is known of it.
    fn way(&self, upstream: &Upstream, known: Option<&KnownList>) -> Way {
        let limits = &self.context.limits;
        let is_one = matches!(self.scope.kind, ScopeKind::One(_));
        let health = upstream.health();
        let may_answer = matches!(health, Health::Unknown | Health::Up);
        let is_late = self.context.lists.is_late(upstream.name());
        match known {
            // There is nothing else to show: an empty list would be worse than a late one, and an error is an answer.
            None if is_one => Way::Await(limits.list),
            None if !may_answer => Way::Known,
            None if is_late => Way::Await(Duration::ZERO),
            None => Way::Await(limits.patience),
            // A command that rests is not started for a list.
            Some(_) if upstream.is_resting() => Way::Known,
            Some(known) => {
                if known.freshness == Freshness::Changed && may_answer && !is_late {
                    Way::Await(limits.patience)
                } else if known.is_of_another && health == Health::Up && !is_late {
                    Way::Await(OTHER_CLASS)
                } else if (known.freshness != Freshness::Fresh || known.is_of_another) && (may_answer || is_one) {
                    Way::KnownFirst
                } else {
                    Way::Known
                }
            }
        }
    }

    fn known_list(&self, upstream: &Upstream, kind: ListKind) -> Option<KnownList> {
        self.context.lists.known(upstream.name(), kind, &self.list_class(upstream), self.context.limits.list_age)
    }

    /// Has a list read again, unless somebody does so already. Clients that would see another one are notified.
    fn read_in_background(self: &Arc<Self>, upstream: &Arc<Upstream>, kind: ListKind) {
        let class = self.list_class(upstream);
        let Some(claim) = self.context.lists.claim(upstream.name(), kind, &class) else { return };
        let (session, upstream) = (self.clone(), upstream.clone());
        tokio::spawn(async move {
            // The task that watches the server hears of a failure, and the client keeps the list that it has.
            drop(session.entries(&upstream, kind).await);
            session.tell_changed(Some(upstream.name()), &[kind]);
            drop(claim);
        });
    }

    /// Asks a server for a list. `None` if it does not come in time.
    async fn fetch(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        kind: ListKind,
        meta: Option<&RawValue>,
        patience: Duration,
    ) -> Option<Result<Entries, UpstreamError>> {
        let is_late = self.context.lists.is_late(upstream.name());
        let key = (upstream.name().to_owned(), kind);
        if is_late && lock(&self.fetching).contains(&key) && !matches!(self.scope.kind, ScopeKind::One(_)) {
            return None;
        }
        lock(&self.fetching).insert(key.clone());
        let (sender, receiver) = oneshot::channel();
        let (session, asked, meta) = (self.clone(), upstream.clone(), meta.map(ToOwned::to_owned));
        // A task of its own: the list is still wanted when it comes too late for this answer.
        tokio::spawn(async move {
            let outcome = session.read_list(&asked, kind, meta.as_deref()).await;
            lock(&session.fetching).remove(&key);
            if outcome.as_ref().is_ok_and(|keeping| keeping.is_changed) {
                let server = Some(asked.name().to_owned());
                session.context.audience.announce(ListChange { server, kinds: vec![kind] });
            }
            // Sending fails if nobody waits any more: then the client has a list without these entries.
            if sender.send(outcome.map(|keeping| keeping.list)).is_err() {
                session.tell_changed(Some(asked.name()), &[kind]);
            }
        });
        if let Ok(Ok(outcome)) = tokio::time::timeout(patience, receiver).await {
            return Some(outcome);
        }
        self.context.lists.set_late(upstream.name());
        None
    }

    /// Where the names of a list lead as far as is known, without asking a server. Names that the client was given stay
    /// where they are.
    pub(crate) fn known_names(&self, kind: ListKind) -> Arc<NameTable> {
        self.ready_list(kind, &self.known_entries(kind)).table.clone()
    }

    /// The last list of each server in scope, without asking a server.
    pub(super) fn known_entries(&self, kind: ListKind) -> ScopeEntries {
        let known = |scoped: &Arc<ScopedServer>| share(scoped, self.known_list(&scoped.upstream, kind));
        let roster = self.context.roster();
        let servers = roster.in_scope(&self.scope).iter().map(known).collect();
        ScopeEntries { roster, servers }
    }

    /// Asks these servers for a list, except those whose list is known and those that are down.
    pub(super) async fn fetch_unknown(
        self: &Arc<Self>,
        kind: ListKind,
        servers: impl Iterator<Item = &Arc<ScopedServer>>,
    ) {
        let is_unknown = |upstream: &&Arc<Upstream>| {
            matches!(upstream.health(), Health::Unknown | Health::Up)
                && self.context.lists.get(upstream.name(), kind, &self.list_class(upstream)).is_none()
        };
        let asked = servers.map(|scoped| &scoped.upstream).filter(is_unknown);
        let is_one = matches!(self.scope.kind, ScopeKind::One(_));
        let limits = &self.context.limits;
        let fetched = asked.map(|upstream| {
            let is_late = self.context.lists.is_late(upstream.name());
            let patience = if is_late { Duration::ZERO } else { limits.patience };
            self.fetch(upstream, kind, None, if is_one { limits.list } else { patience })
        });
        futures::future::join_all(fetched).await;
    }
}

/// What a server contributes of which this is known.
fn share(scoped: &Arc<ScopedServer>, known: Option<KnownList>) -> ServerEntries {
    let ttl_left = known.as_ref().and_then(|known| known.ttl_left);
    ServerEntries { scoped: scoped.clone(), entries: known.map(|known| known.list), ttl_left }
}

#[cfg(test)]
mod tests;
