//! What every session of a gateway works with.

use std::sync::{Arc, PoisonError, RwLock};

use indexmap::IndexMap;

use super::layout::Layout;
use super::limits::Limits;
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
}

impl Shared {
    pub(crate) fn new(clock: Clock, random: Random, limits: Limits) -> Self {
        Self { roster: RwLock::default(), clock, random, limits }
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
        let (enabled, disabled): (Vec<Server>, Vec<Server>) = servers.into_iter().partition(|server| server.enabled);
        let upstream = |server: Server| {
            let same = before.servers.get(&server.name).filter(|same| same.server.fingerprint == server.fingerprint);
            (server.name.clone(), same.cloned().unwrap_or_else(|| Arc::new(make(server))))
        };
        Self {
            servers: enabled.into_iter().map(upstream).collect(),
            disabled: disabled.into_iter().map(|server| server.name).collect(),
            layout,
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
