//! Commands that client sessions share: one process for a server, started when it is first needed.
//!
//! It may use `stdio`, `reply`, `request_ids`, `command_clients`, `command_turns`, `command_generation` and `stateless` of `upstream`. A session that ends leaves the process
//! running; the process ends with its server's entry, when it is idle for long where the entry says so, and with the hub.
//!
//! | what | file |
//! |---|---|
//! | the command of a server: its process, now or later | `command` |
//! | a running process | `process`, `idle` |
//! | one client session's part of it, a request of it, and what the process is told for all of them | `session`, `call`, `subscribing` |
//! | the same where the command has no sessions | `part` |

mod call;
mod command;
mod idle;
mod part;
mod process;
mod session;
mod subscribing;

pub(crate) use self::command::{CommandState, JoinedProcess, SharedCommand};
pub(crate) use self::part::StatelessPart;
pub(crate) use self::session::SharedSession;
