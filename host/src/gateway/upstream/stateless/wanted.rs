//! What a session wants to be told of, and what came of it.

use std::collections::BTreeSet;

use crate::gateway::message::{Fields, raw};
use crate::gateway::upstream::notification::is_part_of;

/// What a session wants to be told of now.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    /// Grows with every change.
    pub(super) version: u64,
    /// The filter of lists; empty until somebody listens.
    pub(super) lists: Fields,
    pub(super) uris: BTreeSet<String>,
}

/// What came of the last attempt to get the stream.
#[derive(Clone)]
pub(super) struct StreamOutcome {
    /// The version of what was wanted.
    pub(super) version: u64,
    pub(super) kind: OutcomeKind,
}

#[derive(Clone)]
pub(super) enum OutcomeKind {
    /// The server tells of this.
    Acknowledged(Fields),
    /// The server offers no such stream, for this reason.
    Refused(String),
    /// There is no stream now. It is tried again.
    NotNow,
}

impl Wanted {
    /// The filter of the stream. `None` if nothing is wanted.
    pub(super) fn filter(&self) -> Option<Fields> {
        let mut filter = self.lists.clone();
        if !self.uris.is_empty() {
            filter.insert("resourceSubscriptions".into(), raw(&self.uris));
        }
        (!filter.is_empty()).then_some(filter)
    }

    /// Whether a change of this resource is wanted. It may be a part of one that was subscribed to.
    pub(super) fn includes(&self, uri: &str) -> bool {
        self.uris.iter().any(|wanted| is_part_of(uri, wanted))
    }
}
