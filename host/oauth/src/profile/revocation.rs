//! `revocation`: taking a grant back at logout (RFC 7009).

use super::{ClientAuthentication, Plan, Template};

/// Which tokens are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichToken {
    /// The refresh token (or the access token where there is none).
    RefreshToken,
    /// The access token.
    AccessToken,
    /// Both.
    Both,
}

/// Taking a grant back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// RFC 7009.
    Rfc7009 {
        /// Which tokens.
        tokens: WhichToken,
        /// None: as at the token endpoint.
        authentication: Option<ClientAuthentication>,
    },
    /// A request of the provider's own.
    Plan(Plan),
    /// A person does it there.
    Page(Template),
    /// There is none.
    None,
}

impl Default for Revocation {
    fn default() -> Self {
        Self::Rfc7009 { tokens: WhichToken::Both, authentication: None }
    }
}
