//! `token-response`: answers of the token endpoint (RFC 6749 §5).

use super::{Capture, TokenRule};

/// An error that comes with a success status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisguisedError {
    /// JSON Pointer to look at.
    pub at: String,
    /// Values of success; empty: success is absence.
    pub ok: Vec<String>,
    /// JSON Pointer to the error's name.
    pub code: String,
}

/// Answers of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// Success statuses; empty: 200 to 299.
    pub accept: Vec<u16>,
    /// Disguised errors. `/error` with a success status is always read as one.
    pub error: Option<DisguisedError>,
    /// Where tokens are; every rule that holds fills its slot.
    pub tokens: Vec<TokenRule>,
    /// Values of the answer that later requests need.
    pub captures: Vec<Capture>,
}

impl Default for TokenResponse {
    fn default() -> Self {
        Self { accept: Vec::new(), error: None, tokens: vec![TokenRule::default()], captures: Vec::new() }
    }
}
