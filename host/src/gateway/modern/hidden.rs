//! Hidden sessions: one for each sender, as far as servers can tell senders apart.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::asides::Asides;
use super::listeners::Listeners;
use super::sender::{Fingerprint, Sender};
use crate::gateway::background::BackgroundTask;
use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
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
    /// Requests that hold it.
    uses: AtomicUsize,
    /// The lowest level of log messages that servers were told.
    level: Mutex<Option<LogLevel>>,
}

/// A request's hold on a hidden session, from before its first step to after its last. The session is not ended meanwhile.
pub(super) struct HiddenUse {
    hidden: Arc<HiddenSession>,
    freed: Arc<Notify>,
}

/// A place for a request.
pub(super) struct HiddenPlace {
    pub(super) hidden: HiddenUse,
    /// A session that gave way and must be ended.
    pub(super) surplus: Option<Arc<HiddenSession>>,
}

/// All hidden sessions that there may be are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub works for {MAX_HIDDEN} clients already, and each waits for an answer; try again later")]
pub(super) struct HiddenSessionsFull;

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

    fn is_in_use(&self) -> bool {
        self.uses.load(Ordering::Acquire) > 0
    }
}

impl HiddenUse {
    fn of(hidden: &Arc<HiddenSession>, freed: &Arc<Notify>) -> Self {
        hidden.uses.fetch_add(1, Ordering::AcqRel);
        Self { hidden: hidden.clone(), freed: freed.clone() }
    }
}

impl Deref for HiddenUse {
    type Target = HiddenSession;

    fn deref(&self) -> &HiddenSession {
        &self.hidden
    }
}

impl Drop for HiddenUse {
    fn drop(&mut self) {
        *lock(&self.hidden.used_at) = self.hidden.session.context.clock.now();
        if self.hidden.uses.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.freed.notify_waiters();
        }
    }
}

#[derive(Default)]
pub(super) struct HiddenSessions {
    all: Mutex<HashMap<Fingerprint, Arc<HiddenSession>>>,
    /// Notified when a session is not in use any more.
    freed: Arc<Notify>,
}

impl HiddenSessions {
    /// Returns once a session that was in use is free, if that is after this call.
    pub(super) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }

    /// The session for a request of this sender.
    pub(super) fn of(
        &self,
        context: &Arc<SessionContext>,
        listeners: &Arc<Listeners>,
        sender: &Sender,
    ) -> Result<HiddenPlace, HiddenSessionsFull> {
        let key = sender.fingerprint();
        let mut all = lock(&self.all);
        if let Some(hidden) = all.get(&key) {
            return Ok(HiddenPlace { hidden: HiddenUse::of(hidden, &self.freed), surplus: None });
        }
        let mut surplus = None;
        if all.len() >= MAX_HIDDEN {
            let unused = all.iter().filter(|(_, hidden)| !hidden.is_in_use());
            let oldest = unused.min_by_key(|(_, hidden)| *lock(&hidden.used_at)).map(|(key, _)| *key);
            surplus = all.remove(&oldest.ok_or(HiddenSessionsFull)?);
        }
        let session = Session::new(context.clone(), sender.scope.clone(), Peer::Client, sender.client.clone());
        let session = session.of_principal(sender.principal.clone());
        let asides = Arc::<Asides>::default();
        let hidden = Arc::new(HiddenSession {
            _reader: asides.follow(&session, listeners.clone()),
            session,
            asides,
            used_at: Mutex::new(context.clock.now()),
            uses: AtomicUsize::new(0),
            level: Mutex::default(),
        });
        all.insert(key, hidden.clone());
        Ok(HiddenPlace { hidden: HiddenUse::of(&hidden, &self.freed), surplus })
    }

    /// The sessions that are open now.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.all).values().map(|hidden| hidden.session.clone()).collect()
    }

    /// Removes the sessions that nobody has used for long, or all of them. The caller ends them.
    pub(super) fn take_idle(&self, now: SystemTime) -> Vec<Arc<HiddenSession>> {
        let is_idle = |hidden: &HiddenSession| {
            !hidden.is_in_use() && now.duration_since(*lock(&hidden.used_at)).unwrap_or_default() >= IDLE
        };
        let mut all = lock(&self.all);
        let idle: Vec<Fingerprint> = all.iter().filter(|(_, hidden)| is_idle(hidden)).map(|(key, _)| *key).collect();
        idle.iter().filter_map(|key| all.remove(key)).collect()
    }

    /// Removes the sessions for which this holds. The caller ends them.
    pub(super) fn forget(&self, is_gone: impl Fn(&Arc<Session>) -> bool) {
        lock(&self.all).retain(|_, hidden| !is_gone(&hidden.session));
    }

    /// Removes all sessions. The caller ends them.
    pub(super) fn take_all(&self) -> Vec<Arc<HiddenSession>> {
        lock(&self.all).drain().map(|(_, hidden)| hidden).collect()
    }
}
