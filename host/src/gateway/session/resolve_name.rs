//! Which server has a tool or prompt: by the names that the client was given, else by the lists that are known, else by
//! asking the servers that may have it.

use std::sync::Arc;

use super::core::Session;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::merged::EntryOrigin;
use crate::gateway::roster::{ScopeKind, ScopedServer};
use crate::gateway::upstream::Upstream;
use crate::gateway::{merged, names};

impl Session {
    /// The server that a tool's or prompt's name belongs to, and the server's own name for it. `None` also where the
    /// settings switch it off.
    pub(super) async fn resolve_name(self: &Arc<Self>, kind: ListKind, name: &str) -> Option<(Arc<Upstream>, String)> {
        let roster = self.context.roster();
        let in_scope = roster.in_scope(&self.scope);
        let mut origin = self.known_origin(kind, name);
        if origin.is_none() {
            // Boxed, as everything rare is: each call would have room for it.
            Box::pin(self.fetch_unknown(kind, in_scope.iter().filter(|scoped| may_have(scoped, name)))).await;
            origin = self
                .known_origin(kind, name)
                .or_else(|| merged::marked_origin(&self.known_entries(kind).servers, name));
        }
        let found = match origin {
            // The name of a removed server does not become another server's.
            Some(origin) => {
                let of_server = in_scope.iter().find(|scoped| scoped.upstream.name() == origin.server);
                of_server.map(|scoped| (scoped, origin.own))
            }
            // A server may have tools that it does not list.
            None => self.by_prefix(&in_scope, name),
        };
        let listed = |scoped: &ScopedServer| {
            self.context.lists.get(scoped.upstream.name(), kind, &self.list_class(&scoped.upstream))
        };
        let is_shown = |(scoped, own): &(&Arc<ScopedServer>, String)| {
            scoped.shows(kind, own, listed(scoped).as_ref().map(|list| list.entries.as_slice()))
        };
        let (scoped, own) = found.filter(is_shown)?;
        Some((scoped.upstream.clone(), own))
    }

    /// The server whose prefix the name has. Of several, the one with the longest prefix.
    fn by_prefix<'s>(&self, in_scope: &'s [Arc<ScopedServer>], name: &str) -> Option<(&'s Arc<ScopedServer>, String)> {
        let is_alone = matches!(self.scope.kind, ScopeKind::One(_));
        let own = |scoped: &'s Arc<ScopedServer>| Some((scoped, name.strip_prefix(scoped.prefix.as_str())?.to_owned()));
        let prefixed = in_scope.iter().filter(|scoped| is_alone || !scoped.prefix.is_empty());
        prefixed.filter_map(own).max_by_key(|(scoped, _)| scoped.prefix.len())
    }

    /// Where a name or URI leads, without asking a server.
    pub(super) fn known_origin(&self, kind: ListKind, name: &str) -> Option<EntryOrigin> {
        if let Some(origin) = lock(&self.assigned).get(&kind).and_then(|assigned| assigned.origin(name)) {
            return Some(origin.clone());
        }
        let listed = lock(&self.listed).get(&kind).cloned();
        let of_list = listed.as_ref().and_then(|table| table.origin(name));
        if let Some(origin) = of_list.filter(|origin| self.reaches(&origin.server)) {
            return Some(origin.clone());
        }
        let table = self.known_names(kind);
        let origin = table.origin(name).cloned();
        // A client that calls before it lists is served from one table from then on.
        if listed.is_none() && origin.is_some() {
            lock(&self.listed).insert(kind, table);
        }
        origin
    }
}

/// Whether a server may list something under this name.
fn may_have(scoped: &ScopedServer, name: &str) -> bool {
    name.starts_with(scoped.prefix.as_str()) || names::may_be_shortened(name)
}
