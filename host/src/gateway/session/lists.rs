//! Lists of all servers in scope: one server's entries after the other, in the order of the settings.
//!
//! A slow server is awaited for a moment. Then the list holds what is known of it, and the client is notified once there
//! is more to see.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::answer_stream::ClientAnswer;
use super::core::Session;
use super::in_flight::InFlight;
use crate::gateway::error::UpstreamError;
use crate::gateway::list_cache::Entries;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::merged::{MergedList, NameTable, RenamedEntry, ServerEntries};
use crate::gateway::message::Message;
use crate::gateway::roster::{ScopedServer, ServerScope};
use crate::gateway::upstream::{Health, Upstream};
use crate::gateway::{local_replies, merged};

impl Session {
    /// Answers a list. With one server in scope its failure is the answer; of several, a server that fails is left out.
    pub(super) async fn answer_list(self: &Arc<Self>, kind: ListKind, in_flight: &InFlight) -> ClientAnswer {
        let (merged, failure) = self.collect(kind).await;
        if let (ServerScope::One(server), Some(error)) = (&self.scope, failure) {
            let upstream = self.context.upstream(server);
            let shown = upstream.map_or_else(|| error.to_string(), |upstream| upstream.redacted(&error));
            let failure = local_replies::failure(in_flight.id.clone(), &in_flight.method, &error, &shown);
            return ClientAnswer::Whole(failure);
        }
        let result = HashMap::from([(kind.key(), merged.entries)]);
        ClientAnswer::Whole(Message::result(in_flight.id.clone(), &result))
    }

    /// The list as the client sees it from now on, and the first reason why a server's entries are missing.
    async fn collect(self: &Arc<Self>, kind: ListKind) -> (MergedList, Option<UpstreamError>) {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let asked = in_scope.into_iter().map(|scoped| self.entries_for_list(scoped, kind));
        let (servers, failures): (Vec<ServerEntries>, Vec<_>) =
            futures::future::join_all(asked).await.into_iter().unzip();
        let mut list = {
            let mut assigned = lock(&self.assigned);
            let assigned = assigned.entry(kind).or_default();
            let list = merged::merge(kind, &servers, assigned);
            if matches!(kind, ListKind::Tools | ListKind::Prompts) {
                assigned.add(&list.table);
            }
            list
        };
        self.report_renamed(kind, &list.renamed);
        for (scoped, sentence) in merged::unmatched(kind, &servers) {
            self.context.notes.add(scoped.upstream.name(), scoped.upstream.redacted(&sentence));
        }
        lock(&self.listed).insert(kind, Arc::new(std::mem::take(&mut list.table)));
        (list, failures.into_iter().flatten().next())
    }

    async fn entries_for_list(
        self: &Arc<Self>,
        scoped: ScopedServer,
        kind: ListKind,
    ) -> (ServerEntries, Option<UpstreamError>) {
        let upstream = scoped.upstream.clone();
        let known = || self.context.lists.get(upstream.name(), kind);
        let is_asked = match (upstream.health(), &self.scope) {
            (Health::Unknown | Health::Up, _) => true,
            // The one server in scope is asked all the same: its error is the answer.
            (Health::Down | Health::Blocked, scope) => matches!(scope, ServerScope::One(_)),
        };
        if !is_asked {
            return (ServerEntries { entries: known(), is_listed: false, scoped }, None);
        }
        if let Some(entries) = known().filter(|_| upstream.is_resting()) {
            return (ServerEntries { entries: Some(entries), is_listed: true, scoped }, None);
        }
        match self.fetch(&upstream, kind).await {
            Some(Ok(entries)) => (ServerEntries { entries: Some(entries), is_listed: true, scoped }, None),
            Some(Err(error)) => {
                let shown = upstream.redacted(&error);
                tracing::debug!(server.name = upstream.name(), "a list lacks this server's entries: {shown}");
                (ServerEntries { entries: known(), is_listed: false, scoped }, Some(error))
            }
            None => {
                let (server, waited) = (upstream.name().to_owned(), self.context.limits.list);
                let entries = known();
                let error = entries.is_none().then_some(UpstreamError::TimedOut { server, waited });
                (ServerEntries { entries, is_listed: true, scoped }, error)
            }
        }
    }

    /// Asks a server for a list. `None` if it does not come in time.
    async fn fetch(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        kind: ListKind,
    ) -> Option<Result<Entries, UpstreamError>> {
        let is_late = self.context.lists.is_late(upstream.name());
        let key = (upstream.name().to_owned(), kind);
        if is_late && lock(&self.fetching).contains(&key) && !matches!(self.scope, ServerScope::One(_)) {
            return None;
        }
        lock(&self.fetching).insert(key.clone());
        let (sender, receiver) = oneshot::channel();
        let (session, asked) = (self.clone(), upstream.clone());
        // A task of its own: the list is still wanted when it comes too late for this answer.
        tokio::spawn(async move {
            let before = session.context.lists.get(asked.name(), kind);
            let outcome = session.entries(&asked, kind).await;
            lock(&session.fetching).remove(&key);
            // Sending fails if nobody waits any more: then the client has a list without these entries.
            if let Err(Ok(entries)) = sender.send(outcome)
                && !before.is_some_and(|before| Arc::ptr_eq(&before, &entries))
            {
                session.queue_for_client(Message::notification(kind.changed(), None));
            }
        });
        let patience = match self.scope {
            // There is nothing else to show: an empty list would be worse than a late one.
            ServerScope::One(_) => self.context.limits.list,
            ServerScope::All | ServerScope::Group(_) if is_late => Duration::ZERO,
            ServerScope::All | ServerScope::Group(_) => self.context.limits.patience,
        };
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
        merged::merge(kind, &servers, lock(&self.assigned).entry(kind).or_default()).table
    }

    /// The last list of each server in scope, without asking a server.
    pub(super) fn known_entries(&self, kind: ListKind) -> Vec<ServerEntries> {
        let known = |scoped: ScopedServer| {
            let entries = self.context.lists.get(scoped.upstream.name(), kind);
            ServerEntries { scoped, entries, is_listed: false }
        };
        self.context.roster().in_scope(&self.scope).into_iter().map(known).collect()
    }

    /// Asks these servers for a list, except those whose list is known and those that are down.
    pub(super) async fn fetch_unknown(self: &Arc<Self>, kind: ListKind, servers: impl Iterator<Item = &ScopedServer>) {
        let is_unknown = |upstream: &&Arc<Upstream>| {
            matches!(upstream.health(), Health::Unknown | Health::Up)
                && self.context.lists.get(upstream.name(), kind).is_none()
        };
        let asked = servers.map(|scoped| &scoped.upstream).filter(is_unknown);
        futures::future::join_all(asked.map(|upstream| self.fetch(upstream, kind))).await;
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
