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

/// How the authorization request deviates from RFC 6749 §4.1.1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorization {
    /// Whether PKCE can be relied on.
    pub pkce: Pkce,
    /// Parameters that are added; none of them may belong to the hub.
    pub extra: Vec<Param>,
    /// Standard name → the provider's name.
    pub renames: Vec<Pair>,
    /// Leave out parameters without a value.
    pub drop_empty: bool,
    /// The `response_mode` to ask for, if the provider wants it said.
    pub response_mode: Option<String>,
    /// The provider wants a `nonce`, which the hub makes.
    pub nonce: bool,
    /// The query goes behind a `#`.
    pub in_fragment: bool,
}
