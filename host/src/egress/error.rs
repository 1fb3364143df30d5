//! Why a request was not made or not answered.

/// Why a request was not answered. It contains neither the query of a URL nor a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// https, or http on loopback that the person configured.
    #[error("{0} is not https, and http is for loopback addresses of configured servers only")]
    Scheme(String),
    /// The address policy forbids the address.
    #[error("{0} leads to an address inside a private network, which only a server configured there may use")]
    Address(String),
    /// The hub's own address.
    #[error("{0} is this hub itself, which asks itself nothing for a server or a plugin")]
    Own(String),
    /// No answer in time.
    #[error("{0} did not answer within 10 seconds")]
    Timeout(String),
    /// No connection could be made.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// More than 1 MiB.
    #[error("{0} answered with more than 1 MiB")]
    TooLarge(String),
    /// A patient request: nothing came for 30 seconds.
    #[error("{0} said nothing for 30 seconds")]
    Silent(String),
    /// A patient request: more than 64 MiB.
    #[error("{0} answered with more than 64 MiB")]
    Huge(String),
    /// A redirect of a request that carries a secret.
    #[error("{origin} redirects to {to}, and what it was sent is for no other address")]
    Moved {
        /// The origin that was asked.
        origin: String,
        /// Where to, without query.
        to: String,
    },
    /// The request is not valid HTTP.
    #[error("the request to {0} cannot be sent")]
    Request(String),
}

impl EgressError {
    /// Whether trying again later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Unreachable(_) | Self::Silent(_) => true,
            Self::Scheme(_)
            | Self::Address(_)
            | Self::Own(_)
            | Self::TooLarge(_)
            | Self::Huge(_)
            | Self::Moved { .. }
            | Self::Request(_) => false,
        }
    }

    /// What a person can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Timeout(_) | Self::Unreachable(_) | Self::Silent(_) => {
                "Check the address and the network, then try again."
            }
            Self::Address(_) => {
                "If this host is yours, list it in systemConfig.egress.allowPrivate; if it is not, the server leads where it must not."
            }
            Self::Moved { .. } => "If that is right, write the new address into the server's entry.",
            Self::Scheme(_) | Self::Own(_) | Self::TooLarge(_) | Self::Huge(_) | Self::Request(_) => {
                "Check the addresses in the server's entry; the server's metadata leads where it must not."
            }
        }
    }
}
