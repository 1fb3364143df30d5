//! Which plugins from files may serve, and which servers.
//!
//! This room uses `core`, the store and the catalogue of plugins. It never asks a person: it says why a plugin waits,
//! and the approval itself happens elsewhere.

pub(crate) mod approval;
pub(crate) mod choice;
pub(crate) mod waiting;
