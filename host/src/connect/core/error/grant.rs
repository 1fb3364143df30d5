//! Tokens that were not issued, or cannot be used.

use mcphub_oauth::token::TokenError;

use super::ErrorKind;

/// Why there is no grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The answer of the token endpoint cannot be used (RFC 6749 §5).
    #[error(transparent)]
    Token(TokenError),
    /// The organisation's identity provider gave no assertion (RFC 8693).
    #[error("the identity provider of oauth.enterprise gave no assertion")]
    IdentityProvider(#[source] TokenError),
}

impl GrantError {
    /// What a person can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Token(_) => "Name the provider's plugin in oauth.provider; the answer is not what the RFCs say.",
            Self::IdentityProvider(_) => {
                "Renew oauth.enterprise.idToken, and check that the hub's client may exchange it."
            }
        }
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Token(_) | Self::IdentityProvider(_) => ErrorKind::Upstream,
        }
    }

    pub(super) const fn is_transient(&self) -> bool {
        match self {
            // This is an error page of a proxy, or half an answer. Neither says anything about the grant.
            Self::Token(TokenError::Unreadable(_)) => true,
            Self::Token(TokenError::Refused { .. } | TokenError::NoToken | TokenError::BadToken)
            | Self::IdentityProvider(_) => false,
        }
    }
}
