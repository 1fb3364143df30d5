//! What a person filled into the set-up form.

use super::ErrorKind;

/// Why what a person filled in is not taken. No variant quotes the value: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A field that must be filled.
    #[error("{label} is missing")]
    Missing {
        /// The field.
        label: String,
    },
    /// A field with a list of values, and another one was given.
    #[error("{label}: choose one of the values offered")]
    NotOffered {
        /// The field.
        label: String,
    },
    /// Too long, or with characters that nobody types.
    #[error(
        "{label}: that is too long, or has a line break or characters that cannot be typed; copy it from the provider's page again, without what stands before and behind it"
    )]
    Unusable {
        /// The field.
        label: String,
    },
    /// It does not match what the plugin says such a value looks like.
    #[error(
        "{label} does not look like what the provider hands out; compare it with the provider's page and paste it again"
    )]
    Unlike {
        /// The field.
        label: String,
    },
    /// `${VAR}`: it would be filled from the hub's environment.
    #[error("oauth.{member} holds a placeholder; write the value itself, or edit the settings file")]
    Placeholder {
        /// The member of `oauth`.
        member: String,
    },
    /// Nothing is missing: a link starts a login, it does not change what the settings say.
    #[error("{server} is set up already; change its entry in the settings, or run mcphub auth setup")]
    Complete {
        /// The server's name.
        server: String,
    },
}

impl SetupError {
    /// What a person can do, where the sentence does not say it.
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
