//! What all requests of such clients share: their hidden sessions, the calls that wait for a retry, and those who listen.

use std::sync::Arc;

use super::hidden::{HiddenSession, HiddenSessions};
use super::inputs;
use super::listeners::Listeners;
use super::parked::{CallMark, ParkedCall, ParkedCalls};
use super::running::RunningCall;
use super::sender::Sender;
use crate::gateway::message::{Id, Message};
use crate::gateway::session::{Session, SessionContext};

/// The clients without sessions of one gateway.
pub(crate) struct ModernClients {
    pub(super) context: Arc<SessionContext>,
    hidden: HiddenSessions,
    parked: ParkedCalls,
    pub(super) listeners: Arc<Listeners>,
}

impl ModernClients {
    pub(crate) fn new(context: Arc<SessionContext>) -> Self {
        Self { context, hidden: HiddenSessions::default(), parked: ParkedCalls::default(), listeners: Arc::default() }
    }

    /// The session for requests of this sender.
    pub(super) async fn session(&self, sender: &Sender) -> Arc<HiddenSession> {
        let (hidden, surplus) = self.hidden.of(&self.context, &self.listeners, sender);
        if let Some(surplus) = surplus {
            surplus.session.end().await;
        }
        hidden
    }

    /// All sessions behind such clients.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.hidden.all().into_iter().chain(self.listeners.all()).collect()
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

    /// Cancels the calls that wait for a retry.
    pub(crate) fn give_up_waiting(&self) {
        self.parked.clear();
    }

    /// Ends all sessions and cancels all calls.
    pub(crate) async fn end(&self) {
        self.parked.clear();
        let hidden = self.hidden.take_all();
        futures::future::join_all(hidden.iter().map(|hidden| hidden.session.end())).await;
        let listening = self.listeners.all();
        futures::future::join_all(listening.iter().map(|session| session.end())).await;
    }
}
