//! The keys in force, and which of them a token is.
//!
//! What is compared are digests: that of the token that came with every one that is known, each in constant time (`aws-lc`'s
//! comparison) and all of them whether or not one was it. So the time that a request takes says neither how much of a token is
//! right nor where in the list it stands. Nothing is remembered between requests: hashing a token takes less than half a
//! microsecond, which is what looking it up in a cache would take, too.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::HeaderName;

use super::bucket::TokenBucket;
use crate::settings::{ClientKey, ClientKeys, KeyDigest, KeyReach, digest_of};

/// The keys in force. New settings make a new set.
pub struct KeySet {
    are_demanded: bool,
    header: HeaderName,
    /// Of the keys, in the same order, side by side.
    digests: Vec<KeyDigest>,
    keys: Vec<Arc<KnownKey>>,
}

/// A key in force.
pub struct KnownKey {
    /// Its name, which no other key has.
    pub name: Arc<str>,
    /// Whether its holder sees some servers only.
    pub is_limited: bool,
    /// Whether its holder may use the API and the pages.
    pub is_admin: bool,
    written: ClientKey,
    bucket: Option<TokenBucket>,
}

impl KeySet {
    /// The set that the settings name. A key that is unchanged since `before` goes on with what it has used up.
    #[must_use]
    pub fn of(keys: &ClientKeys, before: Option<&Self>) -> Self {
        let known = |written: &ClientKey| {
            let same = before.into_iter().flat_map(|before| &before.keys).find(|known| known.written == *written);
            same.cloned().unwrap_or_else(|| Arc::new(KnownKey::of(written)))
        };
        Self {
            are_demanded: keys.are_demanded,
            header: keys.header.clone(),
            digests: keys.usable.iter().map(|key| key.digest).collect(),
            keys: keys.usable.iter().map(known).collect(),
        }
    }

    /// Whether requests need a key.
    #[must_use]
    pub const fn are_demanded(&self) -> bool {
        self.are_demanded
    }

    /// The header that carries `Bearer` and the token.
    #[must_use]
    pub const fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The key that a token is. Takes the same time for every token of one length.
    #[must_use]
    pub fn identify(&self, token: &[u8]) -> Option<&Arc<KnownKey>> {
        let sent = digest_of(token);
        let mut place = 0;
        for (at, known) in self.digests.iter().enumerate() {
            let is_it = usize::from(verify_slices_are_equal(known, &sent).is_ok());
            // No branch: the place of the one that is equal, plus one.
            place |= is_it.wrapping_neg() & (at + 1);
        }
        self.keys.get(place.checked_sub(1)?)
    }

    /// The key with this digest, if it is in force.
    #[must_use]
    pub fn of_digest(&self, digest: &KeyDigest) -> Option<&Arc<KnownKey>> {
        self.keys.iter().find(|key| key.written.digest == *digest)
    }

    /// The key of this name, if it is in force.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<KnownKey>> {
        self.keys.iter().find(|key| *key.name == *name)
    }
}

impl KnownKey {
    fn of(written: &ClientKey) -> Self {
        Self {
            name: written.name.as_str().into(),
            is_limited: written.reach != KeyReach::All,
            is_admin: written.is_admin,
            bucket: written.rate.map(TokenBucket::new),
            written: written.clone(),
        }
    }

    /// The digest of its token.
    #[must_use]
    pub const fn digest(&self) -> &KeyDigest {
        &self.written.digest
    }

    /// Uses the key once. If it was used too often, the time after which it may be used again.
    pub fn spend(&self, now: SystemTime) -> Result<(), Duration> {
        self.bucket.as_ref().map_or(Ok(()), |bucket| bucket.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tokens: &[&str]) -> ClientKeys {
        let key = |token: &&str| ClientKey {
            name: format!("of {token}"),
            digest: digest_of(token.as_bytes()),
            reach: KeyReach::All,
            is_admin: false,
            rate: None,
            is_own: false,
        };
        ClientKeys { are_demanded: true, usable: tokens.iter().map(key).collect(), ..ClientKeys::default() }
    }

    #[test]
    fn a_token_is_the_key_of_its_digest_wherever_it_stands() {
        let set = KeySet::of(&keys(&["first", "second", "third"]), None);

        let named = |token: &str| set.identify(token.as_bytes()).map(|key| key.name.to_string());

        for token in ["first", "second", "third"] {
            assert_eq!(named(token), Some(format!("of {token}")));
        }
        for token in ["", "firs", "first ", "FIRST", "fourth"] {
            assert_eq!(named(token), None, "{token}");
        }
        assert!(KeySet::of(&keys(&[]), None).identify(b"").is_none());
    }

    /// By construction: the only comparison is between digests of a fixed length, and the loop has neither a branch nor an end
    /// that depends on it. What can be seen from outside: the last key is found although the first ones differ in one bit only.
    #[test]
    fn every_key_is_compared_whichever_is_right() {
        let tokens: Vec<String> = (0..200).map(|number| format!("token {number}")).collect();
        let texts: Vec<&str> = tokens.iter().map(String::as_str).collect();

        let set = KeySet::of(&keys(&texts), None);

        assert_eq!(set.identify(b"token 199").map(|key| key.name.to_string()).as_deref(), Some("of token 199"));
        assert_eq!(set.identify(b"token 0").map(|key| key.name.to_string()).as_deref(), Some("of token 0"));
    }
}
