//! `authorization`: the authorization request (RFC 6749 §4.1.1, RFC 7636).

use super::{Pair, Param};

/// What is known of PKCE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pkce {
    /// The metadata must list S256.
    #[default]
    ByMetadata,
    /// Known to be supported, whatever the metadata says.
    Supported,
    /// The provider refuses the parameters.
    Unsupported,
}

/// The authorization request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorization {
    /// PKCE.
    pub pkce: Pkce,
    /// Further parameters.
    pub extra: Vec<Param>,
    /// Standard name → the provider's name.
    pub renames: Vec<Pair>,
    /// Leave out parameters without a value.
    pub drop_empty: bool,
    /// `response_mode`.
    pub response_mode: Option<String>,
    /// Send a `nonce`.
    pub nonce: bool,
    /// The query goes behind a `#`.
    pub in_fragment: bool,
}
