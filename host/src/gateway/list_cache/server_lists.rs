//! The lists of one server.
//!
//! A server may show other tools to a client with other capabilities, so each list is kept by the class of the clients that
//! it was given to. Most servers give the same list to all, and then it is in memory once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::time::Instant;

use super::file::{FileList, ServerFile};
use super::identity::of_headers;
use super::kept::{Entries, Keeping, KeptList, KnownList, Slot};
use crate::gateway::json::{Fields, raw};
use crate::gateway::list_kind::ListKind;

/// Classes of clients whose lists are kept. Beyond that, the oldest gives way.
const MAX_CLASSES: usize = 16;
/// Bytes of an answer to `initialize`; a larger one is not kept.
const MAX_GREETING: usize = 256 * 1024;

/// Everything that is known of one server.
#[derive(Default)]
pub(super) struct ServerLists {
    /// Tells entries of the settings apart. Empty if nobody said which it is: then nothing is written.
    pub(super) digest: String,
    pub(super) has_login: bool,
    pub(super) greeting: Option<Arc<Fields>>,
    pub(super) transport: Option<String>,
    lists: HashMap<ListKind, IndexMap<String, Slot>>,
}

impl ServerLists {
    /// Nothing is known yet of the entry with this digest.
    pub(super) fn of(digest: &str) -> Self {
        Self { digest: digest.to_owned(), ..Self::default() }
    }

    pub(super) fn known(&self, kind: ListKind, class: &str, usual: Duration) -> Option<KnownList> {
        let classes = self.lists.get(&kind)?;
        let own = classes.get(class);
        let of_others = || classes.iter().rev().find(|(other, _)| of_headers(other) == of_headers(class));
        let slot = own.or_else(|| of_others().map(|(_, slot)| slot))?;
        Some(KnownList {
            list: slot.list.clone(),
            freshness: slot.freshness(usual),
            ttl_left: slot.ttl_left(),
            is_of_another: own.is_none(),
        })
    }

    /// Stores a list. Returns whether there is something new to be written, too.
    pub(super) fn keep(&mut self, kind: ListKind, class: &str, list: KeptList) -> (Keeping, bool) {
        let classes = self.lists.entry(kind).or_default();
        let before = classes.get(class).map(|slot| slot.list.clone());
        let same =
            before.iter().chain(classes.values().map(|slot| &slot.list)).find(|same| same.is_same(&list)).cloned();
        let is_changed = match &before {
            Some(before) => !same.as_ref().is_some_and(|same| Arc::ptr_eq(same, before)),
            None => classes.is_empty() && !list.entries.is_empty(),
        };
        let list: Entries = same.unwrap_or_else(|| Arc::new(list));
        let is_new = before.is_none() || is_changed;
        if before.is_none() && classes.len() >= MAX_CLASSES {
            classes.shift_remove_index(0);
        }
        let slot = Slot { list: list.clone(), read_at: Some(Instant::now()), is_changed: false };
        classes.insert(class.to_owned(), slot);
        if is_changed {
            // Whatever changed for some clients may have changed for all.
            classes.iter_mut().filter(|(other, _)| *other != class).for_each(|(_, slot)| slot.is_changed = true);
        }
        (Keeping { list, is_changed }, is_new)
    }

    pub(super) fn set_changed(&mut self, kind: ListKind) {
        self.lists.entry(kind).or_default().values_mut().for_each(|slot| slot.is_changed = true);
    }

    /// Returns whether anything is new.
    pub(super) fn greet(&mut self, greeting: &Fields) -> bool {
        let is_same = |kept: &Arc<Fields>| raw(&**kept).get() == raw(greeting).get();
        if raw(greeting).get().len() > MAX_GREETING || self.greeting.as_ref().is_some_and(is_same) {
            return false;
        }
        self.greeting = Some(Arc::new(greeting.clone()));
        true
    }

    /// What is left of each list that says how long it is fresh.
    pub(super) fn ttls(&self, class: &str) -> impl Iterator<Item = (ListKind, Duration)> {
        let of_class = self.lists.iter().filter_map(move |(kind, classes)| Some((*kind, classes.get(class)?)));
        let timed = of_class.filter(|(_, slot)| slot.list.ttl().is_some_and(|ttl| !ttl.is_zero()));
        timed.filter_map(|(kind, slot)| Some((kind, slot.ttl_left()?)))
    }

    pub(super) fn filled(&self) -> Vec<ListKind> {
        let is_filled = |classes: &IndexMap<String, Slot>| classes.values().any(|slot| !slot.list.entries.is_empty());
        let mut filled: Vec<ListKind> =
            self.lists.iter().filter(|(_, classes)| is_filled(classes)).map(|(kind, _)| *kind).collect();
        filled.sort_unstable();
        filled
    }

    pub(super) fn is_of_earlier_run(&self) -> bool {
        let mut slots = self.lists.values().flat_map(IndexMap::values).peekable();
        slots.peek().is_some() && slots.all(|slot| slot.read_at.is_none())
    }

    pub(super) fn to_file(&self) -> ServerFile {
        let lists = self.lists.iter().flat_map(|(kind, classes)| {
            // What a client gets for its headers is not kept longer than the hub runs.
            let shared = classes.iter().filter(|(class, _)| of_headers(class).is_none());
            shared.map(|(class, slot)| FileList { kind: *kind, class: class.clone(), list: slot.list.clone() })
        });
        ServerFile {
            digest: self.digest.clone(),
            has_login: self.has_login,
            greeting: self.greeting.as_deref().cloned(),
            transport: self.transport.clone(),
            lists: lists.collect(),
        }
    }

    /// Takes over what an earlier run knew, except what this one knows better.
    pub(super) fn recall(&mut self, file: ServerFile) {
        self.greeting = self.greeting.take().or_else(|| file.greeting.map(Arc::new));
        self.transport = self.transport.take().or(file.transport);
        for FileList { kind, class, list } in file.lists {
            let classes = self.lists.entry(kind).or_default();
            let same = classes.values().map(|slot| &slot.list).find(|same| same.is_same(&list)).cloned();
            if classes.len() < MAX_CLASSES {
                let slot = Slot { list: same.unwrap_or(list), read_at: None, is_changed: false };
                classes.entry(class).or_insert(slot);
            }
        }
    }
}
