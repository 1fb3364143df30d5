//! What happened in a flow, stage by stage: the same events for the log, the command line and the API.

use std::time::{Duration, SystemTime};

use serde::Serialize;

/// A stage of a login's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Protected resource and authorization server metadata.
    Discovery,
    /// A client identity.
    Registration,
    /// The person at the login page.
    Authorization,
    /// Code for tokens.
    Exchange,
    /// New tokens for old.
    Refresh,
    /// More scopes.
    StepUp,
    /// Tokens taken back.
    Revocation,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventOutcome {
    /// Begun; a person or a server must act.
    Waiting,
    /// Done.
    Done,
    /// Not done.
    Failed,
}

/// One step of one flow. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When, RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub at: SystemTime,
    /// Which stage.
    pub stage: Stage,
    /// How it went.
    pub outcome: EventOutcome,
    /// What was asked: a URL without query, or an action.
    pub asked: String,
    /// What came back, in words.
    pub answered: String,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// What a person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

pub(super) fn rfc3339<S: serde::Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*at))
}

/// The same for a time that may be absent; it is left out then.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
pub(super) fn optional_rfc3339<S: serde::Serializer>(
    at: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => rfc3339(at, serializer),
        None => serializer.serialize_none(),
    }
}

fn milliseconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discovery => "discovery",
            Self::Registration => "registration",
            Self::Authorization => "authorization",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::StepUp => "step-up",
            Self::Revocation => "revocation",
        })
    }
}
