//! How much all streams together, and those of one session, may hold.

use std::sync::Arc;

use crate::gateway::budget::Budget;
use crate::gateway::limits::GatewayLimits;

/// Events of one stream that its reader has not taken, or that are kept after it took them.
pub(super) const EVENTS: usize = 256;
/// Their bytes. One event may have more: it waits alone, and is not kept.
pub(super) const EVENT_BYTES: usize = 256 * 1024;

/// What streams may hold. Each session has a part of what all sessions have.
#[derive(Clone)]
pub(crate) struct ReplayBounds {
    /// Bytes of events that no reader has taken.
    pub(super) unread: Arc<Budget>,
    /// Bytes of events that a reader took and that may not have arrived. Apart from `unread`, so that they cost no client
    /// an answer.
    pub(super) sent: Arc<Budget>,
    /// Streams whose client is away.
    pub(super) away: Arc<Budget>,
}

impl ReplayBounds {
    /// The bounds of all sessions.
    pub(crate) fn of_all(limits: &GatewayLimits) -> Self {
        Self {
            unread: Arc::new(Budget::new(limits.unread_bytes_in_all)),
            sent: Arc::new(Budget::new(limits.sent_bytes_in_all)),
            away: Arc::new(Budget::new(limits.streams_away_in_all)),
        }
    }

    /// The bounds of one session, within those of all.
    pub(crate) fn of_one(&self, limits: &GatewayLimits) -> Self {
        Self {
            unread: Arc::new(self.unread.clone().within(limits.unread_bytes)),
            sent: self.sent.clone(),
            away: Arc::new(self.away.clone().within(limits.streams_away)),
        }
    }
}
