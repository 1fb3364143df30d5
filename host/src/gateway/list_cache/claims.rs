//! Who reads which list just now, so that many clients who ask for it do not all have it read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::gateway::list_kind::ListKind;
use crate::gateway::lock::lock;

/// A server, a kind of list and a class of clients.
type Place = (String, ListKind, String);

/// The lists that are being read.
#[derive(Default)]
pub(super) struct Claims(Mutex<HashSet<Place>>);

/// The right to read one list. Dropping it gives the right back.
pub(crate) struct Claim {
    claims: Arc<Claims>,
    place: Place,
}

impl Claims {
    pub(super) fn claim(self: &Arc<Self>, place: Place) -> Option<Claim> {
        lock(&self.0).insert(place.clone()).then(|| Claim { claims: self.clone(), place })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.claims.0).remove(&self.place);
    }
}
