//! The latest `DPoP` nonce of each server (RFC 9449 §8).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use mcphub_oauth::dpop;
use url::Url;

/// How many servers' nonces are remembered.
const MAX_NONCES: usize = 1000;

/// The last nonce of every server, by origin.
#[derive(Clone, Default)]
pub(crate) struct Nonces(Arc<Mutex<BTreeMap<String, String>>>);

impl Nonces {
    pub(crate) fn of(&self, url: &Url) -> Option<String> {
        let nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.get(&url.origin().ascii_serialization()).cloned()
    }

    /// Remembers the nonce of an answer. Returns whether it differs from the one before.
    pub(crate) fn observe_nonce(&self, url: &Url, headers: &HeaderMap) -> bool {
        let Some(nonce) = dpop::nonce(headers) else {
            return false;
        };
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A forgotten nonce costs one more request (RFC 9449 §8), so a full map is simply cleared.
        if nonces.len() >= MAX_NONCES {
            nonces.clear();
        }
        nonces.insert(url.origin().ascii_serialization(), nonce.to_owned()).as_deref() != Some(nonce)
    }
}
