//! Browsers that showed an admin key. Each has a random token of its own in a cookie; here is its digest only. They end with
//! the key, with time, with the button, and with the hub.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::key_set::{KeySet, KnownKey};
use crate::random::Random;
use crate::settings::{KeyDigest, digest_of};

/// How long a browser stays logged in.
const LASTS: Duration = Duration::from_hours(12);
/// Browsers at once; for more, the one that logged in first is logged out.
const MAX_LOGINS: usize = 256;

/// What a browser keeps. Shown once.
pub struct LoginToken(String);

/// The browsers that are logged in.
#[derive(Default)]
pub struct Logins(Mutex<HashMap<KeyDigest, BrowserLogin>>);

struct BrowserLogin {
    /// The digest of the key that it showed.
    key: KeyDigest,
    ends: SystemTime,
}

impl LoginToken {
    /// How long it lasts.
    pub const LASTS: Duration = LASTS;

    /// The token itself, on its way to the browser.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl Logins {
    /// Logs a browser in that showed this key.
    pub fn begin(&self, key: &KnownKey, now: SystemTime, random: &Random) -> LoginToken {
        let token = random.text::<32>();
        let login = BrowserLogin { key: *key.digest(), ends: now + LASTS };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, login| login.ends > now);
        if all.len() >= MAX_LOGINS {
            let oldest = all.iter().min_by_key(|(_, login)| login.ends).map(|(digest, _)| *digest);
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        all.insert(digest_of(token.as_bytes()), login);
        LoginToken(token)
    }

    /// Whether a browser with this token is logged in with a key that is still an admin's. Found by its digest, about which the
    /// time of a search says nothing that helps to guess a token.
    #[must_use]
    pub fn has(&self, token: &str, keys: &KeySet, now: SystemTime) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let login = all.get(&digest_of(token.as_bytes())).filter(|login| login.ends > now);
        login.and_then(|login| keys.of_digest(&login.key)).is_some_and(|key| key.is_admin)
    }

    /// Logs a browser out.
    pub fn end(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest_of(token.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ClientKey, ClientKeys, KeyReach};

    fn set(token: &str, is_admin: bool) -> KeySet {
        let digest = digest_of(token.as_bytes());
        let key = ClientKey { name: "a".into(), digest, reach: KeyReach::All, is_admin, rate: None, is_own: true };
        KeySet::of(&ClientKeys { are_demanded: true, usable: vec![key], ..ClientKeys::default() }, None)
    }

    #[test]
    fn a_login_lasts_as_long_as_its_time_its_key_and_the_button() {
        let (keys, logins, random) = (set("secret", true), Logins::default(), Random::system());
        let (key, now) = (keys.identify(b"secret").expect("the key"), SystemTime::UNIX_EPOCH);
        let token = logins.begin(key, now, &random);
        let later = now + LASTS;

        assert!(logins.has(token.secret(), &keys, now));
        assert!(!logins.has(token.secret(), &keys, later));
        assert!(!logins.has(token.secret(), &set("another", true), now));
        assert!(!logins.has(token.secret(), &set("secret", false), now));
        assert!(!logins.has("guess", &keys, now));
        logins.end(token.secret());
        assert!(!logins.has(token.secret(), &keys, now));
    }
}
