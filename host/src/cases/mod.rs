//! Cases: recorded logins, played back without a network, and written down from a real login.
//!
//! A case is a text file (TOML). It says what a provider answered, and what the hub must ask it for. When a case is
//! played, the real login code of `connect` runs; only the network, the time and the randomness come from the case.
//!
//! Secrets are written as named slots, such as `{{access-token}}`. A slot gets its value where it is first used: a made-up
//! value where the case hands it to the hub, the hub's own value where the hub sends it. From there on it always means
//! that value. `{{any}}` matches anything.
//!
//! | what | where |
//! |---|---|
//! | the format | `case` |
//! | cases in files | `files` |
//! | slots | `slots` |
//! | a case is played | `replay` |
//! | a login is written down as a case | `record` |
//! | secrets are found and replaced by slots | `redact` |
//! | requests and answers read | `messages` |
//!
//! May use `connect` and what is below it. Order inside: `files` uses `replay`; `record` uses `redact`; all use `case`,
//! `slots` and `messages`. Never here: a real request, or a secret in a written case.

mod case;
mod files;
mod messages;
mod record;
mod redact;
mod replay;
mod slots;

pub use case::{Case, CaseError, CaseStep, Exchange, Reaction};
pub use files::{files, play_file};
pub use record::{Recorded, Recorder};
pub use replay::replay;
