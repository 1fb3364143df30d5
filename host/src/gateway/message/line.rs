//! A line of JSON that holds a reservation until its bytes have been sent.

use std::sync::Arc;

use bytes::Bytes;

use crate::gateway::budget::Reservation;

struct HeldLine {
    bytes: Bytes,
    _reservation: Arc<Reservation>,
}

impl AsRef<[u8]> for HeldLine {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that hold a reservation until the last slice of them is dropped.
pub(super) fn holding(bytes: Bytes, reservation: Arc<Reservation>) -> Bytes {
    Bytes::from_owner(HeldLine { bytes, _reservation: reservation })
}
