//! Servers that are commands: one JSON message per line, on standard input and output.
//!
//! It may use `correlator`, `reply`, `incoming` and `envelope` of `upstream`. A command never gets a secret of the hub's,
//! and never outlives the hub.
//!
//! | what | file |
//! |---|---|
//! | how a command is started | `program`, `environment` |
//! | its output: lines of bounded length, frames and messages over several lines | `lines`, `frames`, `multiline` |
//! | its standard error | `stderr` |
//! | how it ends, with every process that it started | `process_group`, `guard` |
//! | the session, and the task that runs the command | `session`, `supervisor` |

mod environment;
mod frames;
mod guard;
mod lines;
mod multiline;
mod process_group;
mod program;
mod session;
mod stderr;
mod supervisor;

pub use self::guard::{GUARD, stand_guard};
pub(crate) use self::process_group::RunningCommands;
pub use self::program::CommandContext;
pub(crate) use self::program::Program;
pub(crate) use self::session::Stdio;
