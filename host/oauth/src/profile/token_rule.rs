//! `types`: where a token stands in an answer, and how its lifetime is told.

/// How a lifetime is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryKind {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// A point in time, seconds.
    EpochSeconds,
    /// A point in time, milliseconds.
    EpochMilliseconds,
    /// RFC 3339.
    Rfc3339,
    /// `exp` of the token.
    JwtExp,
    /// The default, always.
    Fixed,
    /// Not told.
    Unknown,
}

/// Rule for a lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Kind.
    pub kind: ExpiryKind,
    /// JSON Pointer to the value.
    pub at: Option<String>,
    /// Seconds, when the value is missing.
    pub default_seconds: Option<u32>,
}

impl Default for Expiry {
    fn default() -> Self {
        Self { kind: ExpiryKind::Seconds, at: Some("/expires_in".into()), default_seconds: None }
    }
}

/// Where one token of an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRule {
    /// Slot; "main" is what MCP requests carry.
    pub slot: String,
    /// JSON Pointer.
    pub access_token: String,
    /// JSON Pointer.
    pub refresh_token: Option<String>,
    /// JSON Pointer.
    pub id_token: Option<String>,
    /// Lifetime.
    pub expiry: Expiry,
    /// JSON Pointer to the granted scopes.
    pub scope: Option<String>,
}

impl Default for TokenRule {
    fn default() -> Self {
        Self {
            slot: "main".into(),
            access_token: "/access_token".into(),
            refresh_token: Some("/refresh_token".into()),
            id_token: Some("/id_token".into()),
            expiry: Expiry::default(),
            scope: Some("/scope".into()),
        }
    }
}
