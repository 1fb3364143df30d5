//! Keys that sign: for `private_key_jwt` (RFC 7523 §2.2) and `DPoP` proofs (RFC 9449 §4).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::{Map, Value, json};

use crate::der;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519 (RFC 8037 §3.1).
    EdDsa,
}

impl Algorithm {
    /// The name in the `alg` header of a JWT.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|algorithm| algorithm.name() == name)
    }

    const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// A private key with what it is used for. `Debug` shows neither.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    /// `kid` of a JWK.
    id: Option<String>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Why a key cannot be used. Never shows any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither PEM nor JWK.
    #[error("the private key is neither PEM (PKCS #8, PKCS #1 or SEC 1) nor a private JWK")]
    Unreadable,
    /// Of another kind than the algorithm needs.
    #[error("the private key cannot sign with {}", .0.name())]
    OtherAlgorithm(Algorithm),
    /// The signature was not made.
    #[error("the private key does not sign with {}", .0.name())]
    Signing(Algorithm),
}

impl SigningKey {
    /// From PEM or a JWK (RFC 7517); the algorithm is the one that the key is for, which must be `wanted` if that is said.
    pub fn read(text: &str, wanted: Option<Algorithm>) -> Result<Self, KeyError> {
        let key = if text.trim_start().starts_with('{') { of_jwk(text)? } else { of_pem(text)? };
        match wanted {
            Some(wanted) if wanted != key.algorithm => Err(KeyError::OtherAlgorithm(wanted)),
            Some(_) | None => Ok(key),
        }
    }

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// A signed JWT (RFC 7519) with these claims; `header` is added to `alg`, `typ` and `kid`.
    pub fn sign(&self, typ: &str, jwk: Option<&Value>, claims: &Value) -> Result<String, KeyError> {
        let mut header =
            Map::from_iter([("alg".to_owned(), json!(self.algorithm.name())), ("typ".to_owned(), json!(typ))]);
        if let Some(id) = &self.id {
            header.insert("kid".into(), json!(id));
        }
        if let Some(jwk) = jwk {
            header.insert("jwk".into(), jwk.clone());
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&Value::Object(header)), part(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm.of_library());
        Ok(format!("{message}.{}", signature.map_err(|_| KeyError::Signing(self.algorithm))?))
    }
}

fn of_pem(text: &str) -> Result<SigningKey, KeyError> {
    let text = text.trim().as_bytes();
    let rsa = || EncodingKey::from_rsa_pem(text).ok().map(|key| (key, Algorithm::Rs256));
    let ec = || EncodingKey::from_ec_pem(text).ok().map(|key| (key, Algorithm::Es256));
    let ed = || EncodingKey::from_ed_pem(text).ok().map(|key| (key, Algorithm::EdDsa));
    let (key, algorithm) = rsa().or_else(ec).or_else(ed).ok_or(KeyError::Unreadable)?;
    usable(SigningKey { key, algorithm, id: None })
}

fn of_jwk(text: &str) -> Result<SigningKey, KeyError> {
    let jwk: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyError::Unreadable)?;
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| {
        let decoded = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
        decoded.ok_or(KeyError::Unreadable)
    };
    let (key, algorithm) = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => {
            let parts = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(bytes);
            let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
            (EncodingKey::from_rsa_der(&der::rsa_private_key(&parts)), Algorithm::Rs256)
        }
        (Some("EC"), Some("P-256")) => {
            let key = der::p256_private_key(&bytes("d")?, &bytes("x")?, &bytes("y")?);
            (EncodingKey::from_ec_der(&key), Algorithm::Es256)
        }
        (Some("OKP"), Some("Ed25519")) => {
            (EncodingKey::from_ed_der(&der::ed25519_private_key(&bytes("d")?)), Algorithm::EdDsa)
        }
        _ => return Err(KeyError::Unreadable),
    };
    usable(SigningKey { key, algorithm, id: text("kid").map(str::to_owned) })
}

/// A key that parses may still be of another curve: it is tried once.
fn usable(key: SigningKey) -> Result<SigningKey, KeyError> {
    key.sign("JWT", None, &json!({})).map_err(|_| KeyError::Unreadable)?;
    Ok(key)
}

/// A fresh P-256 key in PKCS #8, from the system's randomness.
pub fn generate() -> Result<Vec<u8>, KeyError> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    key.map(|key| key.as_ref().to_vec()).map_err(|_| KeyError::Signing(Algorithm::Es256))
}

/// A P-256 key in PKCS #8 and its public JWK (RFC 7518 §6.2.1).
pub(crate) fn p256(pkcs8: &[u8]) -> Result<(SigningKey, Value), KeyError> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| KeyError::Unreadable)?;
    // SEC 1 §2.3.3: an uncompressed point is 4, x, y.
    let point = pair.public_key().as_ref();
    let (x, y) = point.get(1..).and_then(|point| point.split_at_checked(32)).ok_or(KeyError::Unreadable)?;
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    Ok((SigningKey { key: EncodingKey::from_ec_der(pkcs8), algorithm: Algorithm::Es256, id: None }, jwk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    /// Made with OpenSSL for these tests.
    const RSA: &str = include_str!("../testdata/rsa.pem");
    const RSA_PUBLIC: &str = include_str!("../testdata/rsa.pub.pem");
    const EC: &str = include_str!("../testdata/ec.pem");
    const EC_PUBLIC: &str = include_str!("../testdata/ec.pub.pem");
    const ED: &str = include_str!("../testdata/ed.pem");
    const ED_PUBLIC: &str = include_str!("../testdata/ed.pub.pem");

    fn verified(jwt: &str, key: &DecodingKey, algorithm: Algorithm) -> Value {
        let mut rules = Validation::new(algorithm.of_library());
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        decode::<Value>(jwt, key, &rules).expect("verifies").claims
    }

    #[test]
    fn every_kind_of_pem_signs_what_its_public_key_verifies() {
        for (pem, public, algorithm) in [
            (RSA, DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::Rs256),
            (EC, DecodingKey::from_ec_pem(EC_PUBLIC.as_bytes()), Algorithm::Es256),
            (ED, DecodingKey::from_ed_pem(ED_PUBLIC.as_bytes()), Algorithm::EdDsa),
        ] {
            let key = SigningKey::read(pem, None).expect("key");
            let jwt = key.sign("JWT", None, &json!({"sub": "me"})).expect("signed");

            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(verified(&jwt, &public.expect("public"), algorithm), json!({"sub": "me"}));
        }
    }

    #[test]
    fn a_private_jwk_signs_what_its_public_half_verifies() {
        for file in [
            include_str!("../testdata/rsa.jwk"),
            include_str!("../testdata/ec.jwk"),
            include_str!("../testdata/ed.jwk"),
        ] {
            let key = SigningKey::read(file, None).expect("key");
            let jwt = key.sign("JWT", None, &json!({"sub": "me"})).expect("signed");

            let public = DecodingKey::from_jwk(&serde_json::from_str(file).expect("JWK")).expect("public");
            assert_eq!(verified(&jwt, &public, key.algorithm()), json!({"sub": "me"}));
        }
    }

    #[test]
    fn what_is_no_private_key_is_refused_and_not_shown() {
        for text in [
            "",
            "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----",
            RSA_PUBLIC,
            "{}",
            r#"{"kty":"oct","k":"secret"}"#,
        ] {
            let error = SigningKey::read(text, None).expect_err("no key");
            assert_eq!(error, KeyError::Unreadable, "{text}");
        }
    }

    #[test]
    fn a_key_of_another_kind_than_wanted_is_refused() {
        let error = SigningKey::read(EC, Some(Algorithm::Rs256)).expect_err("an EC key");

        assert_eq!(error.to_string(), "the private key cannot sign with RS256");
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SigningKey::read(EC, None).expect("key");

        assert_eq!(format!("{key:?}"), "SigningKey { algorithm: Es256, .. }");
    }
}
