//! Where the names and URIs of lists lead: by the list that the client was given, else by what is known of the servers,
//! else by asking those that may have it.

use std::sync::Arc;

use super::lists::Listing;
use super::{Scope, Session};
use crate::gateway::layout::Seen;
use crate::gateway::lock::lock;
use crate::gateway::names;
use crate::gateway::table::{self, Place};
use crate::gateway::upstream::Upstream;

/// Resources in no list whose servers a session remembers, and the longest URI of one.
const MAX_FOUND: usize = 1000;
const MAX_FOUND_URI: usize = 1024;

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
            Some(place) => seen.iter().find(|seen| seen.upstream.name() == place.server).map(|seen| (seen, place.own)),
            None => None,
        };
        // A server may have more than it lists.
        let found = found.or_else(|| self.by_prefix(&seen, name));
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
        let listed = lock(&self.listed).get(&listing).cloned();
        if let Some(place) =
            listed.as_ref().and_then(|table| table.place(name)).filter(|place| self.reaches(&place.server))
        {
            return Some(place.clone());
        }
        let table = Arc::new(table::list(listing, &self.known_sources(listing)).table);
        let place = table.place(name).cloned();
        if listed.is_none() && place.is_some() {
            lock(&self.listed).insert(listing, table);
        }
        place
    }

    /// The server of a resource, and its own URI for it: whose tool is shown with it, else who listed it first.
    pub(super) async fn by_uri(self: &Arc<Self>, uri: &str) -> Option<(Arc<Upstream>, String)> {
        let place = match self.place_of_uri(uri) {
            Some(place) => Some(place),
            None => {
                self.learn(Listing::Resources, self.shared.roster().seen(&self.scope).iter()).await;
                self.place_of_uri(uri)
            }
        };
        let found = || Some(Place { server: lock(&self.found).get(uri).cloned()?, own: uri.to_owned() });
        let place = place.or_else(found).filter(|place| self.reaches(&place.server))?;
        Some((self.shared.upstream(&place.server)?, place.own))
    }

    fn place_of_uri(&self, uri: &str) -> Option<Place> {
        let page = self.page(uri);
        page.or_else(|| self.place(Listing::Resources, uri)).or_else(|| self.place(Listing::Templates, uri))
    }

    fn page(&self, uri: &str) -> Option<Place> {
        let listed = lock(&self.listed).get(&Listing::Tools).cloned();
        if let Some(place) = listed.as_ref().and_then(|table| table.page(uri)) {
            return Some(place.clone());
        }
        if listed.is_some() || !uri.starts_with("ui://") {
            return None;
        }
        self.known_names(Listing::Tools).page(uri).cloned()
    }

    /// Remembers who has a resource that nobody listed.
    pub(super) fn remember(&self, uri: &str, server: &str) {
        let mut found = lock(&self.found);
        if uri.len() <= MAX_FOUND_URI && (found.len() < MAX_FOUND || found.contains_key(uri)) {
            found.insert(uri.to_owned(), server.to_owned());
        }
    }
}

/// Whether a server may list something under this name.
fn may_have(seen: &Seen, name: &str) -> bool {
    name.starts_with(seen.prefix.as_str()) || names::may_be_shortened(name)
}
