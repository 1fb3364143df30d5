//! The state of a server. It is one value, and the log, the API, the command line and the pages show the same one.
//!
//! The fields belong to the variant that needs them, so that a connected server cannot carry a problem. Only the
//! methods of [`Entry`](super::entry::Entry) move a server from one state to the next.

use std::time::SystemTime;

use serde::Serialize;

use super::error::{ConnectError, DiscoveryError, ErrorKind};
use super::event::Stage;

/// The state of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerState {
    /// The server answers requests.
    Connected,
    /// The hub is trying the server now.
    Connecting,
    /// The server answered before, and the last call failed. Calls still go to it.
    Unstable(Failure),
    /// A person must log in.
    LoginRequired {
        /// What happened to the last login. `None` means that there was none.
        why: Option<String>,
    },
    /// A person must set up a client before anybody can log in.
    SetupRequired {
        /// What is missing, in words for the person.
        why: String,
    },
    /// The server cannot be used, and a login would not change that.
    Failed(Failure),
    /// The server is switched off in the settings.
    Disabled,
}

/// What is wrong with a server, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The name of the failure, for scripts and for the documentation. It stays the same from release to release.
    pub code: FailureCode,
    /// The step of a login in which it happened. `None` means that it happened outside of a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// When it happened first, RFC 3339.
    #[serde(serialize_with = "super::event::rfc3339")]
    pub since: SystemTime,
    /// How many times in a row it has happened.
    pub attempts: u32,
    /// When the hub tries again by itself, RFC 3339. `None` means that nothing is planned.
    #[serde(serialize_with = "super::event::optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<SystemTime>,
    /// What a person can do, if anything helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The kinds of failures. `host/FAILURES.md` has a section for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// The MCP server does not answer, or answers something that is not MCP.
    ServerUnreachable,
    /// The MCP server refuses a token that was just made for it.
    TokenRefused,
    /// The authorization server was not found, or its metadata cannot be used.
    DiscoveryFailed,
    /// The authorization server does not answer, or may not be asked.
    NetworkFailed,
    /// The authorization server answered with a refusal, or with something else than tokens.
    ProviderRefused,
    /// The plugin for the provider does not work.
    PluginFailed,
    /// The settings of this server do not allow it.
    SettingsInvalid,
    /// The hub cannot read or write what it keeps.
    StorageFailed,
}

impl FailureCode {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::ServerUnreachable,
        Self::TokenRefused,
        Self::DiscoveryFailed,
        Self::NetworkFailed,
        Self::ProviderRefused,
        Self::PluginFailed,
        Self::SettingsInvalid,
        Self::StorageFailed,
    ];
}

/// The one thing that a person can do about a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerAction {
    /// Log in to the server.
    Login,
    /// Set up a client.
    Setup,
    /// Have the hub try the server again.
    Retry,
    /// Switch the server on.
    Enable,
    /// There is nothing to do.
    None,
}

/// A state without its details, for scripts to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The server answers requests ([`ServerState::Connected`]).
    Connected,
    /// The hub is trying the server ([`ServerState::Connecting`]).
    Connecting,
    /// The last call failed ([`ServerState::Unstable`]).
    Unstable,
    /// A person must log in ([`ServerState::LoginRequired`]).
    LoginRequired,
    /// A person must set up a client ([`ServerState::SetupRequired`]).
    SetupRequired,
    /// The server cannot be used ([`ServerState::Failed`]).
    Failed,
    /// The server is switched off ([`ServerState::Disabled`]).
    Disabled,
}

impl ServerState {
    /// The state without its details.
    #[must_use]
    pub(crate) const fn status(&self) -> Status {
        match self {
            Self::Connected => Status::Connected,
            Self::Connecting => Status::Connecting,
            Self::Unstable(_) => Status::Unstable,
            Self::LoginRequired { .. } => Status::LoginRequired,
            Self::SetupRequired { .. } => Status::SetupRequired,
            Self::Failed(_) => Status::Failed,
            Self::Disabled => Status::Disabled,
        }
    }

    /// What a person can do now.
    #[must_use]
    pub(crate) const fn action(&self) -> ServerAction {
        match self {
            Self::Connected | Self::Connecting => ServerAction::None,
            Self::Unstable(_) | Self::Failed(_) => ServerAction::Retry,
            Self::LoginRequired { .. } => ServerAction::Login,
            Self::SetupRequired { .. } => ServerAction::Setup,
            Self::Disabled => ServerAction::Enable,
        }
    }

    /// What is wrong and how to fix it, in words for people.
    #[must_use]
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::Connected | Self::Connecting | Self::Disabled => None,
            Self::LoginRequired { why } => why.clone(),
            Self::SetupRequired { why } => Some(why.clone()),
            Self::Unstable(failure) | Self::Failed(failure) => Some(failure.summary()),
        }
    }

    /// The failure, in the states that have one.
    #[must_use]
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Unstable(failure) | Self::Failed(failure) => Some(failure),
            Self::Connected
            | Self::Connecting
            | Self::LoginRequired { .. }
            | Self::SetupRequired { .. }
            | Self::Disabled => None,
        }
    }
}

impl Failure {
    /// A failure that happens now. It counts as the first one until [`Self::after`] compares it with the one before.
    pub(crate) const fn new(code: FailureCode, message: String, now: SystemTime) -> Self {
        Self { code, stage: None, message, since: now, attempts: 1, next_attempt: None, remedy: None }
    }

    /// The failure that an error in a step of a login stands for.
    pub(crate) fn of(error: &ConnectError, stage: Stage, now: SystemTime) -> Self {
        let remedy = error.remedy().map(std::borrow::Cow::into_owned);
        Self { stage: Some(stage), remedy, ..Self::new(FailureCode::of(error), error.to_string(), now) }
    }

    /// This failure after another one. If it is the same failure, it keeps its beginning and counts one attempt more.
    pub(crate) fn after(self, before: Option<&Self>) -> Self {
        match before.filter(|before| before.code == self.code && before.stage == self.stage) {
            Some(before) => Self { since: before.since, attempts: before.attempts.saturating_add(1), ..self },
            None => self,
        }
    }

    /// The message and the remedy as one text.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.remedy {
            Some(remedy) => format!("{}. {remedy}", self.message),
            None => self.message.clone(),
        }
    }
}

impl FailureCode {
    const fn of(error: &ConnectError) -> Self {
        match error {
            ConnectError::Egress(_) => Self::NetworkFailed,
            ConnectError::Plugin(_) => Self::PluginFailed,
            ConnectError::Store(_) => Self::StorageFailed,
            ConnectError::Discovery(DiscoveryError::OtherIssuer { .. } | DiscoveryError::UnwrittenIssuer { .. })
            | ConnectError::Server(_)
            | ConnectError::Setup(_)
            | ConnectError::Settings(_) => Self::SettingsInvalid,
            ConnectError::Discovery(
                DiscoveryError::ProtectedResource(_)
                | DiscoveryError::Metadata(_)
                | DiscoveryError::NoMetadata { .. }
                | DiscoveryError::Issuer { .. },
            )
            | ConnectError::Login(_) => Self::DiscoveryFailed,
            ConnectError::Provider(_) | ConnectError::Grant(_) | ConnectError::Callback(_) | ConnectError::Link(_) => {
                Self::ProviderRefused
            }
            ConnectError::Redacted { kind, .. } => match kind {
                ErrorKind::Storage => Self::StorageFailed,
                ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound => Self::SettingsInvalid,
                ErrorKind::Upstream | ErrorKind::Forbidden => Self::ProviderRefused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_failure_that_goes_on_keeps_its_beginning_and_counts() {
        let first = Failure::new(FailureCode::ServerUnreachable, "no answer".into(), at(1));
        let second = Failure::new(FailureCode::ServerUnreachable, "no answer again".into(), at(9)).after(Some(&first));

        assert_eq!((second.since, second.attempts), (at(1), 2));
        assert_eq!(second.message, "no answer again");
    }

    #[test]
    fn another_failure_begins_anew() {
        let first = Failure::new(FailureCode::ServerUnreachable, "no answer".into(), at(1));
        let other = Failure::new(FailureCode::TokenRefused, "refused".into(), at(9)).after(Some(&first));

        assert_eq!((other.since, other.attempts), (at(9), 1));
    }

    #[test]
    fn every_state_offers_one_thing_to_do() {
        let failure = Failure::new(FailureCode::ServerUnreachable, "no answer".into(), at(1));
        let action = |state: ServerState| state.action();

        assert_eq!(action(ServerState::Connected), ServerAction::None);
        assert_eq!(action(ServerState::LoginRequired { why: None }), ServerAction::Login);
        assert_eq!(action(ServerState::SetupRequired { why: "x".into() }), ServerAction::Setup);
        assert_eq!(action(ServerState::Unstable(failure.clone())), ServerAction::Retry);
        assert_eq!(action(ServerState::Failed(failure)), ServerAction::Retry);
        assert_eq!(action(ServerState::Disabled), ServerAction::Enable);
    }

    #[test]
    fn every_code_has_a_section_in_the_documentation() {
        let documentation = include_str!("../../../FAILURES.md");

        for code in FailureCode::ALL {
            let code = serde_json::to_value(code).expect("JSON");
            let heading = format!("\n## {}\n", code.as_str().expect("a name"));
            assert!(documentation.contains(&heading), "{heading}");
        }
    }
}
