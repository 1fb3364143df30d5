//! The key that seals the ids of client sessions, so that nobody but the hub can make one or read what it holds.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of a nonce (AES-GCM, NIST SP 800-38D).
const NONCE: usize = 12;

/// What a sealed text is. One is never taken for another.
#[derive(Debug, Clone, Copy)]
pub(super) enum SealedAs {
    /// The id of a session.
    SessionId,
    /// The file with what clients set in their sessions.
    Wishes,
}

/// AES-256-GCM with a random nonce. It has no `Debug`, so that it cannot be printed.
pub struct SessionKey(RandomizedNonceKey);

impl SealedAs {
    const fn purpose(self) -> &'static [u8] {
        match self {
            Self::SessionId => b"mcphub session 1",
            Self::Wishes => b"mcphub wishes 1",
        }
    }
}

impl SessionKey {
    /// The key with these bytes. `None` if the cipher refuses to work.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).ok().map(Self)
    }

    /// Seals this as text, which may stand in a header.
    pub(super) fn seal(&self, kind: SealedAs, plain: &[u8]) -> Option<String> {
        let mut sealed = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(kind.purpose()), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// Opens what [`Self::seal`] made. `None` for any other text.
    pub(super) fn open(&self, kind: SealedAs, sealed: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE>()?;
        let mut rest = rest.to_vec();
        let opened = self.0.open_in_place(Nonce::from(nonce), Aad::from(kind.purpose()), &mut rest).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_what_nobody_changed() {
        let key = SessionKey::new(&[1; 32]).expect("a key");
        let sealed = key.seal(SealedAs::SessionId, b"what it holds").expect("sealed");

        assert_eq!(key.open(SealedAs::SessionId, &sealed).as_deref(), Some(b"what it holds".as_slice()));
        assert_ne!(key.seal(SealedAs::SessionId, b"what it holds").expect("sealed"), sealed);
        assert!(SessionKey::new(&[2; 32]).expect("a key").open(SealedAs::SessionId, &sealed).is_none());
        assert!(key.open(SealedAs::Wishes, &sealed).is_none(), "it was sealed as something else");
        let changed = if sealed.starts_with('A') { "B" } else { "A" };
        for text in ["", "AAAA", "!", &format!("{changed}{}", sealed.get(1..).expect("text"))] {
            assert!(key.open(SealedAs::SessionId, text).is_none(), "{text}");
        }
    }
}
