//! How much of a request is read. Apart, because the router and the proof of a command must agree on it.

/// The longest form or document of the API, in bytes: the arguments of a tool that a command is given are at most 128 KiB on
/// Linux. The MCP endpoints have a limit of their own.
pub(super) const MAX_BODY: usize = 256 * 1024;
