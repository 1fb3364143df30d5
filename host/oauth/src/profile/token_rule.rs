//! `types`: where a token stands in an answer, and how its lifetime is given.

/// How an answer gives a lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryKind {
    /// A number of seconds from now (RFC 6749 §5.1).
    Seconds,
    /// A number of milliseconds from now.
    Milliseconds,
    /// A point in time, seconds.
    EpochSeconds,
    /// A point in time, milliseconds.
    EpochMilliseconds,
    /// A point in time, as RFC 3339 writes it.
    Rfc3339,
    /// `exp` of the token.
    JwtExp,
    /// Always the default, whatever the answer says.
    Fixed,
    /// Nothing is told: the token is used until it is refused.
    Unknown,
}

/// Rule for a lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// In which way the answer tells it.
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
    /// JSON Pointer to the access token.
    pub access_token: String,
    /// JSON Pointer to the refresh token.
    pub refresh_token: Option<String>,
    /// JSON Pointer to the ID token, which is masked.
    pub id_token: Option<String>,
    /// How the lifetime of the access token is told.
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
