//! Which client session a shared command logs for.
//!
//! A log line names no request, and a line of one client must not reach another. So only the requests of one client at a
//! time ask for lines; all others are sent without.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::lock::lock;

/// How long after the end of a request without an answer the command may still log for it.
const LATE: Duration = Duration::from_secs(5);

/// Whose turn it is.
#[derive(Default)]
pub(crate) struct LogTurn(Mutex<LogTurnState>);

#[derive(Default)]
struct LogTurnState {
    /// The number of the client session whose turn it is, or was last.
    client: u64,
    /// Its requests in flight that ask for lines.
    requests: usize,
    /// Lines may come until then, although no such request is in flight.
    until: Option<Instant>,
}

/// A request that asks for lines. Dropping it ends the request's part in the turn.
pub(super) struct LogTurnHold {
    turn: Arc<LogTurn>,
    /// Whether the command has answered, and so logs nothing more for the request.
    pub(super) is_answered: bool,
}

impl LogTurn {
    /// Lets a request of this client session ask for lines. `None` if it is another's turn.
    pub(super) fn take(self: &Arc<Self>, client: u64) -> Option<LogTurnHold> {
        let mut state = lock(&self.0);
        let is_over = state.requests == 0 && state.until.is_none_or(|until| until <= Instant::now());
        if state.client != client && !is_over {
            return None;
        }
        if is_over {
            *state = LogTurnState { client, ..LogTurnState::default() };
        }
        state.requests += 1;
        Some(LogTurnHold { turn: self.clone(), is_answered: false })
    }
}

impl Drop for LogTurnHold {
    fn drop(&mut self) {
        let mut state = lock(&self.turn.0);
        state.requests = state.requests.saturating_sub(1);
        if !self.is_answered {
            state.until = Some(Instant::now() + LATE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_at_a_time_asks_for_log_lines() {
        let turn = Arc::new(LogTurn::default());

        let [mut first, mut second] = [turn.take(7), turn.take(7)].map(|hold| hold.expect("a turn"));
        assert!(turn.take(8).is_none());
        (first.is_answered, second.is_answered) = (true, true);
        drop(first);
        assert!(turn.take(8).is_none());
        drop(second);

        assert!(turn.take(8).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn lines_of_a_request_that_was_given_up_may_still_come() {
        let turn = Arc::new(LogTurn::default());

        drop(turn.take(7));
        assert!(turn.take(8).is_none());
        tokio::time::advance(LATE).await;

        assert!(turn.take(8).is_some());
    }
}
