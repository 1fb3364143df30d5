//! What all requests of such clients share: their hidden sessions, the calls that wait for a retry, and those who listen.

use std::sync::Arc;
use std::time::Duration;

use super::hidden::{HiddenPlace, HiddenSessions, HiddenSessionsFull, HiddenUse};
use super::inputs;
use super::listeners::Listeners;
use super::parked::{CallMark, ParkedCall, ParkedCalls};
use super::running::RunningCall;
use super::sender::Sender;
use crate::gateway::message::{Id, Message};
use crate::gateway::session::{Session, SessionContext};

/// How long a request waits for a place among the hidden sessions.
const PLACE: Duration = Duration::from_secs(5);

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

    /// The session for a request of this sender. Waits a moment for a place if all that there may be are in use.
    pub(super) async fn session(&self, sender: &Sender) -> Result<HiddenUse, HiddenSessionsFull> {
        let placed = async {
            loop {
                // Before the look, so that none that is freed after it is missed.
                let freed = self.hidden.freed();
                if let Ok(place) = self.hidden.of(&self.context, &self.listeners, sender) {
                    return place;
                }
                freed.await;
            }
        };
        let HiddenPlace { hidden, surplus } =
            tokio::time::timeout(PLACE, placed).await.map_err(|_| HiddenSessionsFull)?;
        if let Some(surplus) = surplus {
            surplus.session.end().await;
        }
        Ok(hidden)
    }

    /// All sessions behind such clients.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.hidden.all().into_iter().chain(self.listeners.all()).collect()
    }

    /// The sessions behind streams of `subscriptions/listen`.
    pub(crate) fn listening(&self) -> Vec<Arc<Session>> {
        self.listeners.all()
    }

    /// Forgets the sessions for which this holds, and the calls that wait in them. The caller ends the sessions.
    pub(crate) fn forget(&self, is_gone: impl Fn(&Arc<Session>) -> bool) {
        self.parked.forget(&is_gone);
        self.hidden.forget(&is_gone);
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::Clock;
    use crate::gateway::limits::GatewayLimits;
    use crate::gateway::list_cache::ListCache;
    use crate::gateway::message::Fields;
    use crate::gateway::principal::Principal;
    use crate::gateway::roster::ServerScope;
    use crate::random::Random;

    fn clients() -> ModernClients {
        let clock = Clock::of(|| SystemTime::UNIX_EPOCH);
        let lists = ListCache::in_directory(None);
        ModernClients::new(Arc::new(SessionContext::new(clock, Random::system(), GatewayLimits::default(), lists)))
    }

    fn sender(number: usize) -> Sender {
        let request = Message::request(Id::number(1), "tools/call", &Fields::new());
        Sender::of(ServerScope::ALL, Fields::new(), Principal::named(&number.to_string()), &request)
    }

    fn all_in_use(clients: &ModernClients) -> Vec<HiddenUse> {
        let mut uses = Vec::new();
        while let Ok(place) = clients.hidden.of(&clients.context, &clients.listeners, &sender(uses.len())) {
            uses.push(place.hidden);
        }
        uses
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_beyond_the_bound_is_refused_and_a_known_sender_is_not() {
        let clients = clients();
        let uses = all_in_use(&clients);

        let refused = clients.session(&sender(uses.len())).await.err().expect("no place");

        let sentence = "the hub works for 256 clients already, and each waits for an answer; try again later";
        assert_eq!((uses.len(), refused.to_string().as_str()), (256, sentence));
        assert!(clients.session(&sender(0)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_gets_the_place_that_becomes_free_while_it_waits() {
        let clients = clients();
        let mut uses = all_in_use(&clients);
        let newcomer = sender(uses.len());

        let freed = async {
            tokio::time::sleep(PLACE / 2).await;
            drop(uses.pop());
        };
        let (placed, ()) = tokio::join!(clients.session(&newcomer), freed);

        assert!(placed.is_ok());
        assert_eq!(clients.hidden.all().len(), 256);
    }

    #[tokio::test]
    async fn a_session_is_not_ended_under_a_request_however_long_it_takes() {
        let clients = clients();
        let held = clients.session(&sender(0)).await.expect("a place");
        let later = SystemTime::UNIX_EPOCH + Duration::from_hours(1);

        let under_request = clients.hidden.take_idle(later).len();
        drop(held);

        assert_eq!((under_request, clients.hidden.take_idle(later).len()), (0, 1));
    }
}
