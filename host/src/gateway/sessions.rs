//! The clients' sessions: bounded in number, and ended when nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::lock::lock;
use super::session::Session;
use super::shared::Shared;

/// A client with more than this part of all sessions drives out its own.
const FAIR: usize = 8;

/// All sessions of clients, in the order in which they began.
pub(crate) struct Sessions {
    shared: Arc<Shared>,
    open: Mutex<IndexMap<String, Arc<Session>>>,
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
            open.shift_remove(&surplus)
        } else {
            None
        };
        open.insert(session.id.clone(), session);
        Ok(surplus)
    }

    /// First one that never got past `initialize`, then one that nobody used lately, see [`surplus_of`].
    fn surplus(&self, open: &IndexMap<String, Arc<Session>>, now: SystemTime) -> Option<String> {
        let unbegun = open.values().filter(|session| !session.is_begun());
        if let Some(session) = unbegun.max_by_key(|session| session.idle(now)) {
            return Some(session.id.clone());
        }
        let all: Vec<(&str, Duration)> =
            open.values().map(|session| (session.client_name(), session.idle(now))).collect();
        let chosen = surplus_of(&all, self.shared.limits.session_recent)?;
        open.get_index(chosen).map(|(id, _)| id.clone())
    }

    /// The session of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).get(id).cloned()
    }

    /// Takes it out, to be ended.
    pub(crate) fn take(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).shift_remove(id)
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

/// The session that makes room, of the clients' names and how long each session is idle, in the order in which they began:
/// of the client that has more than its part, else of the one that was here last. So who begins many sessions drives out
/// their own, also under a new name each time.
fn surplus_of(all: &[(&str, Duration)], recent: Duration) -> Option<usize> {
    let mut clients: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, (client, _)) in all.iter().enumerate() {
        let (count, _) = clients.entry(client).or_insert((0, at));
        *count += 1;
    }
    let part = (all.len() / FAIR).max(1);
    let rank = |(_, (client, idle)): &(usize, &(&str, Duration))| {
        let (count, first) = clients.get(client).copied().unwrap_or_default();
        (if count > part { count } else { 0 }, first, *idle)
    };
    let idle = all.iter().enumerate().filter(|(_, (_, idle))| *idle >= recent);
    idle.max_by_key(rank).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECENT: Duration = Duration::from_secs(30);

    fn idle<'n>(names: &[&'n str], seconds: &[u64]) -> Vec<(&'n str, Duration)> {
        names.iter().zip(seconds).map(|(name, seconds)| (*name, Duration::from_secs(*seconds))).collect()
    }

    #[test]
    fn who_has_more_than_its_part_drives_out_its_own_longest_idle() {
        let all = idle(&["a", "many", "many", "many", "b"], &[900, 40, 50, 10, 800]);

        assert_eq!(surplus_of(&all, RECENT), Some(2));
    }

    #[test]
    fn who_changes_its_name_each_time_drives_out_nobody_who_was_here_before() {
        let mut all = idle(&["editor", "editor", "agent"], &[3000, 2000, 1000]);
        let names: Vec<String> = (0..30).map(|number| format!("name {number}")).collect();
        all.extend(names.iter().map(|name| (name.as_str(), RECENT)));

        assert_eq!(surplus_of(&all, RECENT), Some(all.len() - 1));
    }

    #[test]
    fn who_is_at_work_stays() {
        assert_eq!(surplus_of(&idle(&["a", "b"], &[29, 0]), RECENT), None);
    }
}
