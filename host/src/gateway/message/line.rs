//! A line that goes out, and what it holds until it has.

use std::sync::Arc;

use bytes::Bytes;

use crate::gateway::budget::Part;

struct Line {
    bytes: Vec<u8>,
    _part: Arc<Part>,
}

impl AsRef<[u8]> for Line {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that hold a part of a budget for as long as there are any of them.
pub(super) fn holding(bytes: Vec<u8>, part: Arc<Part>) -> Bytes {
    Bytes::from_owner(Line { bytes, _part: part })
}
