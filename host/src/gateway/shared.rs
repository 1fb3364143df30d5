//! What every session of a gateway works with.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use indexmap::IndexMap;

use super::budget::Budget;
use super::known::Known;
use super::layout::Layout;
use super::limits::Limits;
use super::names;
use super::upstream::Upstream;
use crate::clock::Clock;
use crate::random::Random;
use crate::settings::Server;

/// The parts that sessions share.
pub(crate) struct Shared {
    roster: RwLock<Arc<Roster>>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    /// What the servers listed last.
    pub(crate) known: Known,
    /// Bytes of messages that wait for their readers, over all sessions.
    pub(crate) waiting: Arc<Budget>,
    /// Bytes of answers that clients have not taken yet, over all sessions.
    pub(crate) answered: Arc<Budget>,
    last_token: AtomicU64,
}

/// The servers of the settings that are in force.
#[derive(Default)]
pub(crate) struct Roster {
    /// Those that are switched on, in the order of the settings.
    pub(crate) servers: IndexMap<String, Arc<Upstream>>,
    /// Names of those that are switched off.
    pub(crate) disabled: Vec<String>,
    /// How they are put together.
    pub(crate) layout: Layout,
    /// What stands for each server before the names of its tools.
    pub(crate) slugs: HashMap<String, String>,
}

impl Shared {
    pub(crate) fn new(clock: Clock, random: Random, limits: Limits) -> Self {
        let waiting = Arc::new(Budget::of(limits.queued_bytes_in_all));
        let answered = Arc::new(Budget::of(limits.answered_bytes_in_all));
        let (known, last_token) = (Known::default(), AtomicU64::new(0));
        Self { roster: RwLock::default(), clock, random, limits, known, waiting, answered, last_token }
    }

    /// A progress token that no other request of any session carries.
    pub(crate) fn token(&self) -> u64 {
        self.last_token.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The servers as they are now.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.roster.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server of this name, if it is switched on.
    pub(crate) fn upstream(&self, name: &str) -> Option<Arc<Upstream>> {
        self.roster().servers.get(name).cloned()
    }

    /// Puts a roster in the place of the one before, and gives that one.
    pub(crate) fn replace(&self, roster: Roster) -> Arc<Roster> {
        let mut place = self.roster.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, Arc::new(roster))
    }
}

impl Roster {
    /// These servers; one that `before` has just so stays the same one.
    pub(crate) fn of(servers: Vec<Server>, layout: Layout, before: &Self, make: impl Fn(Server) -> Upstream) -> Self {
        // Those that are switched off keep theirs: the names of others do not depend on a switch.
        let slugs = names::slugs(servers.iter().map(|server| server.name.as_str()));
        let (enabled, disabled): (Vec<Server>, Vec<Server>) = servers.into_iter().partition(|server| server.enabled);
        let upstream = |server: Server| {
            let same = before.servers.get(&server.name).filter(|same| same.server.fingerprint == server.fingerprint);
            (server.name.clone(), same.cloned().unwrap_or_else(|| Arc::new(make(server))))
        };
        Self {
            servers: enabled.into_iter().map(upstream).collect(),
            disabled: disabled.into_iter().map(|server| server.name).collect(),
            layout,
            slugs,
        }
    }

    /// Those that are seen where all servers are in scope: each once, under the account that needs no name.
    pub(crate) fn main(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.servers.values().filter(|upstream| upstream.server.is_default())
    }

    /// The servers that are not, or not the same, in `other`.
    pub(crate) fn not_in<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Arc<Upstream>> {
        let same = |one: &Arc<Upstream>| other.servers.get(one.name()).is_some_and(|two| Arc::ptr_eq(one, two));
        self.servers.values().filter(move |upstream| !same(upstream))
    }
}
