//! The servers that are switched on, how they are grouped, and which of them a client sees under which names.
//!
//! It may use `upstream`, `names`, `list_kind`, `lock`, `repair` and `settings`. It never asks a server anything, and never
//! changes: new settings make a new roster.

mod permits;
mod scope;
mod servers;
mod switches;
mod views;

pub use permits::Callers;
pub(crate) use scope::{ScopeError, ScopeKind, ScopedServer, ServerScope};
pub use servers::Grouping;
pub(crate) use servers::Roster;
pub(crate) use switches::switches;
