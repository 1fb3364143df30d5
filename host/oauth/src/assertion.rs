//! Signed assertions of the client's own: who it is (RFC 7523 §2.2), or what a plugin's template claims.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::signing::{KeyError, SigningKey};

/// `client_assertion_type` (RFC 7523 §2.2).
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good.
const LIFETIME: Duration = Duration::from_mins(5);

/// When an assertion is made, and what makes it unlike every other.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) now: SystemTime,
    /// Fills a slice with random bytes, for `jti`.
    pub(crate) random: &'a (dyn Fn(&mut [u8]) + Sync),
}

/// A signed JWT with these claims, and `iat`, `exp` and `jti` (RFC 7523 §3).
pub(crate) fn sign(key: &SigningKey, claims: Map<String, Value>, made: Made<'_>) -> Result<String, KeyError> {
    let mut claims = claims;
    claims.insert("iat".into(), json!(seconds(made.now)));
    claims.insert("exp".into(), json!(seconds(made.now + LIFETIME)));
    claims.insert("jti".into(), json!(id(made.random)));
    key.sign("JWT", None, &Value::Object(claims))
}

/// The assertion by which a client authenticates at its issuer (RFC 7523 §3: `iss` and `sub` are the client).
pub(crate) fn of_client(key: &SigningKey, client: &str, issuer: &str, made: Made<'_>) -> Result<String, KeyError> {
    let claims = [("iss", client), ("sub", client), ("aud", issuer)];
    sign(key, claims.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect(), made)
}

pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// 128 random bits as base64url: a `jti` that no other assertion has.
pub(crate) fn id(random: &(dyn Fn(&mut [u8]) + Sync)) -> String {
    let mut bytes = [0; 16];
    random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
