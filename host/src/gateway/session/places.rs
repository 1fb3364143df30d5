//! Where the names of lists lead: by the list that the client was given, else by what is known of the servers, else by asking
//! those that may have it.

use std::sync::Arc;

use super::lists::Listing;
use super::{Scope, Session};
use crate::gateway::layout::Seen;
use crate::gateway::lock::lock;
use crate::gateway::names;
use crate::gateway::table::{self, Place};
use crate::gateway::upstream::Upstream;

impl Session {
    /// The server that a tool's or prompt's name belongs to, and its own name for it.
    pub(super) async fn by_name(self: &Arc<Self>, listing: Listing, name: &str) -> Option<(Arc<Upstream>, String)> {
        let roster = self.shared.roster();
        let seen = roster.seen(&self.scope);
        let mut place = self.place(listing, name);
        if place.is_none() {
            self.learn(listing, seen.iter().filter(|seen| may_have(seen, name))).await;
            place = self.place(listing, name).or_else(|| table::marked_place(&self.known_sources(listing), name));
        }
        let found = match place {
            // A name of a server that is gone does not become another server's.
            Some(place) => seen.iter().find(|seen| seen.upstream.name() == place.server).map(|seen| (seen, place.own)),
            // A server may have more than it lists.
            None => self.by_prefix(&seen, name),
        };
        let listed = |seen: &Seen| self.shared.known.list(seen.upstream.name(), listing);
        let is_shown =
            |(seen, own): &(&Seen, String)| seen.shows(listing, own, listed(seen).as_deref().map(Vec::as_slice));
        let (seen, own) = found.filter(is_shown)?;
        Some((seen.upstream.clone(), own))
    }

    /// Of two prefixes that fit, the longer one.
    fn by_prefix<'s>(&self, seen: &'s [Seen], name: &str) -> Option<(&'s Seen, String)> {
        let is_alone = matches!(self.scope, Scope::One(_));
        let fits = |seen: &'s Seen| Some((seen, name.strip_prefix(seen.prefix.as_str())?.to_owned()));
        let prefixed = seen.iter().filter(|seen| is_alone || !seen.prefix.is_empty());
        prefixed.filter_map(fits).max_by_key(|(seen, _)| seen.prefix.len())
    }

    /// Where a name or URI leads, without asking anybody.
    pub(super) fn place(&self, listing: Listing, name: &str) -> Option<Place> {
        if let Some(place) = lock(&self.given).get(&listing).and_then(|given| given.place(name)) {
            return Some(place.clone());
        }
        let listed = lock(&self.listed).get(&listing).cloned();
        if let Some(place) =
            listed.as_ref().and_then(|table| table.place(name)).filter(|place| self.reaches(&place.server))
        {
            return Some(place.clone());
        }
        let table = Arc::new(self.known_names(listing));
        let place = table.place(name).cloned();
        if listed.is_none() && place.is_some() {
            lock(&self.listed).insert(listing, table);
        }
        place
    }
}

/// Whether a server may list something under this name.
fn may_have(seen: &Seen, name: &str) -> bool {
    name.starts_with(seen.prefix.as_str()) || names::may_be_shortened(name)
}
