//! Errors in the set-up form that a person filled in.

use super::ErrorKind;

/// Why the hub does not accept what a person filled in. No variant quotes the value, because it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A required field is empty.
    #[error("{label} is missing")]
    Missing {
        /// The label of the field.
        label: String,
    },
    /// The field has a list of values, and this one is not among them.
    #[error("{label}: choose one of the values offered")]
    NotOffered {
        /// The label of the field.
        label: String,
    },
    /// The value is too long, or has characters that cannot be typed.
    #[error(
        "{label}: that is too long, or has a line break or characters that cannot be typed; copy it from the provider's page again, without what stands before and behind it"
    )]
    Unusable {
        /// The label of the field.
        label: String,
    },
    /// The value does not match the pattern that the plugin gives for it.
    #[error(
        "{label} does not look like what the provider hands out; compare it with the provider's page and paste it again"
    )]
    Unlike {
        /// The label of the field.
        label: String,
    },
    /// The value holds `${VAR}`, which would be filled from the hub's environment.
    #[error("oauth.{member} holds a placeholder; write the value itself, or edit the settings file")]
    Placeholder {
        /// The member of `oauth`.
        member: String,
    },
    /// Nothing is missing. A link starts a login; it does not change the settings.
    #[error("{server} is set up already; change its entry in the settings, or run mcphub auth setup")]
    Complete {
        /// The name of the server.
        server: String,
    },
}

impl SetupError {
    /// What a person can do, if the sentence does not say it already.
    #[must_use]
    pub const fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("Fill it in and send the form again."),
            Self::NotOffered { .. }
            | Self::Unusable { .. }
            | Self::Unlike { .. }
            | Self::Placeholder { .. }
            | Self::Complete { .. } => None,
        }
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Complete { .. } => ErrorKind::Conflict,
            Self::Missing { .. }
            | Self::NotOffered { .. }
            | Self::Unusable { .. }
            | Self::Unlike { .. }
            | Self::Placeholder { .. } => ErrorKind::Invalid,
        }
    }
}
