//! An authorization server that was not found, or that must not see the person's secrets.

use std::borrow::Cow;

use mcphub_oauth::issuer::IssuerError;
use mcphub_oauth::protected_resource::ProtectedResourceError;
use mcphub_oauth::server_metadata::MetadataError;

use super::ErrorKind;

/// Why discovery found nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The protected resource metadata is not this server's own (RFC 9728 §3.3).
    #[error(transparent)]
    ProtectedResource(#[from] ProtectedResourceError),
    /// The authorization server metadata cannot be used (RFC 8414 §3.3).
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The issuer publishes nothing at any of the well-known places.
    #[error("{issuer} publishes no authorization server metadata")]
    NoMetadata {
        /// The issuer that was asked.
        issuer: String,
    },
    /// A text that should be an issuer identifier is not one (RFC 8414 §2).
    #[error("{from} is no issuer: {cause}")]
    Issuer {
        /// The setting that holds it, or what else named it.
        from: &'static str,
        /// What is wrong with it.
        cause: IssuerError,
    },
    /// The server names an authorization server other than the one that the person's secrets belong to.
    #[error(
        "{server} now names {named} as its authorization server, and what you configured for it belongs to {allowed}"
    )]
    OtherIssuer {
        /// The name of the server.
        server: String,
        /// The issuer that the server names.
        named: String,
        /// The issuer that the person wrote, or that the secrets were first used with.
        allowed: String,
    },
    /// No person takes part, and secrets would go to an authorization server that only the server names.
    #[error(
        "{server} names {issuer} as its authorization server, which nobody has confirmed may see what you configured for it"
    )]
    UnwrittenIssuer {
        /// The name of the server.
        server: String,
        /// The issuer that the server names.
        issuer: String,
    },
}

impl DiscoveryError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> Cow<'static, str> {
        let fixed = match self {
            Self::OtherIssuer { named, .. } => {
                return format!("If that is right, write oauth.issuer: {named:?} into its entry; otherwise tell who runs the server.").into();
            }
            Self::UnwrittenIssuer { issuer, .. } => {
                return format!("If that is right, write oauth.issuer: {issuer:?} into the server's entry.").into();
            }
            Self::ProtectedResource(_) => {
                "Check the server's url in mcp_settings.json; if it is right, tell who runs the server."
            }
            Self::Metadata(_) | Self::NoMetadata { .. } | Self::Issuer { .. } => {
                "Name the provider's plugin in oauth.provider, or write oauth.authorizationEndpoint and oauth.tokenEndpoint."
            }
        };
        fixed.into()
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::OtherIssuer { .. } | Self::UnwrittenIssuer { .. } => ErrorKind::Conflict,
            Self::ProtectedResource(_) | Self::Metadata(_) | Self::NoMetadata { .. } | Self::Issuer { .. } => {
                ErrorKind::Upstream
            }
        }
    }
}
