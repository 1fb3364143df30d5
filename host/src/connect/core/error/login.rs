//! A login that cannot start or continue.

use mcphub_oauth::pkce::PkceError;

use super::ErrorKind;
use crate::connect::core::foreign_login::ForeignLogin;

/// Why a link of the hub does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It was never made, was used already, or has expired.
    #[error("this link is not valid any more")]
    Unknown,
    /// Another browser opened it first.
    #[error("this link was opened in another browser")]
    OtherBrowser,
}

/// Why a person cannot be sent to a login page.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The login page is at another site, and the person has not been asked yet.
    #[error("{0}")]
    ForeignLogin(Box<ForeignLogin>),
    /// The metadata names no `authorization_endpoint`.
    #[error("the authorization server has no login page (authorization_endpoint)")]
    NoLoginPage {
        /// Whether it offers a login on another device instead (RFC 8628).
        offers_device: bool,
    },
    /// The metadata names no `device_authorization_endpoint` (RFC 8628).
    #[error("{server} cannot be logged in to: its authorization server offers no login on another device")]
    NoDeviceLogin {
        /// The name of the server.
        server: String,
    },
    /// A person must set up a client first.
    #[error("{server} cannot be logged in to: {why}")]
    SetupNeeded {
        /// The name of the server.
        server: String,
        /// What is missing, in words for the person.
        why: String,
    },
    /// The person must do something at the provider that no link can do for them.
    #[error("{server} cannot be logged in to: {instructions}")]
    AtProvider {
        /// The name of the server.
        server: String,
        /// What the person must do, in the plugin's words.
        instructions: String,
    },
    /// PKCE cannot be used as it must be (RFC 7636).
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// The person's answer is not among those that the plugin's question offered.
    #[error("{value:?} is not one of the answers to: {question}")]
    NotAnAnswer {
        /// The answer that was given.
        value: String,
        /// The question that was asked.
        question: String,
    },
}

impl LinkError {
    /// What a person can do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unknown => "Get a fresh link: call the tool again, or run mcphub auth login.",
            Self::OtherBrowser => "Go on in the browser that opened it first, or get a fresh link.",
        }
    }

    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::Unknown => ErrorKind::NotFound,
            Self::OtherBrowser => ErrorKind::Forbidden,
        }
    }
}

impl LoginError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::ForeignLogin(_) => {
                "If that is right, open the connect link in a browser and go on there, or run mcphub auth login in a terminal."
            }
            Self::NoLoginPage { offers_device: true } => {
                "Log in on another device: mcphub auth login SERVER --no-browser."
            }
            Self::NoLoginPage { offers_device: false } => {
                "It gives tokens to programs only: write oauth.grantType (client_credentials or jwt-bearer) and its client."
            }
            Self::NoDeviceLogin { .. } => "Log in in a browser: mcphub auth login SERVER.",
            Self::SetupNeeded { .. } => "Set it up with mcphub auth setup SERVER, or on its connect page.",
            Self::AtProvider { .. } => "Do that first, then log in again.",
            Self::Pkce(error) => error.remedy(),
            Self::NotAnAnswer { .. } => "Choose one of the answers that are offered.",
        }
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::ForeignLogin(_) | Self::NoDeviceLogin { .. } | Self::SetupNeeded { .. } | Self::AtProvider { .. } => {
                ErrorKind::Conflict
            }
            Self::NotAnAnswer { .. } => ErrorKind::Invalid,
            Self::NoLoginPage { .. } | Self::Pkce(_) => ErrorKind::Upstream,
        }
    }
}
