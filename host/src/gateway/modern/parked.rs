//! Calls that wait for the client's answers to `input_required`. The retry finds its call by `requestState`, which nobody
//! can guess, and gets it only if it is the same call of the same client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::running::RunningCall;
use super::sender::Fingerprint;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message};
use crate::gateway::session::Session;
use crate::gateway::upstream::PATIENCE;

/// Calls that wait at once. Beyond that, the one that waited longest is cancelled.
const MAX_PARKED: usize = 512;
/// What every state of the hub's own begins with. A state of a server passes as it is.
const PREFIX: &str = "mcphub.";

/// A call with the questions that its client has not answered.
pub(super) struct ParkedCall {
    pub(super) call: RunningCall,
    pub(super) questions: Vec<Message>,
    pub(super) mark: CallMark,
    ends_at: SystemTime,
}

/// What a retry must have in common with the call: the client, the method and the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallMark {
    client: Fingerprint,
    call: [u8; 32],
}

/// All calls that wait.
#[derive(Default)]
pub(super) struct ParkedCalls(Mutex<HashMap<String, ParkedCall>>);

impl CallMark {
    pub(super) fn of(client: Fingerprint, method: &str, params: &Fields) -> Self {
        let mut hash = Sha256::new();
        hash.update(method.as_bytes());
        for key in ["name", "uri", "arguments"] {
            hash.update([0]);
            hash.update(params.get(key).map(|value| value.get()).unwrap_or_default().as_bytes());
        }
        Self { client, call: hash.finalize().into() }
    }
}

/// Whether the hub made this state.
pub(super) fn is_own(state: &str) -> bool {
    state.starts_with(PREFIX)
}

impl ParkedCalls {
    /// Lets a call wait, and returns the state that its retry must carry.
    pub(super) fn put(&self, call: RunningCall, questions: Vec<Message>, mark: CallMark) -> String {
        let context = &call.hidden.session.context;
        let (now, state) = (context.clock.now(), format!("{PREFIX}{}", context.random.text::<32>()));
        let parked = ParkedCall { call, questions, mark, ends_at: now + PATIENCE };
        let mut all = lock(&self.0);
        let mut surplus = take_ended(&mut all, now);
        if all.len() >= MAX_PARKED {
            let oldest = all.iter().min_by_key(|(_, parked)| parked.ends_at).map(|(state, _)| state.clone());
            surplus.extend(oldest.and_then(|state| all.remove(&state)));
        }
        all.insert(state.clone(), parked);
        drop(all);
        // Dropping a call cancels it.
        drop(surplus);
        state
    }

    /// Takes the call that waits for a retry with this state. It works once.
    pub(super) fn take(&self, state: &str, mark: CallMark, now: SystemTime) -> Option<ParkedCall> {
        let mut all = lock(&self.0);
        let is_it = all.get(state).is_some_and(|parked| parked.mark == mark && parked.ends_at > now);
        if is_it { all.remove(state) } else { None }
    }

    /// Cancels the calls whose retry did not come in time.
    pub(super) fn sweep(&self, now: SystemTime) {
        let ended = take_ended(&mut lock(&self.0), now);
        drop(ended);
    }

    /// Cancels the calls in sessions for which this holds.
    pub(super) fn forget(&self, is_gone: impl Fn(&Arc<Session>) -> bool) {
        let mut all = lock(&self.0);
        let gone: Vec<ParkedCall> =
            all.extract_if(|_, parked| is_gone(&parked.call.hidden.session)).map(|(_, parked)| parked).collect();
        drop(all);
        // Dropping a call cancels it.
        drop(gone);
    }

    /// Cancels all calls; their retries will find none.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *lock(&self.0));
        drop(all);
    }
}

fn take_ended(all: &mut HashMap<String, ParkedCall>, now: SystemTime) -> Vec<ParkedCall> {
    all.extract_if(|_, parked| parked.ends_at <= now).map(|(_, parked)| parked).collect()
}
