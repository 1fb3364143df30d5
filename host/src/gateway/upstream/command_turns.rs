//! Whose turn it is at a command that client sessions share, and that asks clients questions.
//!
//! A question of such a command (sampling, elicitation, roots) names no request. It may be shown only to the client whose call
//! it is about, so once the command has asked, the calls of its clients go one after the other. That holds for clients that
//! cannot be asked, too: else a question because of their calls could be shown to whoever can. Calls of one client still go
//! side by side.
//!
//! Before the first question nobody waits. Most commands never ask, but nearly every client declares roots or elicitation:
//! if they always took turns, one long call would hold up everybody at every command. The price is that a first question
//! that comes while several clients call is refused: that one call may fail, and the next ones take turns. Roots count
//! only then, because commands ask for them as they start, whoever calls.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::command_client::CommandClient;
use super::notification::LISTEN;
use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;

/// Calls that wait for their turn.
const MAX_QUEUED: usize = 1000;
/// How long after a call that was given up the command may still ask something because of it.
const LATE: Duration = Duration::from_secs(5);

/// Whether a server may ask its client something because of this request. Messages about a task name the task instead.
pub(super) fn may_ask(method: &str) -> bool {
    let is_plain = matches!(
        method,
        "initialize" | "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe" | LISTEN
    );
    !is_plain && !method.starts_with("tasks/") && ListKind::of(method).is_none()
}

/// Whether a command has asked a client something because of a call. It outlives the command's processes.
#[derive(Default)]
pub(crate) struct KnownQuestions(AtomicBool);

/// The calls of one process, by client.
#[derive(Default)]
pub(super) struct CommandTurns {
    known: Arc<KnownQuestions>,
    state: Mutex<TurnState>,
    changed: Notify,
}

#[derive(Default)]
struct TurnState {
    /// How many calls each client has in flight.
    in_flight: HashMap<u64, usize>,
    /// The longest wait first.
    queue: VecDeque<QueuedCall>,
    last_ticket: u64,
}

struct QueuedCall {
    ticket: u64,
    client: u64,
    /// From then on no call of another client is put beside those in flight. Half of the wait is left for these to end, and for a
    /// call that one of them needs: it comes too late for its turn only if this one did, too.
    pressing_at: Instant,
}

/// A place in the queue. Dropping it leaves the queue.
struct QueuePlace<'a> {
    turns: &'a CommandTurns,
    ticket: u64,
}

/// The turn of a call in flight. Dropping it ends the turn: at once if the call is over, or else once nothing more is to be
/// expected of it.
pub(crate) struct CallTurn {
    turns: Arc<CommandTurns>,
    client: Arc<CommandClient>,
    /// Whether the command has answered or ended, and so asks nothing more because of the call.
    pub(crate) is_over: bool,
}

impl KnownQuestions {
    /// Records that the command asked something because of a call.
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl CommandTurns {
    pub(super) fn new(known: Arc<KnownQuestions>) -> Self {
        Self { known, ..Self::default() }
    }

    /// What the command is known to ask.
    pub(super) fn known(&self) -> &KnownQuestions {
        &self.known
    }

    /// Waits for a turn of this client, which the call keeps until its answer. `None` if there is none in time.
    pub(super) async fn begin(self: &Arc<Self>, client: &Arc<CommandClient>, wait: Duration) -> Option<CallTurn> {
        if let Some(turn) = self.take(client, None) {
            return Some(turn);
        }
        let place = self.queue_up(client, wait)?;
        let turn = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                match self.take(client, Some(place.ticket)) {
                    Some(turn) => return turn,
                    None => changed.await,
                }
            }
        };
        tokio::time::timeout(wait, turn).await.ok()
    }

    fn take(self: &Arc<Self>, client: &Arc<CommandClient>, ticket: Option<u64>) -> Option<CallTurn> {
        let mut state = lock(&self.state);
        if self.known.has_any() {
            if state.in_flight.keys().any(|other| *other != client.number) {
                return None;
            }
            // A call beside one of the same client does not queue, as that one may need it to end: not until another client has
            // waited for long, or else a client whose calls overlap would keep the command for ever.
            let is_beside = state.in_flight.contains_key(&client.number);
            let now = Instant::now();
            let mut ahead = state.queue.iter().take_while(|queued| Some(queued.ticket) != ticket);
            if ahead.any(|queued| queued.client != client.number && (!is_beside || queued.pressing_at <= now)) {
                return None;
            }
        }
        *state.in_flight.entry(client.number).or_default() += 1;
        Some(CallTurn { turns: self.clone(), client: client.clone(), is_over: false })
    }

    fn queue_up(&self, client: &CommandClient, wait: Duration) -> Option<QueuePlace<'_>> {
        let mut state = lock(&self.state);
        if state.queue.len() >= MAX_QUEUED {
            return None;
        }
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.queue.push_back(QueuedCall { ticket, client: client.number, pressing_at: Instant::now() + wait / 2 });
        Some(QueuePlace { turns: self, ticket })
    }

    fn release(&self, client: u64) {
        let mut state = lock(&self.state);
        if let Some(calls) = state.in_flight.get_mut(&client) {
            *calls = calls.saturating_sub(1);
        }
        state.in_flight.retain(|_, calls| *calls > 0);
        drop(state);
        self.changed.notify_waiters();
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        lock(&self.turns.state).queue.retain(|queued| queued.ticket != self.ticket);
        self.turns.changed.notify_waiters();
    }
}

impl Drop for CallTurn {
    fn drop(&mut self) {
        let (turns, client) = (self.turns.clone(), self.client.number);
        let may_still_ask = !self.is_over && turns.known.has_any();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if may_still_ask => drop(runtime.spawn(async move {
                tokio::time::sleep(LATE).await;
                turns.release(client);
            })),
            Ok(_) | Err(_) => turns.release(client),
        }
    }
}

#[cfg(test)]
mod tests;
