//! The key that seals the ids of client sessions, so that nobody but the hub can make one or read what it holds.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What the sealed text is, so that nothing else that the same key seals is taken for one.
const PURPOSE: &[u8] = b"mcphub session 1";
/// Bytes of a nonce (AES-GCM, NIST SP 800-38D).
const NONCE: usize = 12;

/// AES-256-GCM with a random nonce. It has no `Debug`, so that it cannot be printed.
pub struct SessionKey(RandomizedNonceKey);

impl SessionKey {
    /// The key with these bytes. `None` if the cipher refuses to work.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).ok().map(Self)
    }

    /// Seals this as text for a header.
    pub(super) fn seal(&self, plain: &[u8]) -> Option<String> {
        let mut sealed = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(PURPOSE), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// Opens what [`Self::seal`] made. `None` for any other text.
    pub(super) fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE>()?;
        let mut rest = rest.to_vec();
        let opened = self.0.open_in_place(Nonce::from(nonce), Aad::from(PURPOSE), &mut rest).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_what_nobody_changed() {
        let key = SessionKey::new(&[1; 32]).expect("a key");
        let sealed = key.seal(b"what it holds").expect("sealed");

        assert_eq!(key.open(&sealed).as_deref(), Some(b"what it holds".as_slice()));
        assert_ne!(key.seal(b"what it holds").expect("sealed"), sealed);
        assert!(SessionKey::new(&[2; 32]).expect("a key").open(&sealed).is_none());
        let changed = if sealed.starts_with('A') { "B" } else { "A" };
        for text in ["", "AAAA", "!", &format!("{changed}{}", sealed.get(1..).expect("text"))] {
            assert!(key.open(text).is_none(), "{text}");
        }
    }
}
