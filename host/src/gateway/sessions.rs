//! The clients' sessions: bounded in number, and ended when nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::lock::lock;
use super::session::Session;
use super::shared::Shared;

/// All sessions of clients.
pub(crate) struct Sessions {
    shared: Arc<Shared>,
    open: Mutex<HashMap<String, Arc<Session>>>,
}

impl Sessions {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, open: Mutex::default() }
    }

    /// Keeps a new one; where there are too many, the one that was idle longest makes room.
    pub(crate) async fn keep(&self, session: Arc<Session>) {
        let surplus = self.keep_and_choose(session);
        if let Some(surplus) = surplus {
            surplus.end().await;
        }
    }

    fn keep_and_choose(&self, session: Arc<Session>) -> Option<Arc<Session>> {
        let now = self.shared.clock.now();
        let mut open = lock(&self.open);
        let is_full = open.len() >= self.shared.limits.sessions;
        let oldest =
            open.values().filter(|_| is_full).max_by_key(|session| session.idle(now)).map(|oldest| oldest.id.clone());
        let surplus = oldest.and_then(|id| open.remove(&id));
        open.insert(session.id.clone(), session);
        surplus
    }

    /// The session of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).get(id).cloned()
    }

    /// Takes it out, to be ended.
    pub(crate) fn take(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).remove(id)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.open).values().cloned().collect()
    }

    /// Ends those that nobody used for long.
    pub(crate) async fn sweep(&self) {
        let now = self.shared.clock.now();
        let idle = |session: &Arc<Session>| session.idle(now) >= self.shared.limits.session_idle;
        let ids: Vec<String> =
            self.all().iter().filter(|session| idle(session)).map(|session| session.id.clone()).collect();
        let ended: Vec<Arc<Session>> = ids.iter().filter_map(|id| self.take(id)).collect();
        futures::future::join_all(ended.iter().map(|session| session.end())).await;
    }
}
