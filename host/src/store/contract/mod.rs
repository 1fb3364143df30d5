//! What every kind of store keeps: one suite, which each kind runs over storages of its own.
//!
//! A kind implements [`Storage`] in its tests and calls `all` of each file here. What a suite says is about verbs alone: bytes,
//! modes and broken storages belong to the tests of the kind.

pub(super) mod clients;
pub(super) mod grants;
pub(super) mod leases;
pub(super) mod pending;
pub(super) mod samples;
pub(super) mod sharing;

use super::Store;

/// A storage of some kind.
pub(super) trait Storage {
    /// One in which nothing is kept yet.
    fn empty() -> Self;

    /// A handle onto it. Two handles are like two processes: they share what is stored, and nothing else.
    fn open(&self) -> Store;
}
