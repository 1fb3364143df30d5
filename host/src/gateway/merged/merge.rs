//! How one list is made of several.
//!
//! Names depend on the servers' lists alone, not on who answered first. Of two tools that would have the same name, one
//! keeps it: first the one whose name needed no change, then the one whose server has the longer prefix, then the one
//! whose server stands first in the settings. The other gets a mark. As long as the list of the server with the longer
//! prefix is unknown, a name that could be its own is left to it.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::entries::ServerEntries;
use super::routes::{AssignedNames, EntryOrigin, NameTable};
use super::ui_resources::separate_ui_resources;
use crate::gateway::list_kind::ListKind;
use crate::gateway::message::{Fields, raw};
use crate::gateway::names;
use crate::gateway::repair::ListEntry;
use crate::gateway::revision::Structure;
use crate::gateway::roster::ScopedServer;

/// A list made of several servers' entries.
#[derive(Default)]
pub(super) struct MergedList {
    pub(crate) table: NameTable,
    pub(crate) entries: Vec<Fields>,
    pub(crate) renamed: Vec<RenamedEntry>,
}

/// An entry whose name may surprise people.
#[derive(Debug)]
pub(super) struct RenamedEntry {
    pub(crate) origin: EntryOrigin,
    pub(crate) name: String,
    pub(crate) reason: RenameReason,
}

/// Why a name may surprise people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameReason {
    /// The APIs of models refuse the plain name.
    Unfit,
    /// The plain name belongs to another entry, or may.
    Taken,
    /// It is the plain name, and reads like the name of another server's tool.
    Alike,
}

impl RenameReason {
    /// The reason as a part of a sentence.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unfit => "models accept only letters, digits, _ and -, and at most 64 of them",
            Self::Taken => "the plain name belongs to another server, or may",
            Self::Alike => "it looks like a tool of another server, but calls go to this one",
        }
    }
}

/// An entry that wants a name.
struct Claim<'a> {
    scoped: &'a ScopedServer,
    listed: Option<&'a [ListEntry]>,
    entry: &'a ListEntry,
    /// The name it gets if that is free.
    name: String,
    /// Whether `name` is prefix and own name, unchanged.
    is_exact: bool,
}

impl Claim<'_> {
    fn origin(&self) -> EntryOrigin {
        EntryOrigin { server: self.scoped.upstream.name().to_owned(), own: self.entry.own.clone() }
    }

    /// Whether the name could just as well begin with this longer prefix of another server.
    fn reads_as_of(&self, prefix: &str) -> bool {
        prefix.len() > self.scoped.prefix.len() && self.name.starts_with(prefix)
    }
}

/// Makes the list for a client that was given the names in `before`, and that can read this as structured content.
pub(super) fn merge(
    kind: ListKind,
    servers: &[ServerEntries],
    before: &AssignedNames,
    structure: Structure,
) -> MergedList {
    match kind {
        ListKind::Tools | ListKind::Prompts => by_name(kind, servers, before, structure),
        ListKind::Resources | ListKind::Templates => by_uri(kind, servers, structure),
    }
}

fn claims(kind: ListKind, servers: &[ServerEntries]) -> Vec<Claim<'_>> {
    let mut claims = Vec::new();
    for server in servers {
        let (scoped, listed) = (&server.scoped, server.known());
        let mut own = HashSet::new();
        for entry in listed.unwrap_or_default() {
            if !scoped.shows(kind, &entry.own, listed) || !own.insert(entry.own.as_str()) {
                continue;
            }
            let name = names::joined(&scoped.prefix, &entry.own);
            let is_exact = name.strip_prefix(scoped.prefix.as_str()) == Some(entry.own.as_str());
            claims.push(Claim { scoped, listed, entry, name, is_exact });
        }
    }
    claims
}

fn by_name(kind: ListKind, servers: &[ServerEntries], before: &AssignedNames, structure: Structure) -> MergedList {
    let claims = claims(kind, servers);
    let mut merged = MergedList::default();
    let names = assign_names(&claims, servers, before, &mut merged);
    for (claim, name) in claims.iter().zip(names) {
        let mut fields = fields_under(kind, claim, &name, structure);
        if kind == ListKind::Tools {
            separate_ui_resources(&mut merged.table.ui_resources, claim.scoped, &mut fields);
        }
        merged.entries.push(fields);
    }
    merged
}

/// Gives each claim its name, in the order of the claims, and notes in `merged` where it leads.
fn assign_names(
    claims: &[Claim<'_>],
    servers: &[ServerEntries],
    before: &AssignedNames,
    merged: &mut MergedList,
) -> Vec<String> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|at| claims.get(*at).map(|claim| (!claim.is_exact, Reverse(claim.scoped.prefix.len()))));
    let unknown = servers.iter().filter(|server| server.entries.is_none());
    let unknown: Vec<&str> = unknown.map(|server| server.scoped.prefix.as_str()).collect();
    let mut names: Vec<String> = vec![String::new(); claims.len()];
    for at in order {
        let (Some(claim), Some(place)) = (claims.get(at), names.get_mut(at)) else { continue };
        let origin = claim.origin();
        let is_free = |name: &str| !merged.table.origins.contains_key(name) && !before.is_of_another(name, &origin);
        let is_left_to_another = unknown.iter().any(|prefix| claim.reads_as_of(prefix));
        let name =
            if is_free(&claim.name) && !is_left_to_another { claim.name.clone() } else { another_name(claim, is_free) };
        if let Some(reason) = rename_reason(claim, &name, servers) {
            merged.renamed.push(RenamedEntry { origin: origin.clone(), name: name.clone(), reason });
        }
        place.clone_from(&name);
        merged.table.origins.insert(name, origin);
    }
    names
}

fn rename_reason(claim: &Claim<'_>, name: &str, servers: &[ServerEntries]) -> Option<RenameReason> {
    if name != claim.name {
        Some(RenameReason::Taken)
    } else if !claim.is_exact || !claim.scoped.is_as_written {
        Some(RenameReason::Unfit)
    } else {
        let is_alike = servers.iter().any(|server| claim.reads_as_of(&server.scoped.prefix));
        is_alike.then_some(RenameReason::Alike)
    }
}

fn another_name(claim: &Claim<'_>, is_free: impl Fn(&str) -> bool) -> String {
    let own = &claim.entry.own;
    let with_server = names::joined(&claim.scoped.own_prefix, own);
    if claim.scoped.prefix.is_empty() && with_server != claim.name && is_free(&with_server) {
        return with_server;
    }
    let mut marked = (1..u32::MAX).map(|round| names::marked(&claim.scoped.own_prefix, own, round));
    marked.find(|name| is_free(name)).unwrap_or_default()
}

fn fields_under(kind: ListKind, claim: &Claim<'_>, name: &str, structure: Structure) -> Fields {
    let mut fields = claim.entry.shown(structure);
    if name != claim.entry.own {
        fields.insert("name".into(), raw(&name));
    }
    if let Some(description) = claim.scoped.description(kind, &claim.entry.own, claim.listed) {
        fields.insert("description".into(), raw(&description));
    }
    fields
}

/// Of several servers with the same URI, the first one's entry is listed.
fn by_uri(kind: ListKind, servers: &[ServerEntries], structure: Structure) -> MergedList {
    let mut merged = MergedList::default();
    for claim in claims(kind, servers) {
        let own = &claim.entry.own;
        if merged.table.origins.contains_key(own) {
            continue;
        }
        merged.table.origins.insert(own.clone(), claim.origin());
        merged.entries.push(fields_under(kind, &claim, own, structure));
    }
    merged
}
