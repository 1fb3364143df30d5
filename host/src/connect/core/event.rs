//! The events of a login, stage by stage. The log, the command line and the API show the same ones.

use std::time::{Duration, SystemTime};

use serde::Serialize;

/// A stage in the life of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Protected resource and authorization server metadata.
    Discovery,
    /// The hub gets a client identity at the issuer.
    Registration,
    /// The person is at the login page.
    Authorization,
    /// The code is exchanged for tokens (RFC 6749 §4.1.3).
    Exchange,
    /// The refresh token is exchanged for new tokens.
    Refresh,
    /// The server asks for more scopes than the grant has.
    StepUp,
    /// The tokens are revoked at the provider (RFC 7009).
    Revocation,
}

/// How a step of a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventOutcome {
    /// It has started, and a person or a server must act now.
    Waiting,
    /// The step was carried out.
    Done,
    /// The step could not be carried out.
    Failed,
}

/// One step of a login. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When the step started, as RFC 3339 text.
    #[serde(serialize_with = "rfc3339")]
    pub at: SystemTime,
    /// The stage that the step belongs to.
    pub stage: Stage,
    /// How the step ended.
    pub outcome: EventOutcome,
    /// What was asked: a URL without query, or an action.
    pub asked: String,
    /// What came back, in words.
    pub answered: String,
    /// How long the step took.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// What a person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

pub(super) fn rfc3339<S: serde::Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*at))
}

/// The same for a time that may be absent. An absent time is left out.
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

impl EventOutcome {
    /// The outcome in one word.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
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
