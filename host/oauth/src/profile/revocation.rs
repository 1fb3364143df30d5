//! `revocation`: taking a grant back at logout (RFC 7009).

use super::{ClientAuthentication, Plan, Template};

/// Which tokens are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichToken {
    /// The refresh token (or the access token where there is none).
    RefreshToken,
    /// The access token of each slot.
    AccessToken,
    /// Refresh and access token of each slot, one request each.
    Both,
}

/// Taking a grant back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// A request to the revocation endpoint (RFC 7009).
    Rfc7009 {
        /// Which tokens are sent there.
        tokens: WhichToken,
        /// None: as at the token endpoint.
        authentication: Option<ClientAuthentication>,
    },
    /// A request of the provider's own.
    Plan(Plan),
    /// A person does it there.
    Page(Template),
    /// The provider has no way to revoke; the hub forgets the tokens.
    None,
}

impl Default for Revocation {
    fn default() -> Self {
        Self::Rfc7009 { tokens: WhichToken::Both, authentication: None }
    }
}
