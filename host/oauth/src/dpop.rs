//! Proof of possession (RFC 9449): a key per grant, and a proof for every request made with it.

use std::fmt;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::assertion::{id, seconds};
use crate::secret::AccessToken;
use crate::signing::{self, KeyError, SigningKey};

/// The header that carries a proof.
pub const HEADER: &str = "dpop";
/// The header that carries a nonce (RFC 9449 §8.1).
const NONCE: &str = "dpop-nonce";
/// The member of an issuer's metadata that lists the algorithms of proofs it takes (RFC 9449 §5.1).
pub const ALGORITHMS: &str = "dpop_signing_alg_values_supported";
/// Nonces longer than this are not taken.
const MAX_NONCE: usize = 1024;

/// The private key of one grant, PKCS #8. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct DpopKey(Vec<u8>);

impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopKey([redacted])")
    }
}

impl DpopKey {
    /// A fresh key, from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        signing::generate().map(Self)
    }

    /// As it is kept.
    #[must_use]
    pub fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// From what was kept.
    #[must_use]
    pub fn kept(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().map(Self)
    }
}

/// Makes proofs with one key.
#[derive(Debug, Clone)]
pub struct Prover {
    key: SigningKey,
    jwk: Value,
}

/// What a proof is about.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// The method of the request that the proof goes with.
    pub method: &'a Method,
    /// The address of the request; its query and fragment are left out of the proof.
    pub url: &'a Url,
    /// The token that goes with it; none at the token endpoint.
    pub access: Option<&'a AccessToken>,
    /// What the server gave last.
    pub nonce: Option<&'a str>,
    /// When the proof is made.
    pub now: SystemTime,
    /// Fills a slice with random bytes.
    pub random: &'a (dyn Fn(&mut [u8]) + Sync),
}

impl Prover {
    /// A prover that signs with this key.
    pub fn of(key: &DpopKey) -> Result<Self, KeyError> {
        signing::p256(&key.0).map(|(key, jwk)| Self { key, jwk })
    }

    /// The proof for one request (RFC 9449 §4.2).
    pub fn proof(&self, about: Proof<'_>) -> Result<String, KeyError> {
        let mut target = about.url.clone();
        target.set_query(None);
        target.set_fragment(None);
        let mut claims = Map::new();
        claims.insert("jti".into(), json!(id(about.random)));
        claims.insert("htm".into(), json!(about.method.as_str()));
        claims.insert("htu".into(), json!(target.as_str()));
        claims.insert("iat".into(), json!(seconds(about.now)));
        if let Some(access) = about.access {
            claims.insert("ath".into(), json!(URL_SAFE_NO_PAD.encode(Sha256::digest(access.secret()))));
        }
        if let Some(nonce) = about.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        self.key.sign("dpop+jwt", Some(&self.jwk), &Value::Object(claims))
    }
}

/// Whether tokens are to be bound to a key: what the person says, else what the server asks for where the issuer `listed` our
/// algorithm under [`ALGORITHMS`].
#[must_use]
pub fn is_wanted(setting: Option<bool>, asked_for: bool, listed: Option<&[String]>) -> bool {
    let can = listed.is_some_and(|all| all.iter().any(|name| name == "ES256"));
    setting.unwrap_or(asked_for && can)
}

/// The nonce that an answer gives, for the next proof to that server (RFC 9449 §8.2).
#[must_use]
pub fn nonce(headers: &HeaderMap) -> Option<&str> {
    let nonce = headers.get(NONCE)?.to_str().ok()?;
    (!nonce.is_empty() && nonce.len() <= MAX_NONCE).then_some(nonce)
}

/// Whether a token endpoint refused only for want of its nonce (RFC 9449 §8).
#[must_use]
pub fn wants_nonce(response: &http::Response<Vec<u8>>) -> bool {
    let refused = matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
    let error = crate::json::object(response).and_then(|body| crate::json::text(&body, "error"));
    refused && nonce(response.headers()).is_some() && error.as_deref() == Some("use_dpop_nonce")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    }

    #[test]
    fn a_proof_says_which_request_it_is_for_and_which_token_goes_with_it() {
        let url = Url::parse("https://mcp.example/mcp?x=1#y").expect("url");
        let access = AccessToken::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".into());
        let prover = Prover::of(&DpopKey::generate().expect("key")).expect("prover");

        let proof = prover.proof(Proof {
            method: &Method::POST,
            url: &url,
            access: Some(&access),
            nonce: Some("n1"),
            now: UNIX_EPOCH + Duration::from_secs(1000),
            random: &|bytes| bytes.fill(7),
        });

        let proof = proof.expect("proof");
        let mut parts = proof.split('.');
        let (header, claims) = (decoded(parts.next().expect("header")), decoded(parts.next().expect("claims")));
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert!(header["jwk"]["d"].is_null() && header["jwk"]["x"].is_string(), "{header}");
        // The example of RFC 9449 §7.1.
        let expected = json!({
            "jti": "BwcHBwcHBwcHBwcHBwcHBw", "htm": "POST", "htu": "https://mcp.example/mcp", "iat": 1000,
            "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "nonce": "n1",
        });
        assert_eq!(claims, expected);
    }

    #[test]
    fn a_kept_key_is_the_same_key() {
        let key = DpopKey::generate().expect("key");

        assert_eq!(DpopKey::kept(&key.secret()), Some(key.clone()));
        assert_eq!(format!("{key:?}"), "DpopKey([redacted])");
    }

    #[test]
    fn only_a_refusal_for_want_of_a_nonce_with_a_nonce_is_one() {
        let answer = |status: u16, error: &str, nonce: Option<&str>| {
            let mut response = http::Response::builder().status(status).header("content-type", "application/json");
            if let Some(nonce) = nonce {
                response = response.header("DPoP-Nonce", nonce);
            }
            response.body(format!("{{\"error\":\"{error}\"}}").into_bytes()).expect("response")
        };

        assert!(wants_nonce(&answer(400, "use_dpop_nonce", Some("n"))));
        assert!(!wants_nonce(&answer(400, "use_dpop_nonce", None)));
        assert!(!wants_nonce(&answer(400, "invalid_grant", Some("n"))));
        assert!(!wants_nonce(&answer(200, "use_dpop_nonce", Some("n"))));
    }
}
