//! All client sessions: limited in number, and ended when nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::ended_ids::EndedIds;
use super::kept_wishes::KeptWishes;
use super::known_ids::KnownIds;
use super::lock::lock;
use super::message::{Id, Message, fields, string};
use super::principal::Principal;
use super::roster::ServerScope;
use super::sealed_session::SealedSession;
use super::session::client_info::{self, ClientError};
use super::session::{Peer, Session, SessionContext};
use super::session_key::SessionKey;
use super::wishes_file::WishesFile;

/// A client's fair share is one part in this many of all sessions. A client with more gives way first.
const FAIR: usize = 8;

/// The client sessions that are open, oldest first.
pub(crate) struct Sessions {
    context: Arc<SessionContext>,
    open: Mutex<IndexMap<String, Arc<Session>>>,
    /// Without it sessions end with the hub.
    kept: OnceLock<Kept>,
}

/// What lets sessions outlive the hub.
struct Kept {
    key: SessionKey,
    ended: EndedIds,
    known: KnownIds,
    wishes: KeptWishes,
}

/// Why a client session is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    /// All sessions that the hub allows are open and in use.
    #[error(transparent)]
    Full(#[from] SessionsFull),
    /// The client's `initialize` is refused.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The limit of sessions is reached, and all are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub has {0} client sessions, and all are in use; end one, or try again later")]
pub(crate) struct SessionsFull(usize);

/// What the choice of a session to end depends on.
struct IdleSession<'a> {
    /// The name in the client's `clientInfo`.
    client: &'a str,
    idle: Duration,
}

impl Sessions {
    pub(crate) fn new(context: Arc<SessionContext>) -> Self {
        Self { context, open: Mutex::default(), kept: OnceLock::new() }
    }

    /// Seals the ids of sessions from now on, and keeps what clients set in them.
    pub(crate) fn keep(&self, key: SessionKey, ended: EndedIds, file: Option<WishesFile>) {
        let wishes = KeptWishes::read(file, &key);
        // The first key stays: ids that it sealed are out already.
        drop(self.kept.set(Kept { key, ended, known: KnownIds::default(), wishes }));
    }

    /// Writes what clients have set, as far as it is to outlive the hub.
    pub(crate) async fn write_wishes(&self) {
        let Some(kept) = self.kept.get() else { return };
        self.all().iter().for_each(|session| kept.wishes.note(session));
        kept.wishes.write(&kept.key, self.context.clock.now(), self.context.limits.session_age).await;
    }

    /// Remembers what the client of a session set that is ended without its doing.
    fn note_wishes(&self, session: &Session) {
        if let Some(kept) = self.kept.get() {
            kept.wishes.note(session);
        }
    }

    /// The id by which a client names its session: one that carries the session, or a plain one that ends with the hub.
    pub(crate) fn id_for_client(&self, session: &Session) -> String {
        let now = self.context.clock.now();
        let sealed = self.kept.get().and_then(|kept| SealedSession::of(session, now).seal(&kept.key));
        let Some(sealed) = sealed else { return session.id.clone() };
        session.opened.get_or_init(|| now);
        sealed
    }

    /// The session that this caller names at an endpoint of this scope. Begins it again if it is not open, its id says how,
    /// and the client has not ended it.
    pub(crate) async fn find(
        &self,
        id: &str,
        scope: &ServerScope,
        principal: &Principal,
    ) -> Result<Option<Arc<Session>>, SessionsFull> {
        let is_theirs = |session: &Arc<Session>| session.scope == *scope && session.principal() == principal;
        if let Some(session) = self.kept.get().and_then(|kept| self.get(&kept.known.get(id)?)) {
            return Ok(Some(session).filter(is_theirs));
        }
        let opened = self.kept.get().and_then(|kept| Some((kept, SealedSession::open(id, &kept.key)?)));
        let Some((kept, sealed)) = opened else {
            return Ok(self.get(id).filter(is_theirs));
        };
        if let Some(session) = self.get(&sealed.id) {
            let open = lock(&self.open);
            kept.known.add(id, &sealed.id, open.len(), |own| open.contains_key(own));
            drop(open);
            return Ok(Some(session).filter(is_theirs));
        }
        let (now, age) = (self.context.clock.now(), self.context.limits.session_age);
        let session = sealed.begin(self.context.clone(), now, age).filter(is_theirs);
        let Some(session) = session.filter(|session| !kept.ended.contains(&session.id)) else { return Ok(None) };
        if let Some(wishes) = kept.wishes.of(&session.id) {
            session.set_wishes(wishes);
        }
        self.add(session.clone()).await?;
        let found = self.get(&session.id);
        // Another request may have begun it again just now.
        if found.as_ref().is_some_and(|found| Arc::ptr_eq(found, &session)) {
            session.subscribe_again();
        }
        Ok(found)
    }

    /// Opens a session and answers its `initialize`.
    pub(crate) async fn open(
        &self,
        scope: ServerScope,
        principal: Principal,
        id: Id,
        initialize: &Message,
    ) -> Result<(Arc<Session>, Message), OpenError> {
        let client = client_info::checked(&initialize.params())?;
        let session = Session::new(self.context.clone(), scope, Peer::Client, client).of_principal(principal);
        session.last_headers.note(initialize);
        self.add(session.clone()).await?;
        let answer = session.answer_initialize(id).await;
        if let Some(agreed) = string(&fields(answer.result_raw()), "protocolVersion") {
            // Set once: a session is initialised once.
            drop(session.agreed.set(agreed));
        }
        Ok((session, answer))
    }

    /// Ends a session for good, because its client did: it is not begun again.
    pub(crate) async fn close(&self, session: &Session) {
        if let Some(kept) = self.kept.get() {
            kept.ended.add(&session.id);
            kept.wishes.forget(&session.id);
            self.context.wishes_changed.notify_one();
        }
        if let Some(session) = self.take(&session.id) {
            session.end().await;
        }
    }

    /// Adds a session, unless one of its id is open. If there are too many, one that nobody uses is ended.
    pub(crate) async fn add(&self, session: Arc<Session>) -> Result<(), SessionsFull> {
        let surplus = self.add_and_choose(session)?;
        if let Some(surplus) = surplus {
            self.note_wishes(&surplus);
            surplus.end().await;
        }
        Ok(())
    }

    fn add_and_choose(&self, session: Arc<Session>) -> Result<Option<Arc<Session>>, SessionsFull> {
        let now = self.context.clock.now();
        let mut open = lock(&self.open);
        if open.contains_key(&session.id) {
            return Ok(None);
        }
        let surplus = if open.len() >= self.context.limits.sessions {
            let surplus = self.surplus(&open, now).ok_or(SessionsFull(open.len()))?;
            open.shift_remove(&surplus)
        } else {
            None
        };
        open.insert(session.id.clone(), session);
        Ok(surplus)
    }

    /// First a session that never got past `initialize`, then one that nobody used lately, see [`surplus_of`].
    fn surplus(&self, open: &IndexMap<String, Arc<Session>>, now: SystemTime) -> Option<String> {
        let unbegun = open.values().filter(|session| !session.is_begun());
        if let Some(session) = unbegun.max_by_key(|session| session.idle(now)) {
            return Some(session.id.clone());
        }
        let all = open.values().map(|session| IdleSession { client: session.client_name(), idle: session.idle(now) });
        let chosen = surplus_of(&all.collect::<Vec<_>>(), self.context.limits.session_recent)?;
        open.get_index(chosen).map(|(id, _)| id.clone())
    }

    /// The session of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).get(id).cloned()
    }

    /// Removes a session, which the caller ends.
    pub(crate) fn take(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.open).shift_remove(id)
    }

    /// The sessions that are open now, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.open).values().cloned().collect()
    }

    /// Ends the sessions that nobody has used for long.
    pub(crate) async fn sweep(&self) {
        self.all().iter().for_each(|session| session.replay.forget_old(self.context.limits.away));
        let now = self.context.clock.now();
        let is_idle = |session: &Arc<Session>| session.idle(now) >= self.context.limits.session_idle;
        let ids: Vec<String> =
            self.all().iter().filter(|session| is_idle(session)).map(|session| session.id.clone()).collect();
        let ended: Vec<Arc<Session>> = ids.iter().filter_map(|id| self.take(id)).collect();
        for session in &ended {
            self.note_wishes(session);
        }
        futures::future::join_all(ended.iter().map(|session| session.end())).await;
    }
}

/// The index of the session to end, of all sessions, oldest first: one of a client with more than its fair share, else one
/// of the client that came last. So a client that opens many sessions drives out its own, even if it uses a new name each
/// time. `None` if all were used within `recent`.
fn surplus_of(all: &[IdleSession<'_>], recent: Duration) -> Option<usize> {
    // Of each client: how many sessions it has, and where its first one stands.
    let mut clients: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, session) in all.iter().enumerate() {
        let (count, _) = clients.entry(session.client).or_insert((0, at));
        *count += 1;
    }
    let fair_share = (all.len() / FAIR).max(1);
    let rank = |(_, session): &(usize, &IdleSession<'_>)| {
        let (count, first) = clients.get(session.client).copied().unwrap_or_default();
        (if count > fair_share { count } else { 0 }, first, session.idle)
    };
    let idle = all.iter().enumerate().filter(|(_, session)| session.idle >= recent);
    idle.max_by_key(rank).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECENT: Duration = Duration::from_secs(30);

    fn idle<'n>(names: &[&'n str], seconds: &[u64]) -> Vec<IdleSession<'n>> {
        let session = |(client, seconds): (&&'n str, &u64)| IdleSession { client, idle: Duration::from_secs(*seconds) };
        names.iter().zip(seconds).map(session).collect()
    }

    #[test]
    fn a_client_with_more_than_its_share_loses_its_own_longest_idle_session() {
        let all = idle(&["a", "many", "many", "many", "b"], &[900, 40, 50, 10, 800]);

        assert_eq!(surplus_of(&all, RECENT), Some(2));
    }

    #[test]
    fn a_client_that_changes_its_name_each_time_drives_out_no_older_client() {
        let mut all = idle(&["editor", "editor", "agent"], &[3000, 2000, 1000]);
        let names: Vec<String> = (0..30).map(|number| format!("name {number}")).collect();
        all.extend(names.iter().map(|name| IdleSession { client: name, idle: RECENT }));

        assert_eq!(surplus_of(&all, RECENT), Some(all.len() - 1));
    }

    #[test]
    fn a_session_in_use_is_never_chosen() {
        assert_eq!(surplus_of(&idle(&["a", "b"], &[29, 0]), RECENT), None);
    }
}
