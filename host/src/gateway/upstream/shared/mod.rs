//! Commands that client sessions share: one process for a server, started when it is first needed.
//!
//! It may use `stdio`, `reply`, `request_ids` and `command_clients` of `upstream`. A session that ends leaves the process
//! running; the process ends with its server's entry, when it is idle for long where the entry says so, and with the hub.
//!
//! | what | file |
//! |---|---|
//! | the command of a server: its process, now or later | `command` |
//! | a running process | `process`, `idle` |
//! | one client session's part of it | `session` |

mod command;
mod idle;
mod process;
mod session;

pub(crate) use self::command::{CommandState, SharedCommand};
pub(crate) use self::session::SharedSession;
