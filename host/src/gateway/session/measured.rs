//! What is measured of a session.

use std::sync::atomic::Ordering;

use super::core::Session;
use crate::gateway::lock::lock;

impl Session {
    /// Streams on which the client listens.
    pub(crate) fn open_streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    /// Requests of the client that are not answered yet.
    pub(crate) fn requests_in_flight(&self) -> usize {
        lock(&self.in_flight).len()
    }

    /// Sessions with servers behind this one.
    pub(crate) fn open_upstream_sessions(&self) -> usize {
        self.upstream_sessions.all_open().len()
    }
}
