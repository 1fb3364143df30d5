//! What all requests of such clients share: their hidden sessions, the calls that wait for a retry, and those who listen.

use std::sync::{Arc, Mutex, Weak};

use super::hidden::{HiddenSession, HiddenSessions};
use super::inputs;
use super::parked::{CallMark, ParkedCall, ParkedCalls};
use super::running::RunningCall;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message};
use crate::gateway::roster::ServerScope;
use crate::gateway::session::{Session, SessionContext};

/// Streams of `subscriptions/listen` at once.
const MAX_LISTENING: usize = 1000;

/// The clients without sessions of one gateway.
pub(crate) struct ModernClients {
    pub(super) context: Arc<SessionContext>,
    hidden: HiddenSessions,
    parked: ParkedCalls,
    /// The sessions behind streams of `subscriptions/listen`. Each lives as long as its stream.
    listening: Mutex<Vec<Weak<Session>>>,
}

impl ModernClients {
    pub(crate) fn new(context: Arc<SessionContext>) -> Self {
        Self { context, hidden: HiddenSessions::default(), parked: ParkedCalls::default(), listening: Mutex::default() }
    }

    /// The session for requests at this scope from clients with these parameters.
    pub(super) async fn session(&self, scope: &ServerScope, client: &Fields) -> Arc<HiddenSession> {
        let (hidden, surplus) = self.hidden.of(&self.context, scope, client);
        if let Some(surplus) = surplus {
            surplus.session.end().await;
        }
        hidden
    }

    /// All sessions behind such clients.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        let listening: Vec<Arc<Session>> = lock(&self.listening).iter().filter_map(Weak::upgrade).collect();
        self.hidden.all().into_iter().chain(listening).collect()
    }

    /// Counts a session among those who listen. False if there are too many.
    pub(super) fn add_listening(&self, session: &Arc<Session>) -> bool {
        let mut listening = lock(&self.listening);
        listening.retain(|session| session.strong_count() > 0);
        let has_room = listening.len() < MAX_LISTENING;
        if has_room {
            listening.push(Arc::downgrade(session));
        }
        has_room
    }

    /// Lets a call wait for the answers to these questions, and returns what asks the client for them.
    pub(super) fn park(&self, call: RunningCall, questions: Vec<Message>, mark: CallMark, id: Id) -> Message {
        let asked = questions.clone();
        let state = self.parked.put(call, questions, mark);
        Message::result(id, &inputs::required(asked.iter(), &state))
    }

    /// Takes the call that waits for a retry with this state. It works once.
    pub(super) fn unpark(&self, state: &str, mark: CallMark) -> Option<ParkedCall> {
        self.parked.take(state, mark, self.context.clock.now())
    }

    /// Ends what nobody has used for long.
    pub(crate) async fn sweep(&self) {
        let now = self.context.clock.now();
        self.parked.sweep(now);
        let idle = self.hidden.take_idle(now);
        futures::future::join_all(idle.iter().map(|hidden| hidden.session.end())).await;
    }

    /// Ends all sessions and cancels all calls.
    pub(crate) async fn end(&self) {
        self.parked.clear();
        let hidden = self.hidden.take_all();
        futures::future::join_all(hidden.iter().map(|hidden| hidden.session.end())).await;
        let listening: Vec<Arc<Session>> =
            lock(&self.listening).drain(..).filter_map(|session| session.upgrade()).collect();
        futures::future::join_all(listening.iter().map(|session| session.end())).await;
    }
}
