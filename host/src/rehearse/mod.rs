//! Recorded logins: played back without a network, and written down from a real one.
//!
//! A case is a text file (TOML) that says what a provider answered, and what the hub is to ask it for. The login core
//! itself runs; only network, time and randomness are the case's. Secrets stand in it as named slots, `{{access-token}}`:
//! a slot gets its value where it is first used, made up where the case hands it to the hub, taken from the request
//! where the hub sends it, and means the same from there on. `{{any}}` stands for anything.
//!
//! | what | file |
//! |---|---|
//! | the format | `case` |
//! | slots | `slots` |
//! | the provider's part | `stage` |
//! | a case played back | `replay`, `files` |
//! | a case written down | `record`, `steps`, `client` |
//! | its secrets found | `find`, `credentials`, `address`, `messages`; `judge` says what may be one |
//! | and taken out | `secrets` |

mod address;
mod case;
mod client;
mod credentials;
mod files;
mod find;
mod judge;
mod messages;
mod record;
mod replay;
mod secrets;
mod slots;
mod stage;
mod steps;

pub use case::{Case, CaseError, Exchange, Reaction, Step};
pub use files::{files, play_file};
pub use record::{Recorded, Recorder};
pub use replay::replay;
