//! Which plugins from files may serve, and which servers.
//!
//! It uses `core`, the store and the catalogue of plugins. It never asks a person: it says why a plugin waits, and who approves is
//! decided elsewhere.

pub(crate) mod approval;
pub(crate) mod choice;
pub(crate) mod waiting;
