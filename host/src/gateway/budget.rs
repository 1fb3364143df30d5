//! A number of bytes that many share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is left.
pub(crate) struct Budget(AtomicUsize);

/// A part of it, given back when it is dropped.
pub(crate) struct Part {
    of: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) const fn of(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    /// Takes a part; `None` where not as much is left.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Part> {
        let left = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok()?;
        Some(Part { of: self.clone(), bytes })
    }
}

impl Part {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.of.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
