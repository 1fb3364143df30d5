//! Everything that can go wrong between the hub and a server, as sentences for a person.

use std::time::Duration;

use http::StatusCode;

use super::in_seconds::InSeconds;
use super::message::Message;
use crate::connect::Blocked;

/// Why a tool was not called, or its result did not come.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFailure {
    /// The settings have no server of this name, or switch it off.
    #[error("no server is called {name}; there are: {known}")]
    UnknownServer {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A person has to log in first, or the login failed.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The server answered with an error.
    #[error("{server} answered: {problem}")]
    Answered {
        /// Name of the server.
        server: String,
        /// The server's own sentence.
        problem: String,
    },
    /// The server did not answer; the sentence says why.
    #[error("{0}")]
    Server(String),
}

/// The last lines that a command wrote to standard error: bounded, without the secrets of its entry, safe to print.
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

/// Why a server did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// A login is missing or failed.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// No connection was made, or it broke.
    #[error("{server} cannot be reached ({problem}); check its url and whether it is running")]
    Unreachable { server: String, problem: String },
    /// No answer came in time.
    #[error("{server} did not answer within {}", InSeconds(*waited))]
    TimedOut { server: String, waited: Duration },
    /// The server runs but does not answer `initialize`. The lines are those of a command.
    #[error(
        "{server} did not answer initialize within {}; if it needs longer to start, set initTimeout of its entry to more than {} (or, where its entry has none, INIT_TIMEOUT in the environment; both are in milliseconds){}",
        InSeconds(*waited), waited.as_millis(), last_lines.as_ref().map(ToString::to_string).unwrap_or_default()
    )]
    SlowStart { server: String, waited: Duration, last_lines: Option<LastLines> },
    /// A command ended by itself.
    #[error("{server} {how}{last_lines}")]
    Ended { server: String, how: String, last_lines: LastLines },
    /// The server sent a message beyond the limit.
    #[error("{server} sent a message of more than {limit} bytes, which is the largest that the hub passes on")]
    TooLarge { server: String, limit: usize },
    /// The server answered with an error status.
    #[error("{server} answered with HTTP status {status}{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Status { server: String, status: StatusCode, detail: Option<String> },
    /// The server refused the headers that the settings give it.
    #[error(
        "{server} refused the headers that the settings give it (HTTP status {status}); correct mcpServers.{server}.headers"
    )]
    HeadersRefused { server: String, status: StatusCode },
    /// The server refused a request again, with a fresh credential.
    #[error("{server} refuses the request even with a fresh login (HTTP status {status}); log out of it and in again")]
    StillRefused { server: String, status: StatusCode },
    /// The server redirects to another address.
    #[error("{server} has moved: it redirects to {to}; write that as its url")]
    Moved { server: String, to: String },
    /// What the server answers is not MCP.
    #[error("{server} does not speak MCP at its url: {problem}")]
    NotMcp { server: String, problem: String },
    /// The result that the server sent is not an object, as every result is.
    #[error("{server} answered {method} with a result that is no object; tell whoever makes the server")]
    OddResult { server: String, method: String },
    /// The server answered `initialize` with an error.
    #[error("{server} refused the session: {problem}")]
    Rejected { server: String, problem: String },
    /// The server answered a list with an error. Only that list is missing.
    #[error("{server} answered {method} with an error: {problem}")]
    ListRefused { server: String, method: &'static str, problem: String, answer: Box<Message> },
    /// The server wants messages at another origin than its stream. Messages carry a credential, so they go to the
    /// stream's origin (RFC 6454) only.
    #[error(
        "{server} wants messages at {origin}, which is not the origin of its url; correct its url, or what the server announces"
    )]
    ForeignEndpoint { server: String, origin: String },
    /// The server does not know the session any more.
    #[error("{server} ended the session; try again")]
    SessionEnded { server: String },
    /// The connection ended before the answer came.
    #[error("{server} closed the connection before it answered; try again")]
    Closed { server: String },
    /// The server needs something from the client to go on, and did not get it.
    #[error("{server} asked for {method} and cannot go on: {problem}")]
    InputMissing { server: String, method: String, problem: String },
    /// A request with this id is not answered yet.
    #[error("a request with this id is in flight already; use another id")]
    DuplicateId,
    /// The server's entry in the settings cannot be used.
    #[error("{server} cannot be used: {problem}")]
    Unusable { server: String, problem: String },
}

impl UpstreamError {
    /// Whether the server seems to be down, not just this one request to have failed.
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
            | Self::OddResult { .. }
            | Self::Rejected { .. }
            | Self::ListRefused { .. }
            | Self::ForeignEndpoint { .. }
            | Self::SessionEnded { .. }
            | Self::Closed { .. }
            | Self::InputMissing { .. }
            | Self::DuplicateId => false,
        }
    }

    /// Whether only a person can change it, so that trying again is of no use.
    pub(crate) const fn waits_for_person(&self) -> bool {
        matches!(self, Self::Blocked(Blocked::Login { .. } | Blocked::Setup { .. }))
    }
}
