//! What all sessions of a gateway share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::gateway::audience::Audience;
use crate::gateway::budget::Budget;
use crate::gateway::caller_tasks::CallerTasks;
use crate::gateway::json::Fields;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::list_cache::ListCache;
use crate::gateway::merged::ReadyLists;
use crate::gateway::notes::ServerNotes;
use crate::gateway::replay::ReplayBounds;
use crate::gateway::roster::Roster;
use crate::gateway::upstream::Upstream;
use crate::random::Random;
use crate::telemetry::Traffic;

/// The shared parts. One exists per gateway.
pub(crate) struct SessionContext {
    roster: RwLock<Arc<Roster>>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: GatewayLimits,
    /// The last list that each server gave.
    pub(crate) lists: Arc<ListCache>,
    /// The same lists in the form in which clients get them.
    pub(crate) ready_lists: ReadyLists,
    /// Who hears that lists changed.
    pub(crate) audience: Audience,
    /// What people should know about those lists.
    pub(crate) notes: ServerNotes,
    /// Which caller's calls created which task.
    pub(crate) caller_tasks: CallerTasks,
    /// Bytes of messages that wait for their readers, over all sessions.
    pub(crate) waiting: Arc<Budget>,
    /// Bytes of answers that clients have not read yet, over all sessions.
    pub(crate) answered: Arc<Budget>,
    /// What streams may hold for clients that are away, over all sessions.
    pub(crate) replay: ReplayBounds,
    /// Notified when a client set something that is to outlive its session.
    pub(crate) wishes_changed: Arc<Notify>,
    /// What is measured of clients' requests.
    pub(crate) traffic: Arc<Traffic>,
    /// Whether the hub is about to end, so that clients come again soon to another one.
    pub(crate) is_draining: AtomicBool,
    last_token: AtomicU64,
}

impl SessionContext {
    pub(crate) fn new(clock: Clock, random: Random, limits: GatewayLimits, lists: Arc<ListCache>) -> Self {
        Self {
            roster: RwLock::default(),
            waiting: Arc::new(Budget::new(limits.queued_bytes_in_all)),
            answered: Arc::new(Budget::new(limits.answered_bytes_in_all)),
            replay: ReplayBounds::of_all(&limits),
            clock,
            random,
            limits,
            lists,
            ready_lists: ReadyLists::default(),
            audience: Audience::default(),
            notes: ServerNotes::default(),
            caller_tasks: CallerTasks::default(),
            wishes_changed: Arc::default(),
            traffic: Arc::default(),
            is_draining: AtomicBool::new(false),
            last_token: AtomicU64::new(0),
        }
    }

    /// A progress token that no other request of any session carries.
    pub(crate) fn next_token(&self) -> u64 {
        self.last_token.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The servers at this moment. A caller that holds the roster does not see later changes.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.roster.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server of this name, if it is switched on.
    pub(crate) fn upstream(&self, name: &str) -> Option<Arc<Upstream>> {
        self.roster().servers.get(name).cloned()
    }

    /// Keeps what a server said of itself when a session with it was opened, and over which transport.
    pub(crate) fn note_opened(&self, server: &str, greeting: &Fields) {
        self.lists.greet(server, greeting);
        let transport = self.upstream(server).and_then(|upstream| upstream.transport_name());
        self.lists.set_transport(server, transport);
    }

    /// Puts another roster in force, and returns the one before.
    pub(crate) fn replace_roster(&self, roster: Roster) -> Arc<Roster> {
        let mut place = self.roster.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, Arc::new(roster))
    }
}
