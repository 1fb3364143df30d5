//! Names in the settings that match nothing a server lists. People should know about them: what they meant to switch off
//! may be running under another name.

use super::entries::ServerEntries;
use crate::gateway::list_kind::ListKind;
use crate::gateway::repair::ListEntry;
use crate::gateway::roster::{ScopedServer, switches};
use crate::settings::nearest;

/// Unmatched names that are reported for one server.
const MAX_REPORTED: usize = 5;

/// The unmatched names of all servers whose list is known, each as a sentence with its server.
pub(super) fn unmatched(kind: ListKind, servers: &[ServerEntries]) -> impl Iterator<Item = (&ScopedServer, String)> {
    // Switches for resources are for resource templates, too: one list alone cannot tell.
    let is_whole = matches!(kind, ListKind::Tools | ListKind::Prompts);
    let known = servers.iter().filter(move |_| is_whole);
    let known = known.filter_map(|server| Some((&*server.scoped, server.known()?)));
    known.flat_map(move |(scoped, listed)| unmatched_of(kind, scoped, listed).map(move |sentence| (scoped, sentence)))
}

fn unmatched_of(kind: ListKind, scoped: &ScopedServer, listed: &[ListEntry]) -> impl Iterator<Item = String> {
    let of_server = switches(&scoped.upstream.server, kind).names();
    let of_group = scoped.only.of(kind).into_iter().flatten().map(String::as_str);
    let is_known = move |name: &str| listed.iter().any(|entry| scoped.is_called(&entry.own, name, Some(listed)));
    let unknown = of_server.chain(of_group).filter(move |name| !is_known(name)).take(MAX_REPORTED);
    unknown.map(move |name| {
        let (server, what) = (scoped.upstream.name(), kind.singular());
        let own = scoped.written_prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str())).unwrap_or(name);
        let meant = nearest(own, listed.iter().map(|entry| entry.own.as_str()));
        let meant = meant.map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default();
        format!("the settings name the {what} {name:?}, which {server} does not list{meant}")
    })
}
