//! The rules of OAuth as MCP uses it.
//!
//! No I/O, no clock, no randomness, no async runtime: each step is a pair of functions, `request` and `accept`, in the
//! order of the RFCs, and time and randomness are arguments.

pub mod client;
pub mod grant;
pub mod hook;
pub mod profile;
pub mod secret;
