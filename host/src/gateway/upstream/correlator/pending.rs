//! A request that waits for its answer on a stream that all requests share, and what it says about messages before that.

use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::{mpsc, oneshot};

use crate::gateway::budget::Reservation;
use crate::gateway::error::UpstreamError;
use crate::gateway::list_kind::ListKind;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Id, Message, object, string};
use crate::gateway::request_meta::{LOG_LEVEL, SUBSCRIPTION_ID};
use crate::gateway::upstream::command_client::CommandClient;
use crate::gateway::upstream::command_turns::may_ask;
use crate::gateway::upstream::notification::LISTEN;

/// Messages that wait for the reader of one request.
const QUEUED: usize = 256;

pub(super) type Before = (Message, Reservation);
pub(super) type Answer = Result<Message, UpstreamError>;

pub(super) struct PendingRequest {
    pub(super) before: mpsc::Sender<Before>,
    pub(super) answer: oneshot::Sender<Answer>,
    pub(super) progress: Option<String>,
    /// The session that waits for it, where there are several.
    pub(super) client: Option<Arc<CommandClient>>,
    asks_for: Wish,
    /// The level of the log lines that it asks for, if it asks for any.
    log_level: Option<LogLevel>,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// A list, which is soon answered.
    List,
    /// A stream of changes of lists alone. It has no end of its own.
    ListChanges,
    /// A stream of changes of resources, too.
    Changes,
    /// Work, because of which the server may ask its client something.
    Work,
    Other,
}

impl Wish {
    fn of(request: &Message, params: &Fields) -> Self {
        match request.method() {
            Some(LISTEN) if object(params, "notifications").contains_key("resourceSubscriptions") => Self::Changes,
            Some(LISTEN) => Self::ListChanges,
            Some(method) if ListKind::of(method).is_some() => Self::List,
            Some(method) if may_ask(method) => Self::Work,
            Some(_) | None => Self::Other,
        }
    }
}

impl PendingRequest {
    /// The request of a session, and where its reader gets what comes before the answer, and the answer.
    pub(super) fn of(
        request: &Message,
        client: Option<Arc<CommandClient>>,
    ) -> (Self, mpsc::Receiver<Before>, oneshot::Receiver<Answer>) {
        let (before, before_receiver) = mpsc::channel(QUEUED);
        let (answer, answer_receiver) = oneshot::channel();
        let params = request.params();
        let meta = object(&params, "_meta");
        let pending = Self {
            before,
            answer,
            progress: meta.get("progressToken").map(|token| token.get().to_owned()),
            client,
            asks_for: Wish::of(request, &params),
            log_level: string(&meta, LOG_LEVEL).as_deref().and_then(LogLevel::named),
        };
        (pending, before_receiver, answer_receiver)
    }

    /// Whether somebody needs the server for it.
    pub(super) fn is_use(&self) -> bool {
        !self.answer.is_closed() && self.asks_for != Wish::ListChanges
    }

    /// Whether it asks for a stream of changes, which has no end of its own.
    pub(super) const fn is_subscription(&self) -> bool {
        matches!(self.asks_for, Wish::ListChanges | Wish::Changes)
    }

    /// Whether the server may ask its client something because of it.
    pub(super) fn may_ask(&self) -> bool {
        !self.answer.is_closed() && self.asks_for == Wish::Work
    }

    /// Whether it asks for a list, which is soon answered.
    pub(super) const fn is_list(&self) -> bool {
        matches!(self.asks_for, Wish::List)
    }

    /// Whether it waits for log lines of its own (revision 2026-07-28).
    pub(super) fn wants_log(&self) -> bool {
        self.log_level.is_some() && !self.answer.is_closed()
    }

    /// Whether it waits for a log line of this level.
    pub(super) fn wants_line(&self, line: Option<LogLevel>) -> bool {
        self.wants_log() && line.is_none_or(|line| self.log_level.is_some_and(|least| line >= least))
    }

    pub(super) fn tell(self, answer: Answer) {
        // If the reader is gone, nobody wants the answer.
        drop(self.answer.send(answer));
    }
}

/// The request in flight, if there is exactly one.
pub(super) fn only(waiting: &mut IndexMap<Id, PendingRequest>) -> Option<PendingRequest> {
    waiting.retain(|_, other| !other.answer.is_closed());
    let mut others = waiting.iter().filter(|(_, other)| !other.is_subscription()).map(|(id, _)| id.clone());
    let (first, second) = (others.next(), others.next());
    drop(others);
    waiting.shift_remove(&first.filter(|_| second.is_none())?)
}

/// The request for a stream of changes that a notification names.
pub(super) fn subscription(method: &str, message: &Message) -> Option<Id> {
    let params = message.params();
    if method == "notifications/cancelled" {
        return Id::read(params.get("requestId")?);
    }
    Id::read(object(&params, "_meta").get(SUBSCRIPTION_ID)?)
}
