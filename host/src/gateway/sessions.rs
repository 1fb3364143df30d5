//! The clients' sessions: bounded in number, and ended when nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::lock::lock;
use super::session::Session;
use super::shared::Shared;

/// All sessions of clients.
pub(crate) struct Sessions {
    shared: Arc<Shared>,
    open: Mutex<HashMap<String, Arc<Session>>>,
}

/// No more sessions are begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub has {0} sessions of clients, and all are in use; end one, or try again later")]
pub(crate) struct Full(usize);

impl Sessions {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, open: Mutex::default() }
    }

    /// Keeps a new one; where there are too many, one that nobody uses makes room.
    pub(crate) async fn keep(&self, session: Arc<Session>) -> Result<(), Full> {
        let surplus = self.keep_and_choose(session)?;
        if let Some(surplus) = surplus {
            surplus.end().await;
        }
        Ok(())
    }

    fn keep_and_choose(&self, session: Arc<Session>) -> Result<Option<Arc<Session>>, Full> {
        let now = self.shared.clock.now();
        let mut open = lock(&self.open);
        let surplus = if open.len() >= self.shared.limits.sessions {
            let surplus = self.surplus(&open, now).ok_or(Full(open.len()))?;
            open.remove(&surplus)
        } else {
            None
        };
        open.insert(session.id.clone(), session);
        Ok(surplus)
    }

    /// First one that never got past `initialize`, then one that nobody used lately: of the client with the most
    /// sessions, so that one that begins many drives out its own.
    fn surplus(&self, open: &HashMap<String, Arc<Session>>, now: SystemTime) -> Option<String> {
        let unbegun = open.values().filter(|session| !session.is_begun());
        if let Some(session) = unbegun.max_by_key(|session| session.idle(now)) {
            return Some(session.id.clone());
        }
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for session in open.values() {
            *counts.entry(session.client_name()).or_default() += 1;
        }
        let idle = open.values().filter(|session| session.idle(now) >= self.shared.limits.session_recent);
        let rank = |session: &&Arc<Session>| (counts.get(session.client_name()).copied(), session.idle(now));
        idle.max_by_key(rank).map(|session| session.id.clone())
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
