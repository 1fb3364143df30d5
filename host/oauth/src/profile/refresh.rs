//! `refresh`: new tokens for old (RFC 6749 §6), and how long a grant lasts.

use super::RequestShape;

/// What is presented for a new token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credential {
    /// The refresh token, as RFC 6749 §6 has it.
    #[default]
    RefreshToken,
    /// The access token itself, from half its life on.
    AccessToken,
    /// The client's credentials, and nothing else.
    ClientOnly,
    /// Nothing: log in again.
    None,
}

/// What becomes of a used refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Not known: the old one stays where no new one came (RFC 6749 §6).
    #[default]
    Unknown,
    /// It stays valid and is used again.
    None,
    /// A new one replaces it; trying the old one does no harm.
    SingleUse,
    /// Until the new one is used.
    Grace,
    /// A second use kills the grant.
    FamilyRevoking,
}

/// How refreshing deviates from RFC 6749 §6, and how long a grant lasts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// What is presented for a new token.
    pub presents: Credential,
    /// Shape of the request.
    pub shape: RequestShape,
    /// The granted scopes are sent again.
    pub repeat_scope: bool,
    /// What becomes of the old one.
    pub rotation: Rotation,
    /// At most so long before expiry.
    pub margin_seconds: Option<u32>,
    /// Not before this age.
    pub min_age_seconds: Option<u32>,
    /// Unused for so long: dead.
    pub idle_lifetime_seconds: Option<u32>,
    /// Dead after so long.
    pub absolute_lifetime_seconds: Option<u32>,
    /// Never ahead of need.
    pub on_demand_only: bool,
}
