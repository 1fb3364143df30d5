//! The labels of requests: a fixed set each, so that nobody can make the tables grow.

/// The methods that are told apart; the last one stands for every other.
pub(super) const METHODS: [&str; 26] = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/cancel",
    "tasks/update",
    "notification",
    "answer",
    "batch",
    "unread",
    "probe",
    "other",
];

/// The JSON-RPC error codes that are told apart: those of JSON-RPC and of MCP.
pub(super) const CODES: [i64; 15] = [
    -32700, -32600, -32601, -32602, -32603, -32000, -32001, -32002, -32003, -32020, -32021, -32022, -32042, -32800,
    -32801,
];

/// The statuses of HTTP that are told apart.
pub(super) const STATUSES: [u16; 16] = [200, 202, 204, 400, 401, 403, 404, 405, 406, 408, 413, 415, 429, 500, 502, 503];

/// What stands for a value that is in no set.
pub(super) const OTHER: &str = "other";

/// A method, as a place in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MethodLabel(pub(super) usize);

impl MethodLabel {
    /// A request that was refused before its method was known.
    pub(super) const UNREAD: &'static str = "unread";

    /// The place of a method.
    pub(super) fn of(method: &str) -> Self {
        Self(METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1))
    }

    /// The method as a label.
    pub(super) fn text(self) -> &'static str {
        METHODS.get(self.0).copied().unwrap_or(OTHER)
    }

    /// Whether it is sent again and again to see whether the other side is there, or says nothing that people look for.
    pub(super) fn is_routine(self) -> bool {
        matches!(self.text(), "ping" | "notification" | "answer")
    }
}

/// How a request ended, for people: the first level that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A result came that is no failure of a tool.
    Ok,
    /// The result of a tool that says `isError`.
    IsError,
    RpcError,
    /// The hub refused the HTTP request.
    HttpError,
    /// The client gave up.
    Cancelled,
    /// The server did not answer in time.
    TimedOut,
}

impl Outcome {
    /// All of them, in the order of the tables.
    pub(super) const ALL: [Self; 6] =
        [Self::Ok, Self::IsError, Self::RpcError, Self::HttpError, Self::Cancelled, Self::TimedOut];

    /// The place in the tables.
    pub(super) const fn place(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::IsError => 1,
            Self::RpcError => 2,
            Self::HttpError => 3,
            Self::Cancelled => 4,
            Self::TimedOut => 5,
        }
    }

    /// The outcome as a label.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::IsError => "is_error",
            Self::RpcError => "rpc_error",
            Self::HttpError => "http_error",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
        }
    }
}

/// How a request ended, level by level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The status of the HTTP answer. `None` where the answer went onto a stream that was open already, or nobody was there.
    pub(crate) status: Option<u16>,
    /// The code of a JSON-RPC error.
    pub(crate) code: Option<i64>,
    /// Whether the result says `isError`.
    pub(crate) is_error: bool,
    /// Whether the hub refused the HTTP request itself.
    pub(crate) is_refused: bool,
    /// Bytes of the answer.
    pub(crate) bytes: usize,
}

impl Ended {
    /// The outcome, if nothing else is known of it.
    pub(super) const fn outcome(&self) -> Outcome {
        match self {
            Self { is_refused: true, .. } => Outcome::HttpError,
            Self { code: Some(_), .. } => Outcome::RpcError,
            Self { is_error: true, .. } => Outcome::IsError,
            Self { .. } => Outcome::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_mcp_does_not_have_is_other() {
        assert_eq!(MethodLabel::of("tools/call").text(), "tools/call");
        assert_eq!(MethodLabel::of("x/anything \"a client\" says").text(), "other");
    }

    #[test]
    fn the_outcome_is_the_first_level_that_failed() {
        let ok = Ended { status: Some(200), code: None, is_error: false, is_refused: false, bytes: 0 };

        assert_eq!(ok.outcome(), Outcome::Ok);
        assert_eq!(Ended { is_error: true, ..ok }.outcome(), Outcome::IsError);
        assert_eq!(Ended { code: Some(-32602), ..ok }.outcome(), Outcome::RpcError);
        assert_eq!(Ended { code: Some(-32000), is_refused: true, ..ok }.outcome(), Outcome::HttpError);
    }

    #[test]
    fn every_outcome_has_a_place_of_its_own() {
        assert_eq!(Outcome::ALL.map(Outcome::place), [0, 1, 2, 3, 4, 5]);
    }
}
