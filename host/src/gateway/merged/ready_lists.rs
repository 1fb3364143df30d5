//! Merged lists that are ready, shared by all sessions.
//!
//! A list is made of what servers listed, of how the scope shows these servers, of what the client can read, and of the
//! names that the client was given before. All of that is a part of the key: where any of it is another one, so is the
//! list, and nothing has to be thrown away in time. Servers' lists and rosters never change, so each counts as what it is in
//! memory. They are held weakly: what is gone from everywhere else does not stay because of a list made of it, and nothing
//! new takes its place in memory as long as the key is there.

use std::ptr;
use std::sync::{Arc, Mutex, Weak};

use super::entries::ServerEntries;
use super::ready::ReadyList;
use super::routes::AssignedNames;
use crate::gateway::list_cache::{Entries, KeptList};
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;
use crate::gateway::revision::Structure;
use crate::gateway::roster::{Roster, ServerScope};

/// Lists that are kept, and their bytes in all, approximately. Beyond that, the one that was not asked for the longest goes.
const MAX_LISTS: usize = 256;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a list is made of.
pub(crate) struct ListParts<'a> {
    pub(crate) roster: &'a Arc<Roster>,
    pub(crate) scope: &'a ServerScope,
    pub(crate) kind: ListKind,
    /// What the client can read as structured content.
    pub(crate) structure: Structure,
    /// The servers in the scope, as the roster has them.
    pub(crate) servers: &'a [ServerEntries],
}

/// The names that a client was given so far.
pub(crate) struct GivenNames<'a> {
    /// Tells clients apart.
    pub(crate) client: &'a str,
    pub(crate) names: &'a AssignedNames,
}

/// The lists that were made so far.
#[derive(Default)]
pub(crate) struct ReadyLists(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    lists: Vec<KeptReady>,
    bytes: usize,
    /// Counts what is asked for.
    now: u64,
}

struct KeptReady {
    key: Key,
    list: Arc<ReadyList>,
    used_at: u64,
}

struct Key {
    roster: Weak<Roster>,
    scope: ServerScope,
    kind: ListKind,
    structure: Structure,
    entries: Vec<Option<Weak<KeptList>>>,
    /// The client whose names differ from those that others get, and how many names it was given: as names are only ever
    /// added, their number tells which they are.
    names: Option<(String, usize)>,
}

impl ReadyLists {
    /// The list for a client that was given these names. Most clients get the same one.
    pub(crate) fn of(&self, parts: &ListParts<'_>, given: &GivenNames<'_>) -> Arc<ReadyList> {
        let shared = self.kept_or_made(parts, None);
        if given.names.agree_with(&shared.table) { shared } else { self.kept_or_made(parts, Some(given)) }
    }

    fn kept_or_made(&self, parts: &ListParts<'_>, given: Option<&GivenNames<'_>>) -> Arc<ReadyList> {
        if let Some(list) = lock(&self.0).find(parts, given) {
            return list;
        }
        let nobody = AssignedNames::default();
        let before = given.map_or(&nobody, |given| given.names);
        // Without the lock: others need not wait for it.
        let made = Arc::new(ReadyList::made_of(parts.kind, parts.servers, before, parts.structure));
        let mut kept = lock(&self.0);
        if let Some(list) = kept.find(parts, given) {
            return list;
        }
        kept.add(Key::of(parts, given), made.clone());
        made
    }
}

impl Kept {
    fn find(&mut self, parts: &ListParts<'_>, given: Option<&GivenNames<'_>>) -> Option<Arc<ReadyList>> {
        self.now += 1;
        let found = self.lists.iter_mut().find(|kept| kept.key.is_of(parts, given))?;
        found.used_at = self.now;
        Some(found.list.clone())
    }

    fn add(&mut self, key: Key, list: Arc<ReadyList>) {
        self.lists.retain(|kept| kept.key.may_be_asked_for());
        self.bytes = self.lists.iter().map(|kept| kept.list.size()).sum::<usize>() + list.size();
        self.lists.push(KeptReady { key, list, used_at: self.now });
        while self.lists.len() > MAX_LISTS || self.bytes > MAX_BYTES {
            let places = self.lists.iter().enumerate();
            let Some((oldest, _)) = places.min_by_key(|(_, kept)| kept.used_at) else { break };
            self.bytes -= self.lists.swap_remove(oldest).list.size();
        }
    }
}

impl Key {
    fn of(parts: &ListParts<'_>, given: Option<&GivenNames<'_>>) -> Self {
        let weak = |server: &ServerEntries| server.entries.as_ref().map(Arc::downgrade);
        Self {
            roster: Arc::downgrade(parts.roster),
            scope: parts.scope.clone(),
            kind: parts.kind,
            structure: parts.structure,
            entries: parts.servers.iter().map(weak).collect(),
            names: given.map(|given| (given.client.to_owned(), given.names.count())),
        }
    }

    fn is_of(&self, parts: &ListParts<'_>, given: Option<&GivenNames<'_>>) -> bool {
        let names = self.names.as_ref().map(|(client, count)| (client.as_str(), *count));
        self.kind == parts.kind
            && self.structure == parts.structure
            && ptr::eq(self.roster.as_ptr(), Arc::as_ptr(parts.roster))
            && names == given.map(|given| (given.client, given.names.count()))
            && self.entries.len() == parts.servers.len()
            && self
                .entries
                .iter()
                .zip(parts.servers)
                .all(|(entries, server)| are_same(entries.as_ref(), server.entries.as_ref()))
            && self.scope == *parts.scope
    }

    /// Whether all that the list was made of is still there.
    fn may_be_asked_for(&self) -> bool {
        let is_there = |entries: &Weak<KeptList>| entries.strong_count() > 0;
        self.roster.strong_count() > 0 && self.entries.iter().flatten().all(is_there)
    }
}

fn are_same(kept: Option<&Weak<KeptList>>, now: Option<&Entries>) -> bool {
    match (kept, now) {
        (Some(kept), Some(now)) => ptr::eq(kept.as_ptr(), Arc::as_ptr(now)),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
