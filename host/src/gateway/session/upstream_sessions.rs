//! A client session's sessions with servers, one place for each server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::{RemoteHandle, Shared};

use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::upstream::UpstreamSession;

/// One server's place. All who need the session wait for the same opening, which goes on in a task of its own. The task is
/// dropped once the place is empty and nobody waits.
pub(super) type OpeningSlot = Shared<RemoteHandle<Result<Arc<UpstreamSession>, UpstreamError>>>;

/// The places of all servers in use.
#[derive(Default)]
pub(crate) struct UpstreamSessions(Mutex<HashMap<String, OpeningSlot>>);

impl UpstreamSessions {
    /// The open session with a server.
    pub(crate) fn open(&self, server: &str) -> Option<Arc<UpstreamSession>> {
        if_open(lock(&self.0).get(server)?)
    }

    /// The sessions that are open now.
    pub(crate) fn all_open(&self) -> Vec<Arc<UpstreamSession>> {
        lock(&self.0).values().filter_map(if_open).collect()
    }

    /// Empties all places, and returns the sessions that were open.
    pub(super) fn take_open(&self) -> Vec<Arc<UpstreamSession>> {
        let slots: Vec<OpeningSlot> = lock(&self.0).drain().map(|(_, slot)| slot).collect();
        slots.iter().filter_map(if_open).collect()
    }

    /// Empties a server's place. Calls in flight in its session finish.
    pub(crate) fn forget_server(&self, server: &str) {
        lock(&self.0).remove(server);
    }

    /// Empties the place of this session, unless another has taken it.
    pub(super) fn forget(&self, session: &Arc<UpstreamSession>) {
        let mut slots = lock(&self.0);
        let is_it = slots.get(&session.server).and_then(if_open).is_some_and(|other| Arc::ptr_eq(&other, session));
        if is_it {
            slots.remove(&session.server);
        }
    }

    /// The opening in a server's place, begun now if there is none. One that failed while nobody waited is begun again.
    pub(super) fn slot(&self, server: &str, begin: impl FnOnce() -> OpeningSlot) -> OpeningSlot {
        let mut slots = lock(&self.0);
        if slots.get(server).is_some_and(|slot| matches!(slot.clone().now_or_never(), Some(Err(_)))) {
            slots.remove(server);
        }
        slots.entry(server.to_owned()).or_insert_with(begin).clone()
    }

    /// Empties a server's place if this opening, which failed, still holds it.
    pub(super) fn forget_failed(&self, server: &str, failed: &OpeningSlot) {
        let mut slots = lock(&self.0);
        if slots.get(server).is_some_and(|other| other.ptr_eq(failed)) {
            slots.remove(server);
        }
    }
}

/// The session of an opening that has succeeded.
fn if_open(slot: &OpeningSlot) -> Option<Arc<UpstreamSession>> {
    // The opening may have finished while nobody polled it, so it is polled once here.
    slot.clone().now_or_never()?.ok()
}
