//! How long the answer to one request is awaited. It is the same rule on every transport.
//!
//! Lifecycle, "Timeouts": a sender limits the wait for each answer. It may begin the wait again when progress comes, and has
//! a limit that no progress extends. The wait is for the server: while the server waits for its client's answer to a
//! question, it stands still, also within that limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::open_questions::{OpenQuestions, PATIENCE, RequestMark};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Message, MessageKind};
use crate::settings::Server;

/// How long answers of one server are awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnswerLimit {
    wait: Duration,
    is_reset_by_progress: bool,
    at_most: Option<Duration>,
    /// When the limit that nothing extends began, if that was before the request.
    begun: Option<Instant>,
}

/// The end of the wait for one answer.
#[derive(Clone)]
pub(crate) struct AnswerDeadline {
    limit: AnswerLimit,
    begun: Instant,
    /// The end, if the client is not asked from now on.
    due: Instant,
    questions: Arc<OpenQuestions>,
    mark: RequestMark,
    /// Since when the client is asked.
    asked: Option<Instant>,
}

impl AnswerLimit {
    /// The limit of a server's entry. `usual` is the wait where the entry names none.
    pub(crate) fn of(server: &Server, usual: Duration) -> Self {
        let wait = server.timeout.unwrap_or(usual);
        let at_most = server.max_total_timeout;
        Self { wait, is_reset_by_progress: server.resets_timeout_on_progress, at_most, begun: None }
    }

    /// A wait that nothing extends.
    pub(crate) const fn fixed(wait: Duration) -> Self {
        Self { wait, is_reset_by_progress: false, at_most: None, begun: None }
    }

    /// The wait without progress.
    pub(crate) fn wait(&self) -> Duration {
        self.at_most.map_or(self.wait, |at_most| self.wait.min(at_most))
    }

    /// Begins the wait now, where the server asks its client nothing meanwhile.
    pub(crate) fn begin(self) -> AnswerDeadline {
        self.begin_with(&Arc::default())
    }

    /// Begins the wait now. It stands still while the client is asked one of these questions.
    pub(crate) fn begin_with(self, questions: &Arc<OpenQuestions>) -> AnswerDeadline {
        let now = Instant::now();
        let begun = self.begun.unwrap_or(now);
        let (questions, mark) = (questions.clone(), questions.next_mark());
        let deadline = AnswerDeadline { limit: self, begun, due: now + self.wait, questions, mark, asked: None };
        AnswerDeadline { due: deadline.bounded(deadline.due), ..deadline }
    }
}

impl AnswerDeadline {
    /// The time that is left for the server, as far as is known now.
    pub(crate) fn left(&mut self) -> Duration {
        let now = Instant::now();
        let end = match self.settle() {
            Some(until) => self.bounded(until + self.due.saturating_duration_since(self.asked.unwrap_or(now))),
            None => self.due,
        };
        end.saturating_duration_since(now)
    }

    /// The limit of a further request that is part of the same wait: what nothing extends goes on.
    pub(crate) fn of_next_round(&self) -> AnswerLimit {
        AnswerLimit { begun: Some(self.begun), ..self.limit }
    }

    /// What comes before the end of the wait. `None` if nothing does. The caller pins it, so that it is held only once.
    pub(crate) async fn within<T>(&mut self, mut next: impl Future<Output = T> + Unpin) -> Option<T> {
        let mut changes = self.questions.changes();
        loop {
            let end = match self.settle() {
                Some(until) => self.bounded(until),
                None => self.due,
            };
            tokio::select! {
                biased;
                next = &mut next => return Some(next),
                // The questions live as long as this, so that the wait never fails.
                told = changes.changed() => drop(told),
                () = tokio::time::sleep_until(end) => {
                    if self.settle().is_none() && self.due <= Instant::now() {
                        return None;
                    }
                }
            }
        }
    }

    /// The client's answers to questions that it is asked now, apart from this deadline's own. `None` if it gives none in
    /// time.
    pub(crate) async fn for_client<T>(&self, answers: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.bounded(Instant::now() + self.patience()), answers).await.ok()
    }

    /// Begins the wait again if this message is progress and the settings say that progress counts. Lets it stand still if
    /// the message asks the client something.
    pub(crate) fn note(&mut self, message: &Message) {
        if let MessageKind::Request { .. } = message.kind() {
            self.questions.opened_on(self.mark, message);
        }
        if self.limit.is_reset_by_progress && message.method() == Some("notifications/progress") {
            let now = Instant::now();
            self.due = self.bounded(now + self.limit.wait);
            self.asked = self.asked.map(|_| now);
        }
    }

    /// The error for an answer that did not come in time. It names the limit that ended the wait.
    pub(crate) fn missed(&self, server: &str) -> UpstreamError {
        let is_last = self.last().is_some_and(|last| last <= self.due.max(Instant::now()));
        let waited = self.limit.at_most.filter(|_| is_last).unwrap_or(self.limit.wait);
        UpstreamError::TimedOut { server: server.to_owned(), waited }
    }

    /// Until when the client is asked, if it is. What the server lost by that is added to its time once it is over.
    fn settle(&mut self) -> Option<Instant> {
        let (now, asking) = (Instant::now(), self.questions.asking(self.mark, self.patience()));
        let asking = asking.filter(|_| self.last().is_none_or(|last| last > now));
        match (self.asked, asking) {
            (None, Some(asking)) => self.asked = Some(asking.since.max(self.begun).min(now)),
            (Some(since), None) => {
                self.asked = None;
                self.due = self.bounded(self.due + now.saturating_duration_since(since));
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        asking.map(|asking| asking.until)
    }

    /// How long the client may be asked.
    fn patience(&self) -> Duration {
        self.limit.wait.max(PATIENCE)
    }

    fn last(&self) -> Option<Instant> {
        self.limit.at_most.map(|at_most| self.begun + at_most)
    }

    fn bounded(&self, end: Instant) -> Instant {
        self.last().map_or(end, |last| end.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::message::{Fields, Id};

    const SECOND: Duration = Duration::from_secs(1);

    fn progress() -> Message {
        Message::notification("notifications/progress", None)
    }

    fn limit(is_reset_by_progress: bool, at_most: Option<Duration>) -> AnswerLimit {
        AnswerLimit { wait: 2 * SECOND, is_reset_by_progress, at_most, begun: None }
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

    fn question(id: &str) -> Message {
        Message::request(Id::of(id), "elicitation/create", &Fields::new())
    }

    /// How long nothing comes until the wait ends.
    async fn waited(deadline: &mut AnswerDeadline) -> Duration {
        let begun = Instant::now();
        assert!(deadline.within(std::future::pending::<()>()).await.is_none());
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_stands_still_while_the_client_is_asked() {
        let questions = Arc::<OpenQuestions>::default();
        let [mut asking, mut other] = [(); 2].map(|()| limit(false, None).begin_with(&questions));
        tokio::time::advance(SECOND).await;
        asking.note(&question("q"));
        assert_eq!(waited(&mut other).await, SECOND, "the question is not about this one");

        let person = async {
            tokio::time::sleep(300 * SECOND).await;
            questions.closed(&Id::of("q"));
            std::future::pending::<()>().await;
        };
        let begun = Instant::now();
        assert!(asking.within(std::pin::pin!(person)).await.is_none());

        assert_eq!(begun.elapsed(), 301 * SECOND);
        assert!(matches!(asking.missed("a"), UpstreamError::TimedOut { waited, .. } if waited == 2 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_on_no_stream_of_a_request_may_be_about_each_and_keeps_none_waiting_for_ever() {
        let questions = Arc::<OpenQuestions>::default();
        let mut deadline = limit(false, None).begin_with(&questions);
        tokio::time::advance(SECOND).await;
        questions.opened(&question("q"));

        assert_eq!(deadline.left(), PATIENCE + SECOND);
        assert_eq!(waited(&mut deadline).await, PATIENCE + SECOND);
        assert_eq!(waited(&mut limit(false, None).begin_with(&questions)).await, 2 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn no_question_extends_the_wait_beyond_its_most_over_all_rounds() {
        let questions = Arc::<OpenQuestions>::default();
        let mut deadline = limit(false, Some(5 * SECOND)).begin_with(&questions);
        let begun = Instant::now();
        deadline.note(&question("q"));

        assert!(deadline.for_client(tokio::time::sleep(6 * SECOND)).await.is_none());
        assert_eq!(begun.elapsed(), 5 * SECOND);
        assert!(deadline.of_next_round().begin().left().is_zero());
        assert!(deadline.within(std::future::pending::<()>()).await.is_none());
        assert_eq!(begun.elapsed(), 5 * SECOND);
    }
}
