//! How long the answer to one request is awaited. It is the same rule on every transport.
//!
//! Lifecycle, "Timeouts": a sender limits the wait for each answer. It may begin the wait again when progress comes, and has
//! a limit that no progress extends.

use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::settings::Server;

/// How long answers of one server are awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnswerLimit {
    wait: Duration,
    is_reset_by_progress: bool,
    at_most: Option<Duration>,
}

/// The end of the wait for one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerDeadline {
    limit: AnswerLimit,
    begun: Instant,
    due: Instant,
}

impl AnswerLimit {
    /// The limit of a server's entry. `usual` is the wait where the entry names none.
    pub(crate) fn of(server: &Server, usual: Duration) -> Self {
        let wait = server.timeout.unwrap_or(usual);
        let at_most = server.max_total_timeout;
        Self { wait, is_reset_by_progress: server.resets_timeout_on_progress, at_most }
    }

    /// A wait that nothing extends.
    pub(crate) const fn fixed(wait: Duration) -> Self {
        Self { wait, is_reset_by_progress: false, at_most: None }
    }

    /// The wait without progress.
    pub(crate) fn wait(&self) -> Duration {
        self.at_most.map_or(self.wait, |at_most| self.wait.min(at_most))
    }

    /// Begins the wait now.
    pub(crate) fn begin(self) -> AnswerDeadline {
        let begun = Instant::now();
        AnswerDeadline { limit: self, begun, due: begun + self.wait() }
    }
}

impl AnswerDeadline {
    /// The end of the wait, as far as is known now.
    pub(crate) const fn due(&self) -> Instant {
        self.due
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// Begins the wait again if this message is progress and the settings say that progress counts.
    pub(crate) fn note(&mut self, message: &Message) {
        if self.limit.is_reset_by_progress && message.method() == Some("notifications/progress") {
            let last = self.limit.at_most.map(|at_most| self.begun + at_most);
            let next = Instant::now() + self.limit.wait;
            self.due = last.map_or(next, |last| next.min(last));
        }
    }

    /// The error for an answer that did not come in time. It names the limit that ended the wait.
    pub(crate) fn missed(&self, server: &str) -> UpstreamError {
        let is_last = self.limit.at_most.is_some_and(|at_most| self.due == self.begun + at_most);
        let waited = self.limit.at_most.filter(|_| is_last).unwrap_or(self.limit.wait);
        UpstreamError::TimedOut { server: server.to_owned(), waited }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn progress() -> Message {
        Message::notification("notifications/progress", None)
    }

    fn limit(is_reset_by_progress: bool, at_most: Option<Duration>) -> AnswerLimit {
        AnswerLimit { wait: 2 * SECOND, is_reset_by_progress, at_most }
    }

    #[tokio::test(start_paused = true)]
    async fn progress_begins_the_wait_again_only_where_the_settings_say_so() {
        for (is_reset, left) in [(false, SECOND), (true, 2 * SECOND)] {
            let mut deadline = limit(is_reset, None).begin();
            tokio::time::advance(SECOND).await;

            deadline.note(&Message::notification("notifications/message", None));
            assert_eq!(deadline.left(), SECOND);
            deadline.note(&progress());

            assert_eq!(deadline.left(), left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_progress_extends_the_wait_beyond_its_most_and_the_error_names_the_limit_that_ended_it() {
        let mut deadline = limit(true, Some(3 * SECOND)).begin();
        tokio::time::advance(SECOND).await;
        deadline.note(&progress());
        tokio::time::advance(SECOND).await;
        deadline.note(&progress());

        assert_eq!(deadline.left(), SECOND);
        assert!(matches!(deadline.missed("a"), UpstreamError::TimedOut { waited, .. } if waited == 3 * SECOND));
        let silent = limit(true, Some(3 * SECOND)).begin();
        assert!(matches!(silent.missed("a"), UpstreamError::TimedOut { waited, .. } if waited == 2 * SECOND));
    }
}
