//! What can go wrong between the hub and a server, in sentences for a person.

use std::time::Duration;

use http::StatusCode;

use crate::connect::Blocked;

/// The gateway cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No client for the servers: usually no root certificates.
    #[error("the hub cannot set up its connection to servers")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// RenameReason a tool was not called.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFailure {
    /// No such server.
    #[error("no server is called {name}; there are: {known}")]
    UnknownServer {
        /// What was asked for.
        name: String,
        /// Names that exist.
        known: String,
    },
    /// A person is needed first, or the login failed.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The server answered with an error.
    #[error("{server} answered: {problem}")]
    Answered {
        /// Name of the server.
        server: String,
        /// Its own words.
        problem: String,
    },
    /// The server did not answer.
    #[error("{0}")]
    Server(String),
}

/// The end of what a command wrote to standard error: bounded, without secrets of its entry, safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LastLines(pub(crate) Vec<String>);

impl std::fmt::Display for LastLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("; it wrote nothing to standard error");
        }
        write!(f, "; its last lines on standard error: {}", self.0.join(" | "))
    }
}

/// RenameReason a server did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// A login stands in the way.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// No connection.
    #[error("{server} cannot be reached ({problem}); check its url and whether it is running")]
    Unreachable { server: String, problem: String },
    /// No answer in time.
    #[error("{server} did not answer within {} seconds", waited.as_secs())]
    TimedOut { server: String, waited: Duration },
    /// It is there, and does not answer `initialize`. The last words are those of a command.
    #[error(
        "{server} did not answer initialize within {} seconds; if it needs longer to start, set initTimeout of its entry to more than {} (or, where its entry has none, INIT_TIMEOUT in the environment; both are in milliseconds){}",
        waited.as_secs(), waited.as_millis(), words.as_ref().map(ToString::to_string).unwrap_or_default()
    )]
    SlowStart { server: String, waited: Duration, words: Option<LastLines> },
    /// A command is no longer there.
    #[error("{server} {how}{words}")]
    Ended { server: String, how: String, words: LastLines },
    /// More bytes than allowed.
    #[error("{server} sent a message of more than {limit} bytes, which is the largest that is passed on")]
    TooLarge { server: String, limit: usize },
    /// A status that is no success.
    #[error("{server} answered with HTTP status {status}{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Status { server: String, status: StatusCode, detail: Option<String> },
    /// The person's own header is refused.
    #[error(
        "{server} refused the headers that the settings give it (HTTP status {status}); correct mcpServers.{server}.headers"
    )]
    HeadersRefused { server: String, status: StatusCode },
    /// Refused again with a fresh credential.
    #[error("{server} refuses the request even with a fresh login (HTTP status {status}); log out of it and in again")]
    StillRefused { server: String, status: StatusCode },
    /// A redirect.
    #[error("{server} has moved: it redirects to {to}; write that as its url")]
    Moved { server: String, to: String },
    /// Not the protocol.
    #[error("{server} does not speak MCP at its url: {problem}")]
    NotMcp { server: String, problem: String },
    /// It answered `initialize` with an error.
    #[error("{server} refused the session: {problem}")]
    Rejected { server: String, problem: String },
    /// It answered a list with an error: that list is missing, and all else works.
    #[error("{server} answered {method} with an error: {problem}")]
    ListRefused { server: String, method: &'static str, problem: String },
    /// RFC 6454: messages may be posted to the origin of the stream only.
    #[error("{server} wants messages sent to {origin}, which is not where it lives")]
    ForeignEndpoint { server: String, origin: String },
    /// The server knows our session no more.
    #[error("{server} ended the session; try again")]
    SessionEnded { server: String },
    /// The connection ended before the answer came.
    #[error("{server} closed the connection before it answered; try again")]
    Closed { server: String },
    /// The id is taken by a request that is not yet answered.
    #[error("a request with this id is under way already")]
    DuplicateId,
    /// The entry in the settings cannot be used.
    #[error("{server} cannot be used: {problem}")]
    Unusable { server: String, problem: String },
}

impl UpstreamError {
    /// Whether the server itself, not this one request, seems to be out of order.
    pub(crate) const fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Moved { .. }
            | Self::NotMcp { .. }
            | Self::Unusable { .. }
            | Self::SlowStart { .. }
            | Self::Ended { .. } => true,
            Self::Blocked(_)
            | Self::TimedOut { .. }
            | Self::TooLarge { .. }
            | Self::Status { .. }
            | Self::HeadersRefused { .. }
            | Self::StillRefused { .. }
            | Self::Rejected { .. }
            | Self::ListRefused { .. }
            | Self::ForeignEndpoint { .. }
            | Self::SessionEnded { .. }
            | Self::Closed { .. }
            | Self::DuplicateId => false,
        }
    }

    /// Whether only a person can change it, so that trying again is of no use.
    pub(crate) const fn waits_for_person(&self) -> bool {
        matches!(self, Self::Blocked(Blocked::Login { .. } | Blocked::Setup { .. }))
    }
}
