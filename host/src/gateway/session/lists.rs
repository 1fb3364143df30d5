//! Lists of all servers in scope: each server's share, one after the other in the order of the settings.
//!
//! A server that is slow is waited for a little; then the list holds what is known of it, and the client is told once
//! there is more to see.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::forward::Answer;
use super::{Flight, Scope, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::known::Entries;
use crate::gateway::layout::Seen;
pub(crate) use crate::gateway::listing::Listing;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::gateway::table::{self, Listed, Renamed, Source, Table};
use crate::gateway::upstream::{Standing, Upstream};
use crate::gateway::{speech, switched};

impl Session {
    /// Answers a list. Where one server is in scope its failure is the answer; of several, it is left out.
    pub(super) async fn answer_list(self: &Arc<Self>, listing: Listing, flight: &Flight) -> Answer {
        let (listed, failure) = self.collect(listing).await;
        if let (Scope::One(server), Some(error)) = (&self.scope, failure) {
            let upstream = self.shared.upstream(server);
            let shown = upstream.map_or_else(|| error.to_string(), |upstream| upstream.shown(&error));
            return Answer::Whole(speech::failure(flight.id.clone(), &flight.method, (&error, &shown)));
        }
        let result = HashMap::from([(listing.key(), listed.entries)]);
        Answer::Whole(Message::result(flight.id.clone(), &result))
    }

    /// The list as the client sees it from now on, and why a server's share is missing.
    pub(super) async fn collect(self: &Arc<Self>, listing: Listing) -> (Listed, Option<UpstreamError>) {
        let asked = self.shared.roster().seen(&self.scope).into_iter().map(|seen| self.source(seen, listing));
        let (sources, failures): (Vec<Source>, Vec<_>) = futures::future::join_all(asked).await.into_iter().unzip();
        let mut listed = {
            let mut given = lock(&self.given);
            let given = given.entry(listing).or_default();
            let listed = table::list(listing, &sources, given);
            if matches!(listing, Listing::Tools | Listing::Prompts) {
                given.note(&listed.table);
            }
            listed
        };
        self.tell_renamed(listing, &listed.renamed);
        for (seen, sentence) in switched::unmatched(listing, &sources) {
            self.shared.known.tell(seen.upstream.name(), seen.upstream.shown(&sentence));
        }
        lock(&self.listed).insert(listing, Arc::new(std::mem::take(&mut listed.table)));
        (listed, failures.into_iter().flatten().next())
    }

    async fn source(self: &Arc<Self>, seen: Seen, listing: Listing) -> (Source, Option<UpstreamError>) {
        let upstream = seen.upstream.clone();
        let known = || self.shared.known.list(upstream.name(), listing);
        let is_asked = match (upstream.standing(), &self.scope) {
            (Standing::Unknown | Standing::Up, _) => true,
            // The one server in scope says itself what is wrong.
            (Standing::Down | Standing::Blocked, scope) => matches!(scope, Scope::One(_)),
        };
        if !is_asked {
            return (Source { entries: known(), is_listed: false, seen }, None);
        }
        match self.fetch(&upstream, listing).await {
            Some(Ok(entries)) => (Source { entries: Some(entries), is_listed: true, seen }, None),
            Some(Err(error)) => {
                tracing::debug!(server.name = upstream.name(), "left out of a list: {}", upstream.shown(&error));
                (Source { entries: known(), is_listed: false, seen }, Some(error))
            }
            None => {
                let (server, waited) = (upstream.name().to_owned(), self.shared.limits.list);
                let entries = known();
                let error = entries.is_none().then_some(UpstreamError::TimedOut { server, waited });
                (Source { entries, is_listed: true, seen }, error)
            }
        }
    }

    /// A server's list; `None` where it does not come in time.
    async fn fetch(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        listing: Listing,
    ) -> Option<Result<Entries, UpstreamError>> {
        let known = &self.shared.known;
        let is_late = known.is_late(upstream.name());
        let key = (upstream.name().to_owned(), listing);
        if is_late && lock(&self.fetching).contains(&key) && !matches!(self.scope, Scope::One(_)) {
            return None;
        }
        lock(&self.fetching).insert(key.clone());
        let (sender, receiver) = oneshot::channel();
        let (session, asked) = (self.clone(), upstream.clone());
        tokio::spawn(async move {
            let before = session.shared.known.list(asked.name(), listing);
            let outcome = session.entries(&asked, listing).await;
            lock(&session.fetching).remove(&key);
            // Nobody waits any more: the client has a list without it.
            if let Err(Ok(entries)) = sender.send(outcome)
                && !before.is_some_and(|before| Arc::ptr_eq(&before, &entries))
            {
                session.queue(Message::notification(listing.changed(), None));
            }
        });
        let patience = match self.scope {
            // There is nothing else to see: an empty list would be worse than a late one.
            Scope::One(_) => self.shared.limits.list,
            Scope::All | Scope::Group(_) if is_late => Duration::ZERO,
            Scope::All | Scope::Group(_) => self.shared.limits.patience,
        };
        if let Ok(Ok(outcome)) = tokio::time::timeout(patience, receiver).await {
            return Some(outcome);
        }
        known.set_late(upstream.name());
        None
    }

    /// Where the names of a list lead by what is known. Those that the client was given stay where they are.
    pub(crate) fn known_names(&self, listing: Listing) -> Table {
        let sources = self.known_sources(listing);
        table::list(listing, &sources, lock(&self.given).entry(listing).or_default()).table
    }

    /// What is known of each server in scope, without asking anybody.
    pub(super) fn known_sources(&self, listing: Listing) -> Vec<Source> {
        let known = |seen: Seen| {
            let entries = self.shared.known.list(seen.upstream.name(), listing);
            Source { seen, entries, is_listed: false }
        };
        self.shared.roster().seen(&self.scope).into_iter().map(known).collect()
    }

    /// Asks those of these servers for a list that nobody knows yet.
    pub(super) async fn learn(self: &Arc<Self>, listing: Listing, seen: impl Iterator<Item = &Seen>) {
        let is_unknown = |upstream: &&Arc<Upstream>| {
            matches!(upstream.standing(), Standing::Unknown | Standing::Up)
                && self.shared.known.list(upstream.name(), listing).is_none()
        };
        let asked = seen.map(|seen| &seen.upstream).filter(is_unknown).map(|upstream| self.fetch(upstream, listing));
        futures::future::join_all(asked).await;
    }

    /// One sentence for each server and each kind.
    fn tell_renamed(&self, listing: Listing, renamed: &[Renamed]) {
        let what = listing.singular();
        let mut first: BTreeMap<(&str, &str), (&Renamed, usize)> = BTreeMap::new();
        for renamed in renamed {
            let (_, count) = first.entry((&renamed.place.server, renamed.why.as_str())).or_insert((renamed, 0));
            *count += 1;
        }
        for ((server, why), (Renamed { place, name, .. }, count)) in first {
            let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            let sentence = format!("{server}: its {what} {:?} is listed as {name:?}{others}; {why}", place.own);
            if let Some(upstream) = self.shared.upstream(server) {
                self.shared.known.tell(server, upstream.shown(&sentence));
            }
        }
    }
}
