//! When a hub began, and what it is told while it runs.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use crate::settings::Reread;

/// The life of one hub.
pub struct HubLife {
    pub(super) started: SystemTime,
    /// How long requests under way may go on when the hub stops.
    pub drain: Duration,
    /// Has the settings file read again, once it is followed.
    pub(super) reread: OnceLock<Reread>,
}

impl HubLife {
    pub(super) const fn beginning(started: SystemTime, drain: Duration) -> Self {
        Self { started, drain, reread: OnceLock::new() }
    }
}
