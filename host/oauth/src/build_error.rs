//! Why a request cannot be built. Nothing was sent.

use crate::template::FillError;

/// Why a request cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A slot is empty.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// A header that HTTP does not allow.
    #[error("{0:?} is not a header that can be sent")]
    Header(String),
    /// A filled template is no URL.
    #[error("the plugin's address is not a URL")]
    Url,
    /// A filled template leads to a host that the plugin may not name.
    #[error("the plugin names the host {0}, which it may not")]
    Host(String),
    /// A filled template would give the MCP server what belongs to its authorization server.
    #[error("the plugin sends the {0} to the MCP server, and only the authorization server may see that")]
    OnlyForIssuer(&'static str),
}
