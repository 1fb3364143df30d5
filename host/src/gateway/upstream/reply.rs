//! What comes back for one request: the answer alone, or messages that belong to the request and the answer last.

use super::request_ids::IssuedId;
use super::shared_stream::SharedStream;
use super::stream::PostStream;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Message, MessageKind};

/// What comes back for a request.
pub(crate) enum Reply {
    /// The answer came alone.
    Whole(Message),
    /// More may come before the answer.
    Stream(ReplyStream),
}

/// The messages of one request, as they come.
pub(crate) struct ReplyStream {
    source: ReplySource,
    /// The id that the request was made with, and the one that the server sees.
    issued_id: Option<IssuedId>,
}

enum ReplySource {
    /// A stream of its own.
    Own(Box<PostStream>),
    /// A stream that all requests share.
    Shared(Box<SharedStream>),
}

impl ReplyStream {
    /// Whether the server answers on a stream of its own.
    pub(crate) const fn is_own_stream(&self) -> bool {
        matches!(self.source, ReplySource::Own(_))
    }

    /// The next message; `None` after the answer or an error. `SessionEnded` means that the server did nothing for the
    /// request, so that it can be sent again in a new session.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        let next = match &mut self.source {
            ReplySource::Own(stream) => stream.next().await,
            ReplySource::Shared(stream) => stream.next().await,
        };
        match (next, &self.issued_id) {
            (Some(Ok(message)), Some(issued_id)) => Some(Ok(issued_id.restored(message))),
            (next, _) => next,
        }
    }
}

impl Reply {
    /// The reply that comes on a stream of its own.
    pub(super) fn own(stream: PostStream) -> Self {
        Self::Stream(ReplyStream { source: ReplySource::Own(Box::new(stream)), issued_id: None })
    }

    /// The reply that comes on a stream that all requests share.
    pub(super) fn shared(stream: SharedStream) -> Self {
        Self::Stream(ReplyStream { source: ReplySource::Shared(Box::new(stream)), issued_id: None })
    }

    /// The same reply, with the answer under the id that the request was made with.
    pub(super) fn with_issued_id(self, issued_id: IssuedId) -> Self {
        match self {
            Self::Whole(message) => Self::Whole(issued_id.restored(message)),
            Self::Stream(stream) => Self::Stream(ReplyStream { issued_id: Some(issued_id), ..stream }),
        }
    }

    /// Waits for the answer. Messages before it go to `aside`.
    pub(crate) async fn answer(self, mut aside: impl FnMut(Message)) -> Result<Message, UpstreamError> {
        let mut stream = match self {
            Self::Whole(message) => return Ok(message),
            Self::Stream(stream) => stream,
        };
        while let Some(message) = stream.next().await {
            let message = message?;
            match message.kind() {
                MessageKind::Response { .. } => return Ok(message),
                MessageKind::Request { .. } | MessageKind::Notification { .. } => aside(message),
            }
        }
        Err(UpstreamError::Closed { server: "the server".to_owned() })
    }
}
