//! What comes back for one request: the answer alone, or messages that belong to it and the answer last.

use tokio::sync::{mpsc, oneshot};

use super::stream::PostStream;
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
pub(crate) enum Inflow {
    /// A stream of its own.
    Post(Box<PostStream>),
    /// Sorted out of a stream that all requests share.
    Shared(SharedStream),
}

/// The part of a shared stream that belongs to one request.
pub(crate) struct SharedStream {
    pub(crate) server: String,
    pub(crate) before: mpsc::Receiver<Message>,
    pub(crate) answer: Option<oneshot::Receiver<Message>>,
    pub(crate) wait: std::time::Duration,
    /// An answer that is known already, after what came before it.
    pub(crate) last: Option<Message>,
}

impl Inflow {
    /// The next message; `None` after the answer or an error.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        match self {
            Self::Post(stream) => stream.next().await,
            Self::Shared(stream) => stream.next().await,
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
                Ok(message) => Some(Ok(message)),
                Err(_) => self.last.take().map(Ok),
            };
        };
        let next = async {
            tokio::select! {
                biased;
                Some(message) = self.before.recv() => Next::Before(message),
                answer = answer => Next::Answer(answer.ok()),
            }
        };
        match tokio::time::timeout(self.wait, next).await {
            Ok(Next::Before(message)) => Some(Ok(message)),
            Ok(Next::Answer(Some(message))) => {
                self.answer = None;
                self.last = Some(message);
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
    Answer(Option<Message>),
}
