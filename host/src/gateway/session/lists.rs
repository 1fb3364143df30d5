//! Lists of all servers in scope: one server's entries after the other, in the order of the settings.
//!
//! A list that is known is answered at once, also of a server that is slow or down, and read again in the background where
//! it may be out of date. Only a list that nobody knows, or that the server said has changed, is awaited for a moment. Then
//! the client is notified once there is more to see.

use std::collections::BTreeMap;
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
use crate::gateway::local_replies::INVALID_PARAMS;
use crate::gateway::lock::lock;
use crate::gateway::merged::{MergedList, NameTable, RenamedEntry, ServerEntries};
use crate::gateway::message::Message;
use crate::gateway::roster::{ScopeKind, ScopedServer};
use crate::gateway::upstream::{Health, Upstream};
use crate::gateway::{local_replies, merged};

/// How long a list is awaited of which only that for other clients is known. Most servers list the same for all.
const OTHER_CLASS: Duration = Duration::from_millis(500);

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
        let (servers, failures) =
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
        let list = self.merged_for_client(kind, &servers);
        listing.answered(&list.entries);
        let result = merged::result(kind, &list.entries, &servers);
        ClientAnswer::Whole(Message::result(in_flight.id.clone(), &result))
    }

    /// What each server in scope contributes, and why some contribute nothing.
    async fn servers_entries(
        self: &Arc<Self>,
        kind: ListKind,
        meta: Option<&RawValue>,
    ) -> (Vec<ServerEntries>, Vec<UpstreamError>) {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let asked = in_scope.into_iter().map(|scoped| self.entries_for_list(scoped, kind, meta));
        let (servers, failures): (Vec<ServerEntries>, Vec<_>) =
            futures::future::join_all(asked).await.into_iter().unzip();
        (servers, failures.into_iter().flatten().collect())
    }

    /// The list as the client sees it from now on.
    fn merged_for_client(&self, kind: ListKind, servers: &[ServerEntries]) -> MergedList {
        let mut list = {
            let mut assigned = lock(&self.assigned);
            let assigned = assigned.entry(kind).or_default();
            let list = merged::merge(kind, servers, assigned, self.structure);
            if matches!(kind, ListKind::Tools | ListKind::Prompts) {
                assigned.add(&list.table);
            }
            list
        };
        self.report_renamed(kind, &list.renamed);
        for (scoped, sentence) in merged::unmatched(kind, servers) {
            self.context.notes.add(scoped.upstream.name(), scoped.upstream.redacted(&sentence));
        }
        lock(&self.listed).insert(kind, Arc::new(std::mem::take(&mut list.table)));
        list
    }

    async fn entries_for_list(
        self: &Arc<Self>,
        scoped: ScopedServer,
        kind: ListKind,
        meta: Option<&RawValue>,
    ) -> (ServerEntries, Option<UpstreamError>) {
        let upstream = scoped.upstream.clone();
        let known = || self.known_list(&upstream, kind);
        let before = known();
        let failure = match self.way(&upstream, before.as_ref()) {
            Way::Known => None,
            Way::KnownFirst => {
                self.read_in_background(&upstream, kind);
                None
            }
            Way::Await(patience) => match self.fetch(&upstream, kind, meta, patience).await {
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
        let known = known();
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
    pub(crate) fn known_names(&self, kind: ListKind) -> NameTable {
        let servers = self.known_entries(kind);
        merged::merge(kind, &servers, lock(&self.assigned).entry(kind).or_default(), self.structure).table
    }

    /// The last list of each server in scope, without asking a server.
    pub(super) fn known_entries(&self, kind: ListKind) -> Vec<ServerEntries> {
        let known = |scoped: ScopedServer| {
            let known = self.known_list(&scoped.upstream, kind);
            share(scoped, known)
        };
        self.context.roster().in_scope(&self.scope).into_iter().map(known).collect()
    }

    /// Asks these servers for a list, except those whose list is known and those that are down.
    pub(super) async fn fetch_unknown(self: &Arc<Self>, kind: ListKind, servers: impl Iterator<Item = &ScopedServer>) {
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

    /// One note for each server and each reason, with the first name and how many more there are.
    fn report_renamed(&self, kind: ListKind, renamed: &[RenamedEntry]) {
        let what = kind.singular();
        let mut first: BTreeMap<(&str, &str), (&RenamedEntry, usize)> = BTreeMap::new();
        for renamed in renamed {
            let (_, count) = first.entry((&renamed.origin.server, renamed.reason.as_str())).or_insert((renamed, 0));
            *count += 1;
        }
        for ((server, reason), (RenamedEntry { origin, name, .. }, count)) in first {
            let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let sentence = format!("{server}: its {what} {:?} is listed as {name:?}{others}; {reason}", origin.own);
            if let Some(upstream) = self.context.upstream(server) {
                self.context.notes.add(server, upstream.redacted(&sentence));
            }
        }
    }
}

/// What a server contributes of which this is known.
fn share(scoped: ScopedServer, known: Option<KnownList>) -> ServerEntries {
    let ttl_left = known.as_ref().and_then(|known| known.ttl_left);
    ServerEntries { scoped, entries: known.map(|known| known.list), ttl_left }
}
