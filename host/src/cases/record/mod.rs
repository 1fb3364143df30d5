//! Writes a real login down as a case.
//!
//! The recorder keeps what it sees in memory. Only when the login is complete are its secrets looked for, in all of it;
//! then the case is built with slots in their places. May use `redact`, `case` and `messages`. A value that may be a secret
//! never reaches a case, and nothing is written while the login is still going on.

mod client;
mod event;
mod find_secrets;
mod recorder;
mod steps;

pub use recorder::{Recorded, Recorder};
