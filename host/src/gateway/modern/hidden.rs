//! Hidden sessions: one for each sender, as far as servers can tell senders apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::asides::Asides;
use super::envelope::LogLevel;
use super::listeners::Listeners;
use super::sender::{Fingerprint, Sender};
use crate::gateway::background::BackgroundTask;
use crate::gateway::lock::lock;
use crate::gateway::session::{Peer, Session, SessionContext};

/// Hidden sessions at once. Beyond that, the one that was not used for longest gives way.
const MAX_HIDDEN: usize = 256;
/// A hidden session that no request used for this long is ended.
const IDLE: Duration = Duration::from_mins(10);

/// A hidden session and the calls that run in it.
pub(super) struct HiddenSession {
    pub(super) session: Arc<Session>,
    pub(super) asides: Arc<Asides>,
    _reader: BackgroundTask,
    used_at: Mutex<SystemTime>,
    /// The lowest level of log messages that servers were told.
    level: Mutex<Option<LogLevel>>,
}

impl HiddenSession {
    /// Whether a level is lower than all that servers were told. From then on, they count as told.
    pub(super) fn lowers(&self, level: LogLevel) -> bool {
        let mut told = lock(&self.level);
        let is_lower = told.is_none_or(|told| level < told);
        if is_lower {
            *told = Some(level);
        }
        is_lower
    }
}

#[derive(Default)]
pub(super) struct HiddenSessions(Mutex<HashMap<Fingerprint, Arc<HiddenSession>>>);

impl HiddenSessions {
    /// The session for requests of this sender. The second value is a session that gave way and must be ended.
    pub(super) fn of(
        &self,
        context: &Arc<SessionContext>,
        listeners: &Arc<Listeners>,
        sender: &Sender,
    ) -> (Arc<HiddenSession>, Option<Arc<HiddenSession>>) {
        let (key, now) = (sender.fingerprint(), context.clock.now());
        let mut all = lock(&self.0);
        if let Some(hidden) = all.get(&key) {
            *lock(&hidden.used_at) = now;
            return (hidden.clone(), None);
        }
        let oldest = || {
            let unused = all.iter().filter(|(_, hidden)| hidden.asides.is_empty());
            unused.min_by_key(|(_, hidden)| *lock(&hidden.used_at)).map(|(key, _)| *key)
        };
        let surplus = if all.len() >= MAX_HIDDEN { oldest() } else { None };
        let surplus = surplus.and_then(|key| all.remove(&key));
        let session = Session::new(context.clone(), sender.scope.clone(), Peer::Client, sender.client.clone());
        let session = session.of_principal(sender.principal.clone());
        let asides = Arc::<Asides>::default();
        let reader = asides.follow(&session, listeners.clone());
        let hidden = Arc::new(HiddenSession {
            session,
            asides,
            _reader: reader,
            used_at: Mutex::new(now),
            level: Mutex::default(),
        });
        all.insert(key, hidden.clone());
        (hidden, surplus)
    }

    /// The sessions that are open now.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.0).values().map(|hidden| hidden.session.clone()).collect()
    }

    /// Removes the sessions that nobody has used for long, or all of them. The caller ends them.
    pub(super) fn take_idle(&self, now: SystemTime) -> Vec<Arc<HiddenSession>> {
        let is_idle = |hidden: &HiddenSession| {
            hidden.asides.is_empty() && now.duration_since(*lock(&hidden.used_at)).unwrap_or_default() >= IDLE
        };
        let mut all = lock(&self.0);
        let idle: Vec<Fingerprint> = all.iter().filter(|(_, hidden)| is_idle(hidden)).map(|(key, _)| *key).collect();
        idle.iter().filter_map(|key| all.remove(key)).collect()
    }

    /// Removes the sessions for which this holds. The caller ends them.
    pub(super) fn forget(&self, is_gone: impl Fn(&Arc<Session>) -> bool) {
        lock(&self.0).retain(|_, hidden| !is_gone(&hidden.session));
    }

    /// Removes all sessions. The caller ends them.
    pub(super) fn take_all(&self) -> Vec<Arc<HiddenSession>> {
        lock(&self.0).drain().map(|(_, hidden)| hidden).collect()
    }
}
