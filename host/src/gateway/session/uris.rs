//! Where the URIs of resources lead: by the tool that is shown with one, by the lists, by a link that a tool's result showed,
//! by the templates that one fits, else to whom it was found with.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Session;
use super::lists::Listing;
use crate::gateway::lock::lock;
use crate::gateway::table::{Place, Source};
use crate::gateway::template::{self, Fit};
use crate::gateway::upstream::Upstream;

/// Resources in no list whose servers a session remembers, and the longest URI of one.
const MAX_FOUND: usize = 1000;
const MAX_FOUND_URI: usize = 1024;

impl Session {
    /// The servers that may have a resource, or the template of this text, the likeliest first, each with its own URI for it.
    /// One alone is the one that has it, as far as anybody can know. Lists that are not known are asked for.
    pub(super) async fn by_uri(self: &Arc<Self>, uri: &str) -> Vec<(Arc<Upstream>, String)> {
        let places = match self.page(uri) {
            Some(page) => vec![page],
            None => {
                let at = |server| Place { server, own: uri.to_owned() };
                self.servers_of(uri).await.into_iter().map(at).collect()
            }
        };
        let reached = places.into_iter().filter(|place| self.reaches(&place.server));
        reached.filter_map(|place| Some((self.shared.upstream(&place.server)?, place.own))).collect()
    }

    async fn servers_of(self: &Arc<Self>, uri: &str) -> Vec<String> {
        let listed = match self.lister(uri) {
            Some(lister) => Some(lister),
            None => {
                let roster = self.shared.roster();
                let seen = roster.seen(&self.scope);
                let resources = self.learn(Listing::Resources, seen.iter());
                futures::future::join(resources, self.learn(Listing::Templates, seen.iter())).await;
                self.lister(uri)
            }
        };
        let shown = self.shown.server(uri).filter(|server| self.reaches(server));
        if let Some(lister) = listed {
            // A link leads away from the lister only where the other one lists the same.
            return vec![shown.filter(|server| self.lists(server, uri)).unwrap_or(lister)];
        }
        let fitting = self.fitting(uri);
        // Nor does it lead away from a server whose templates say whose the URI is.
        let is_free = |server: &String| {
            fitting.iter().any(|(fitting, _)| fitting == server) || !fitting.iter().any(|(_, fit)| fit.names_scheme)
        };
        if let Some(server) = shown.filter(is_free) {
            return vec![server];
        }
        if fitting.is_empty() {
            return lock(&self.found).get(uri).cloned().into_iter().collect();
        }
        fitting.into_iter().map(|(server, _)| server).collect()
    }

    /// Who listed a resource, or a template of this text, first.
    fn lister(&self, uri: &str) -> Option<String> {
        let place = self.place(Listing::Resources, uri).or_else(|| self.place(Listing::Templates, uri));
        place.map(|place| place.server)
    }

    fn lists(&self, server: &str, uri: &str) -> bool {
        let listed = self.shared.known.list(server, Listing::Resources);
        listed.is_some_and(|listed| listed.iter().any(|entry| entry.own == uri))
    }

    /// The servers with a template that the URI fits, the closest first.
    fn fitting(&self, uri: &str) -> Vec<(String, Fit)> {
        let sources = self.known_sources(Listing::Templates);
        let closest = |source: &Source| {
            let templates = source.entries.iter().flat_map(|entries| entries.iter());
            let fit = templates.filter_map(|entry| template::fit(&entry.own, uri)).max()?;
            Some((source.seen.upstream.name().to_owned(), fit))
        };
        let mut fitting: Vec<(String, Fit)> = sources.iter().filter_map(closest).collect();
        fitting.sort_by_key(|(_, fit)| Reverse(*fit));
        fitting
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
