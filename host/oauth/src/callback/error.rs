//! Why a callback is not taken, and what a person can do about it.

use crate::issuer::Issuer;

/// Why a callback is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// RFC 6749 §10.12: the `state` is one that the hub gave.
    #[error("this answer does not belong to a sign-in that this hub started, or it was used already")]
    UnknownState,
    /// The sign-in is bound to a browser.
    #[error("this sign-in was started in another browser")]
    OtherBrowser,
    /// The sign-in is bound to a terminal.
    #[error("this sign-in was started in a terminal")]
    AtTerminal,
    /// RFC 6749 §3.1: a parameter that came more than once says two things.
    #[error("the provider's answer says something twice")]
    Repeated,
    /// RFC 9700 §4.4.2: a redirect URI that is one issuer's own takes the answers of that issuer alone.
    #[error("this answer came to another address than the sign-in gave")]
    OtherRedirectUri,
    /// The person took too long.
    #[error("this sign-in took longer than 15 minutes")]
    Expired,
    /// RFC 6749 §4.1.2.1: the provider said no.
    #[error("the provider refused the sign-in ({error}){}", written(said.as_deref()))]
    Refused {
        /// The `error` parameter, made plain.
        error: String,
        /// What the provider wrote about it.
        said: Option<String>,
    },
    /// RFC 9207 §2.4: compared as strings.
    #[error("{expected} was asked, and {answered} answered")]
    IssuerMismatch {
        /// The issuer that the sign-in began with.
        expected: Issuer,
        /// The `iss` of the callback, shortened.
        answered: String,
    },
    /// RFC 9207 §2.4: promised, so required.
    #[error("{expected} promises to name itself in its answer and did not")]
    IssuerMissing {
        /// The issuer that the sign-in began with.
        expected: Issuer,
    },
    /// RFC 6749 §4.1.2: an answer has a code or an error.
    #[error("the provider's answer has neither a code nor an error")]
    Nothing,
}

impl CallbackError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::OtherBrowser => "Finish in the browser you started in, or get a fresh link and use it here.",
            Self::OtherRedirectUri => "Get a fresh link; if you pasted an address, paste the whole of it.",
            Self::AtTerminal => "Copy the address of this page and paste it into the terminal.",
            Self::Refused { error, .. } if error == "access_denied" => "Get a fresh link and choose Allow.",
            Self::UnknownState | Self::Expired | Self::Nothing | Self::Repeated => {
                "Get a fresh link and sign in again."
            }
            Self::Refused { .. } => {
                "Get a fresh link and try again; if it stays so, the client's set-up at the provider is wrong."
            }
            Self::IssuerMismatch { .. } | Self::IssuerMissing { .. } => {
                "Do not continue: somebody may be in between. If the server was just moved, get a fresh link."
            }
        }
    }
}

fn written(said: Option<&str>) -> String {
    said.map(|said| format!("; the provider writes: {said:?}")).unwrap_or_default()
}
