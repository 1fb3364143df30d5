//! How requests to the MCP server carry the token.

use super::Param;

/// Where the token goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// The header `Authorization: <scheme> <token>`, with this scheme.
    Authorization(String),
    /// This header, the token alone.
    Header(String),
    /// The query parameter of this name.
    Query(String),
}

impl Default for TokenPlace {
    /// `Authorization: Bearer`, as RFC 6750 §2.1 says.
    fn default() -> Self {
        Self::Authorization("Bearer".into())
    }
}

/// Requests to the MCP server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    /// Where the access token goes.
    pub token: TokenPlace,
    /// Headers that are added to every request.
    pub headers: Vec<Param>,
    /// Query parameters that are added to every request.
    pub query: Vec<Param>,
}
