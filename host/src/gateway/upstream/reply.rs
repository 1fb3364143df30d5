//! What comes back for one request: the answer alone, or messages that belong to it and the answer last.

use tokio::sync::{mpsc, oneshot};

use super::numbers::Ticket;
use super::stream::PostStream;
use crate::gateway::budget::Part;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Kind, Message};

/// What comes back.
pub(crate) enum Reply {
    /// The answer alone.
    Whole(Message),
    /// More may come before the answer.
    Stream(Inflow),
}

/// Messages of one request, as they come.
pub(crate) struct Inflow {
    source: Source,
    /// The id under which the request was asked, and goes by at the server.
    ticket: Option<Ticket>,
}

/// Where they come from.
pub(crate) enum Source {
    /// A stream of its own.
    Post(Box<PostStream>),
    /// Sorted out of a stream that all requests share.
    Shared(SharedStream),
}

/// The part of a shared stream that belongs to one request.
pub(crate) struct SharedStream {
    pub(crate) server: String,
    /// Each with its part of what may wait.
    pub(crate) before: mpsc::Receiver<(Message, Part)>,
    pub(crate) answer: Option<oneshot::Receiver<Result<Message, UpstreamError>>>,
    pub(crate) wait: std::time::Duration,
    /// An answer that is known already, after what came before it.
    pub(crate) last: Option<Result<Message, UpstreamError>>,
}

impl Inflow {
    pub(crate) const fn of(source: Source) -> Self {
        Self { source, ticket: None }
    }

    /// Whether the server answers on a stream that nobody else shares.
    pub(crate) const fn is_own_stream(&self) -> bool {
        matches!(self.source, Source::Post(_))
    }

    /// The next message; `None` after the answer or an error. `SessionEnded` means that the server did nothing for the request,
    /// which can be sent again in a new session.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        let next = match &mut self.source {
            Source::Post(stream) => stream.next().await,
            Source::Shared(stream) => stream.next().await,
        };
        match (next, &self.ticket) {
            (Some(Ok(message)), Some(ticket)) => Some(Ok(ticket.restored(message))),
            (next, _) => next,
        }
    }
}

impl Reply {
    /// With the answer under the id that was asked with.
    pub(crate) fn with_ticket(self, ticket: Ticket) -> Self {
        match self {
            Self::Whole(message) => Self::Whole(ticket.restored(message)),
            Self::Stream(inflow) => Self::Stream(Inflow { ticket: Some(ticket), ..inflow }),
        }
    }
}

impl Reply {
    /// The answer; what comes before it goes to `aside`.
    pub(crate) async fn answer(self, mut aside: impl FnMut(Message)) -> Result<Message, UpstreamError> {
        let mut inflow = match self {
            Self::Whole(message) => return Ok(message),
            Self::Stream(inflow) => inflow,
        };
        while let Some(message) = inflow.next().await {
            let message = message?;
            match message.kind() {
                Kind::Response { .. } => return Ok(message),
                Kind::Request { .. } | Kind::Notification { .. } => aside(message),
            }
        }
        Err(UpstreamError::Closed { server: "the server".to_owned() })
    }
}

impl SharedStream {
    /// Safe to be dropped between polls: nothing taken is lost.
    async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        let Some(answer) = &mut self.answer else {
            return match self.before.try_recv() {
                Ok((message, _)) => Some(Ok(message)),
                Err(_) => self.last.take(),
            };
        };
        let next = async {
            tokio::select! {
                biased;
                Some((message, _)) = self.before.recv() => Next::Before(message),
                answer = answer => Next::Answer(answer.ok()),
            }
        };
        match tokio::time::timeout(self.wait, next).await {
            Ok(Next::Before(message)) => Some(Ok(message)),
            Ok(Next::Answer(Some(answer))) => {
                self.answer = None;
                self.last = Some(answer);
                Box::pin(self.next()).await
            }
            Ok(Next::Answer(None)) => {
                self.answer = None;
                Some(Err(UpstreamError::Closed { server: self.server.clone() }))
            }
            Err(_) => {
                self.answer = None;
                Some(Err(UpstreamError::TimedOut { server: self.server.clone(), waited: self.wait }))
            }
        }
    }
}

enum Next {
    Before(Message),
    Answer(Option<Result<Message, UpstreamError>>),
}
