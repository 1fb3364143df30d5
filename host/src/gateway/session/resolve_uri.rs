//! Which server has a resource: by the tool that has it as its UI resource, by the lists, by a link in a tool's result, by
//! the URI templates that match, else by where it was found before.

use std::cmp::Reverse;
use std::sync::Arc;

use super::core::Session;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::merged::{EntryOrigin, ServerEntries};
use crate::gateway::upstream::Upstream;
use crate::gateway::uri_template;
use crate::gateway::uri_template::TemplateFit;

/// Resources without a list whose servers a session remembers.
const MAX_FOUND: usize = 1000;
/// Bytes of the URI of such a resource; a longer one is not remembered.
const MAX_FOUND_URI: usize = 1024;

impl Session {
    /// The servers that may have a resource, or the template of this text, the most likely first, each with its own URI for
    /// it. A single one is the owner as far as anybody can know. Asks for lists that are not known yet.
    pub(super) async fn resolve_uri(self: &Arc<Self>, uri: &str) -> Vec<(Arc<Upstream>, String)> {
        let origins = match self.ui_resource(uri) {
            Some(origin) => vec![origin],
            None => {
                let at = |server| EntryOrigin { server, own: uri.to_owned() };
                self.servers_of(uri).await.into_iter().map(at).collect()
            }
        };
        let reached = origins.into_iter().filter(|origin| self.reaches(&origin.server));
        reached.filter_map(|origin| Some((self.context.upstream(&origin.server)?, origin.own))).collect()
    }

    async fn servers_of(self: &Arc<Self>, uri: &str) -> Vec<String> {
        let listed = match self.listing_server(uri) {
            Some(server) => Some(server),
            None => {
                let roster = self.context.roster();
                let in_scope = roster.in_scope(&self.scope);
                let resources = self.fetch_unknown(ListKind::Resources, in_scope.iter());
                futures::future::join(resources, self.fetch_unknown(ListKind::Templates, in_scope.iter())).await;
                self.listing_server(uri)
            }
        };
        let linked = self.resource_links.server(uri).filter(|server| self.reaches(server));
        if let Some(listing) = listed {
            // A link leads away from the server that lists the URI only if the linking server lists it, too.
            return vec![linked.filter(|server| self.lists(server, uri)).unwrap_or(listing)];
        }
        let matching = self.matching_servers(uri);
        // Nor does a link lead away from a server whose template names the URI's scheme.
        let is_free = |server: &String| {
            matching.iter().any(|(other, _)| other == server) || !matching.iter().any(|(_, fit)| fit.names_scheme)
        };
        if let Some(server) = linked.filter(is_free) {
            return vec![server];
        }
        if matching.is_empty() {
            return lock(&self.found_owners).get(uri).cloned().into_iter().collect();
        }
        matching.into_iter().map(|(server, _)| server).collect()
    }

    /// The first server that lists a resource, or a template of this text.
    fn listing_server(&self, uri: &str) -> Option<String> {
        let of_templates = || self.known_origin(ListKind::Templates, uri);
        self.known_origin(ListKind::Resources, uri).or_else(of_templates).map(|origin| origin.server)
    }

    /// Whether a server is known to list a resource.
    pub(super) fn lists(&self, server: &str, uri: &str) -> bool {
        let Some(upstream) = self.context.upstream(server) else { return false };
        let listed = self.context.lists.get(server, ListKind::Resources, &self.list_class(&upstream));
        listed.is_some_and(|listed| listed.entries.iter().any(|entry| entry.own == uri))
    }

    /// The servers with a template that the URI matches, the closest first.
    fn matching_servers(&self, uri: &str) -> Vec<(String, TemplateFit)> {
        let closest = |server: &ServerEntries| {
            let templates = server.known().unwrap_or_default().iter();
            let fit = templates.filter_map(|entry| uri_template::fit(&entry.own, uri)).max()?;
            Some((server.scoped.upstream.name().to_owned(), fit))
        };
        let servers = self.known_entries(ListKind::Templates);
        let mut matching: Vec<(String, TemplateFit)> = servers.servers.iter().filter_map(closest).collect();
        matching.sort_by_key(|(_, fit)| Reverse(*fit));
        matching
    }

    fn ui_resource(&self, uri: &str) -> Option<EntryOrigin> {
        let listed = lock(&self.listed).get(&ListKind::Tools).cloned();
        if let Some(origin) = listed.as_ref().and_then(|table| table.ui_resource(uri)) {
            return Some(origin.clone());
        }
        if listed.is_some() || !uri.starts_with("ui://") {
            return None;
        }
        self.known_names(ListKind::Tools).ui_resource(uri).cloned()
    }

    /// Remembers which server has a resource that no list names.
    pub(super) fn remember_owner(&self, uri: &str, server: &str) {
        let mut found = lock(&self.found_owners);
        if uri.len() <= MAX_FOUND_URI && (found.len() < MAX_FOUND || found.contains_key(uri)) {
            found.insert(uri.to_owned(), server.to_owned());
        }
    }
}
