//! A number of bytes that many share. Some of the many may share a smaller number among themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that can be reserved.
pub(crate) struct Budget {
    left: AtomicUsize,
    /// The budget that this one is a part of.
    whole: Option<Arc<Self>>,
}

/// Reserved bytes. Dropping it gives them back.
pub(crate) struct Reservation {
    of: Arc<Budget>,
    bytes: usize,
    _of_whole: Option<Box<Self>>,
}

impl Budget {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes), whole: None }
    }

    /// A smaller budget: what is reserved there is reserved in this one, too.
    pub(crate) const fn within(self: Arc<Self>, bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes), whole: Some(self) }
    }

    /// Reserves bytes. `None` if not that many are left.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reservation> {
        let of_whole = match &self.whole {
            Some(whole) => Some(Box::new(whole.reserve(bytes)?)),
            None => None,
        };
        let left = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok()?;
        Some(Reservation { of: self.clone(), bytes, _of_whole: of_whole })
    }
}

impl Reservation {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.of.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_in_a_part_counts_in_the_whole_and_is_given_back_to_both() {
        let whole = Arc::new(Budget::new(10));
        let (one, two) = (Arc::new(whole.clone().within(6)), Arc::new(whole.clone().within(6)));

        let first = one.reserve(6).expect("room");

        assert!(one.reserve(1).is_none() && two.reserve(5).is_none());
        drop(first);
        let all = (one.reserve(4).expect("room"), two.reserve(6).expect("room"));
        assert!(whole.reserve(1).is_none(), "what was refused was given back, and no more");
        drop(all);
        assert!(whole.reserve(10).is_some());
    }
}
