//! The authorization request, the way back, and the resource indicator.

use super::{Pair, Param, Template};

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

/// A value that is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Key.
    pub key: String,
    /// JSON Pointer, or the name of a callback parameter.
    pub at: String,
}

/// Names of the callback's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The code.
    pub code: String,
    /// The state.
    pub state: String,
    /// Parameters kept.
    pub captures: Vec<Capture>,
}

impl Default for Callback {
    fn default() -> Self {
        Self { code: "code".into(), state: "state".into(), captures: Vec::new() }
    }
}

/// What goes into `resource`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResourceMode {
    /// As the metadata spells it.
    #[default]
    Send,
    /// Nothing.
    Omit,
    /// This value.
    Fixed(Template),
    /// The usual value under another name.
    Named(String),
    /// This parameter instead.
    Instead(Param),
}

/// RFC 8707, by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceIndicator {
    /// In the authorization request.
    pub authorize: ResourceMode,
    /// In the code exchange.
    pub token: ResourceMode,
    /// In a refresh.
    pub refresh: ResourceMode,
}
