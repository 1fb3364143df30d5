//! How requests to the MCP server carry the token.

use super::Param;

/// Where the token goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// `Authorization: <scheme> <token>`.
    Authorization(String),
    /// This header, the token alone.
    Header(String),
    /// This query parameter.
    Query(String),
}

impl Default for TokenPlace {
    /// RFC 6750 §2.1.
    fn default() -> Self {
        Self::Authorization("Bearer".into())
    }
}

/// Requests to the MCP server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    /// The token.
    pub token: TokenPlace,
    /// Further headers.
    pub headers: Vec<Param>,
    /// Further query parameters.
    pub query: Vec<Param>,
}
