//! What can be wrong with a request to an MCP endpoint, and the answer to it.

use http::StatusCode;

use crate::gateway::message::{Id, Message, MessageError};
use crate::gateway::session::UnknownEvent;
use crate::gateway::{OpenError, ScopeError, local_replies, revision};
use crate::serve::connections::TooSlow;

/// The JSON-RPC code of whatever is wrong with the HTTP request itself.
const HTTP_PROBLEM: i64 = local_replies::SERVER_ERROR;

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// There is no server or group of this name.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// It takes no answer of the kinds that may come.
    #[error("the request must accept {0}; send that in its Accept header")]
    NotAcceptable(String),
    /// Not JSON by its own account.
    #[error("the request must carry application/json; send that as its Content-Type header")]
    NotJson,
    /// The message has more bytes than allowed.
    #[error("the message has more than {0} bytes, which is the most that is taken")]
    TooLarge(usize),
    /// The message did not arrive in time.
    #[error("{0}; send the message again")]
    TooSlow(TooSlow),
    /// The body is not a JSON-RPC message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A batch holds more than is taken, nothing, or what must stand alone.
    #[error("the batch must hold between 1 and {0} messages, and no initialize; send fewer, or each one by itself")]
    Batch(usize),
    /// No session is begun.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A revision that is not spoken.
    #[error("the revision {0:?} in the header MCP-Protocol-Version is not spoken here; there are: {revisions}", revisions = known_revisions())]
    Revision(String),
    /// No session is named.
    #[error("the request has no Mcp-Session-Id header; send initialize first and then the id that its answer carries")]
    NoSession,
    /// The session is unknown, or belongs to another endpoint.
    #[error("there is no such session, or it has ended; send initialize again")]
    UnknownSession,
    /// No stream is named.
    #[error("the address has no sessionId; open a stream at /sse and send messages where its first event says")]
    NoStream,
    /// The stream is unknown, has ended, or belongs to another endpoint.
    #[error("there is no such stream, or it has ended; open one at /sse again")]
    UnknownStream,
    /// The event behind which a stream should be resumed is unknown.
    #[error(transparent)]
    Event(#[from] UnknownEvent),
}

/// A request that is refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// The id of the request, if it could be read.
    pub(super) id: Option<Id>,
}

impl Refused {
    /// The error as a message.
    pub(super) fn to_message(&self) -> Message {
        Message::error(self.id.clone(), self.problem.code(), &self.problem.to_string())
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, id: None }
    }
}

impl Problem {
    /// The refusal of the request of this id.
    pub(super) const fn of(self, id: Option<Id>) -> Refused {
        Refused { problem: self, id }
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Scope(_) | Self::UnknownSession | Self::UnknownStream => StatusCode::NOT_FOUND,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Open(OpenError::Full(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Message(_)
            | Self::Batch(_)
            | Self::Revision(_)
            | Self::NoSession
            | Self::NoStream
            | Self::Event(_)
            | Self::Open(OpenError::Client(_)) => StatusCode::BAD_REQUEST,
        }
    }

    const fn code(&self) -> i64 {
        match self {
            Self::Message(error) => error.code(),
            Self::Batch(_) => local_replies::INVALID_REQUEST,
            Self::Scope(_)
            | Self::NotAcceptable(_)
            | Self::NotJson
            | Self::TooLarge(_)
            | Self::TooSlow(_)
            | Self::Open(_)
            | Self::Revision(_)
            | Self::NoSession
            | Self::UnknownSession
            | Self::NoStream
            | Self::UnknownStream
            | Self::Event(_) => HTTP_PROBLEM,
        }
    }
}

/// The revisions that are spoken, for a sentence.
fn known_revisions() -> String {
    revision::KNOWN.join(", ")
}
