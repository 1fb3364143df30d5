//! The right to work on a grant, whatever kind of store gave it.

use std::fmt;

/// The right to work on a grant. One holder at a time, over tasks and over processes; given back when it is dropped.
pub struct Lease {
    /// What the store holds for it: a lock, a connection. Only its `Drop` matters.
    _held: Box<dyn Send + Sync>,
}

impl Lease {
    /// A lease that lasts as long as `held`.
    pub(super) fn of(held: impl Send + Sync + 'static) -> Self {
        Self { _held: Box::new(held) }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}
