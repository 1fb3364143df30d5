//! A number of bytes that many share, and some of whom share a smaller one among themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is left.
pub(crate) struct Budget {
    left: AtomicUsize,
    /// The one that all of this comes out of as well.
    whole: Option<Arc<Self>>,
}

/// A part of it, given back when it is dropped.
pub(crate) struct Part {
    of: Arc<Budget>,
    bytes: usize,
    _of_whole: Option<Box<Self>>,
}

impl Budget {
    pub(crate) const fn of(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes), whole: None }
    }

    /// A smaller one: what is taken of it is taken of this one, too.
    pub(crate) const fn within(self: Arc<Self>, bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes), whole: Some(self) }
    }

    /// Takes a part; `None` where not as much is left.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Part> {
        let of_whole = match &self.whole {
            Some(whole) => Some(Box::new(whole.take(bytes)?)),
            None => None,
        };
        let left = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok()?;
        Some(Part { of: self.clone(), bytes, _of_whole: of_whole })
    }
}

impl Part {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.of.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_of_a_part_is_taken_of_the_whole_and_given_back_to_both() {
        let whole = Arc::new(Budget::of(10));
        let (one, two) = (Arc::new(whole.clone().within(6)), Arc::new(whole.clone().within(6)));

        let first = one.take(6).expect("room");

        assert!(one.take(1).is_none() && two.take(5).is_none());
        drop(first);
        let all = (one.take(4).expect("room"), two.take(6).expect("room"));
        assert!(whole.take(1).is_none(), "what was refused was given back, and no more");
        drop(all);
        assert!(whole.take(10).is_some());
    }
}
