//! The questions of a server that its client has not answered.
//!
//! It stands apart because several read it: the wait for an answer stands still while the client is asked, and a session that
//! leaves a shared command owes it an answer to each.

use std::sync::Mutex;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind};

/// How long a client may take to answer, at least: a person may have to.
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);
/// Open questions of one session that are remembered.
const MAX: usize = 1000;

/// The open questions of one server to one client session.
pub(crate) struct OpenQuestions {
    open: Mutex<OpenState>,
    /// Tells those who wait that a question was opened or closed.
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct OpenState {
    /// By the server's own id.
    questions: IndexMap<Id, OpenQuestion>,
    last_mark: u64,
}

struct OpenQuestion {
    asked: Instant,
    /// The request on whose stream it came. `None` if nothing says which request it is about.
    mark: Option<RequestMark>,
}

/// Tells the requests of a session apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestMark(u64);

/// The time in which a request waits for its client and not for its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) since: Instant,
    pub(super) until: Instant,
}

impl Default for OpenQuestions {
    fn default() -> Self {
        Self { open: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl OpenQuestions {
    pub(super) fn next_mark(&self) -> RequestMark {
        let mut open = lock(&self.open);
        open.last_mark += 1;
        RequestMark(open.last_mark)
    }

    /// A question goes to the client. It is about the request on whose stream it was read, if that was noted before.
    pub(crate) fn opened(&self, question: &Message) {
        self.note(question, None);
    }

    /// A question came on the stream of this request.
    pub(super) fn opened_on(&self, mark: RequestMark, question: &Message) {
        self.note(question, Some(mark));
    }

    fn note(&self, question: &Message, mark: Option<RequestMark>) {
        let MessageKind::Request { id, method } = question.kind() else { return };
        // The hub answers this one by itself.
        if method == "ping" {
            return;
        }
        let mut open = lock(&self.open);
        if open.questions.len() < MAX || open.questions.contains_key(id) {
            let new = OpenQuestion { asked: Instant::now(), mark };
            let known = open.questions.entry(id.clone()).or_insert(new);
            known.mark = known.mark.or(mark);
        }
        drop(open);
        self.changed.send_replace(());
    }

    /// The question of this id was answered, or its server does not want an answer any more.
    pub(crate) fn closed(&self, id: &Id) {
        if lock(&self.open).questions.shift_remove(id).is_some() {
            self.changed.send_replace(());
        }
    }

    /// The questions that are left unanswered.
    pub(super) fn take_all(&self) -> Vec<Id> {
        std::mem::take(&mut lock(&self.open).questions).into_keys().collect()
    }

    /// Whether a request waits for its client now: for a question that came on its own stream, or on none. A question that is
    /// open for longer than `patience` keeps nothing waiting.
    pub(super) fn asking(&self, mark: RequestMark, patience: Duration) -> Option<Asking> {
        let (open, now) = (lock(&self.open), Instant::now());
        let about_it = open.questions.values().filter(|question| question.mark.is_none_or(|other| other == mark));
        let mut asked = about_it.map(|question| question.asked).filter(|asked| *asked + patience > now);
        let first = asked.next()?;
        // They were asked one after the other.
        Some(Asking { since: first, until: asked.next_back().unwrap_or(first) + patience })
    }

    /// Follows whether questions are opened and closed.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}
