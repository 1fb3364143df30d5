//! How much of a request is read. Apart, because the router and the proof of a command must agree on it.

/// The longest form or document of the API, in bytes. The MCP endpoints have a limit of their own.
pub(super) const MAX_BODY: usize = 64 * 1024;
