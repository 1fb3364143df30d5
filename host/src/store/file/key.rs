//! One key that seals: checked when it is read, and the ciphers that are derived from it.
//!
//! 32 bytes in hexadecimal or base64 are a key (HKDF-SHA256 derives the cipher's key from them). Any other text is a passphrase,
//! and PBKDF2-HMAC-SHA256 makes it slow to guess. Both take a salt, which stands at the head of every sealed text.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hkdf, pbkdf2};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How many bytes a salt has.
pub(super) const SALT: usize = 16;
/// How many bytes a nonce has (AES-GCM, NIST SP 800-38D).
const NONCE: usize = 12;
/// How many bytes a key has.
const KEY: usize = 32;
/// What the derived keys are for, so that the same bytes make other keys elsewhere.
const PURPOSE: &[u8] = b"mcphub obtained 1";
/// Rounds of PBKDF2-HMAC-SHA256, from OWASP's Password Storage Cheat Sheet (2023).
const ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::MIN.saturating_add(599_999);
/// A shorter passphrase is refused, characters.
const MIN_PASSPHRASE: usize = 16;
/// How many ciphers are kept, one for each salt. A file usually has one salt.
const MAX_CIPHERS: usize = 64;

/// Chosen at random, so that the same passphrase makes another key in every file.
pub(super) type Salt = [u8; SALT];

/// Why a text cannot be a key. Never shows the text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealingKeyError {
    /// It is short enough to be guessed.
    #[error(
        "{variable} has {characters} characters, which is too short for a key; set it to 32 random bytes (openssl rand -base64 32), or to a passphrase of {MIN_PASSPHRASE} characters or more"
    )]
    TooShort {
        /// The variable that holds it.
        variable: &'static str,
        /// Its length in characters.
        characters: usize,
    },
    /// It is one character, repeated.
    #[error("{variable} repeats one character, which is no key; set it to 32 random bytes (openssl rand -base64 32)")]
    Monotonous {
        /// The variable that holds it.
        variable: &'static str,
    },
}

/// A key and the ciphers derived from it. It has no `Debug`, so that it cannot be printed.
pub(super) struct Key {
    secret: Secret,
    ciphers: Mutex<BTreeMap<Salt, Arc<RandomizedNonceKey>>>,
}

enum Secret {
    Bytes([u8; KEY]),
    Passphrase(String),
}

impl Key {
    /// The key that a variable of the environment holds. A text that could be guessed is refused.
    pub(super) fn parse(variable: &'static str, text: &str) -> Result<Self, SealingKeyError> {
        let text = text.trim();
        let secret = bytes(text).map_or_else(|| Secret::Passphrase(text.to_owned()), Secret::Bytes);
        let characters = text.chars().count();
        if characters < MIN_PASSPHRASE {
            return Err(SealingKeyError::TooShort { variable, characters });
        }
        let first = text.chars().next();
        if text.trim_end_matches('=').chars().all(|character| Some(character) == first) {
            return Err(SealingKeyError::Monotonous { variable });
        }
        Ok(Self { secret, ciphers: Mutex::default() })
    }

    /// Seals `plain`: the result is the salt, the nonce and the sealed bytes. Only this key opens them, and only with the same
    /// `bound`.
    pub(super) fn seal(&self, salt: Salt, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut sealed = plain.to_vec();
        let nonce = self.cipher(salt)?.seal_in_place_append_tag(Aad::from(bound), &mut sealed)?;
        Ok([salt.as_slice(), nonce.as_ref(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] made: the salt and the plain bytes. `None`: another key, another `bound`, or changed bytes.
    pub(super) fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<(Salt, Vec<u8>)> {
        let (salt, rest) = sealed.split_first_chunk::<SALT>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let mut bytes = rest.to_vec();
        let opened = self.cipher(*salt).ok()?.open_in_place(Nonce::from(nonce), Aad::from(bound), &mut bytes).ok()?;
        Some((*salt, opened.to_vec()))
    }

    /// A key for another purpose. It tells nothing about this one.
    pub(super) fn derived_for(&self, purpose: &[u8]) -> Option<[u8; KEY]> {
        self.derived_with(purpose, purpose).ok()
    }

    fn cipher(&self, salt: Salt) -> Result<Arc<RandomizedNonceKey>, Unspecified> {
        let mut ciphers = self.ciphers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cipher) = ciphers.get(&salt) {
            return Ok(cipher.clone());
        }
        let cipher = Arc::new(RandomizedNonceKey::new(&AES_256_GCM, &self.derived(&salt)?)?);
        if ciphers.len() >= MAX_CIPHERS {
            ciphers.clear();
        }
        ciphers.insert(salt, cipher.clone());
        Ok(cipher)
    }

    fn derived(&self, salt: &Salt) -> Result<[u8; KEY], Unspecified> {
        self.derived_with(salt, PURPOSE)
    }

    fn derived_with(&self, salt: &[u8], purpose: &[u8]) -> Result<[u8; KEY], Unspecified> {
        let mut derived = [0; KEY];
        match &self.secret {
            Secret::Bytes(bytes) => {
                let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(bytes);
                extracted.expand(&[purpose], hkdf::HKDF_SHA256)?.fill(&mut derived)?;
            }
            Secret::Passphrase(text) => {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, text.as_bytes(), &mut derived);
            }
        }
        Ok(derived)
    }
}

/// 32 bytes as people write them: in hexadecimal, or in base64 of either alphabet, padded or not.
fn bytes(text: &str) -> Option<[u8; KEY]> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = |alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok()?.try_into().ok();
    hexadecimal(text).or_else(|| base64(&alphabet::STANDARD)).or_else(|| base64(&alphabet::URL_SAFE))
}

fn hexadecimal(text: &str) -> Option<[u8; KEY]> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn key(text: &str) -> Key {
        Key::parse("KEY", text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn one_key_may_be_written_in_hexadecimal_and_in_base64() {
        let sealed = key(HEX).seal([1; SALT], b"a", b"token").expect("sealed");

        for text in [
            HEX.to_uppercase().as_str(),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        ] {
            assert_eq!(key(text).open(b"a", &sealed), Some(([1; SALT], b"token".to_vec())), "{text}");
        }
        assert!(!sealed.windows(5).any(|window| window == b"token"));
    }

    #[test]
    fn another_key_another_binding_and_a_changed_byte_open_nothing() {
        let sealed = key(HEX).seal([1; SALT], b"a", b"token").expect("sealed");

        assert!(key(&HEX.replace("00", "ff")).open(b"a", &sealed).is_none());
        assert!(key(HEX).open(b"b", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key(HEX).open(b"a", &changed).is_none(), "byte {at}");
            assert!(key(HEX).open(b"a", &sealed[..at]).is_none(), "{at} bytes");
        }
    }

    #[test]
    fn the_same_is_never_sealed_to_the_same_bytes() {
        let key = key(HEX);

        assert_ne!(key.seal([1; SALT], b"", b"x").expect("sealed"), key.seal([1; SALT], b"", b"x").expect("sealed"));
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed() {
        let sealed = key("correct horse battery staple").seal([2; SALT], b"a", b"token").expect("sealed");

        assert!(key("correct horse battery staple").open(b"a", &sealed).is_some());
        assert!(key("correct horse battery stapler").open(b"a", &sealed).is_none());
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused_without_showing_it() {
        for short in ["hunter2", "fifteen letters"] {
            let error = Key::parse("KEY", short).err().expect("refused").to_string();
            assert!(error.contains("too short") && error.contains("openssl rand") && !error.contains(short), "{error}");
        }
        for one in ["0".repeat(64), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()] {
            assert_eq!(Key::parse("KEY", &one).err(), Some(SealingKeyError::Monotonous { variable: "KEY" }));
        }
    }
}
