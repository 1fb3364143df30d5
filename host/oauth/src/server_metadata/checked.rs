//! Metadata as the hub uses it: the issuer checked, the endpoints read.

use serde_json::{Map, Value};
use url::Url;

use crate::issuer::Issuer;
use crate::json;

/// Metadata whose issuer was checked against the one asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerMetadata {
    /// The issuer that was asked: what clients and grants are bound to, and what is asked again.
    pub issuer: Issuer,
    /// The issuer as the document spells it: what a callback's `iss` is compared with. Different where a profile knows
    /// another spelling.
    pub spelling: Issuer,
    /// Where a person logs in; none where only grants without a browser are offered (RFC 8414 §2).
    pub authorization_endpoint: Option<Url>,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Url,
    /// Where refresh tokens go, if elsewhere.
    pub refresh_endpoint: Option<Url>,
    /// Where clients register themselves (RFC 7591).
    pub registration_endpoint: Option<Url>,
    /// Where tokens are taken back (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// The whole document, a profile's patch applied.
    pub document: Map<String, Value>,
}

impl ServerMetadata {
    /// Endpoints that a person wrote down: nothing is looked up, nothing else is known. A client that acts without a person
    /// needs no authorization endpoint.
    #[must_use]
    pub fn explicit(issuer: Issuer, authorization_endpoint: impl Into<Option<Url>>, token_endpoint: Url) -> Self {
        Self {
            spelling: issuer.clone(),
            issuer,
            authorization_endpoint: authorization_endpoint.into(),
            token_endpoint,
            refresh_endpoint: None,
            registration_endpoint: None,
            revocation_endpoint: None,
            document: Map::new(),
        }
    }

    /// A list of strings of the document.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        json::texts(&self.document, name)
    }

    /// A switch of the document; absent is off.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        self.document.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// RFC 7636 with S256 is listed.
    #[must_use]
    pub fn lists_s256(&self) -> bool {
        self.list("code_challenge_methods_supported")
            .is_some_and(|methods| methods.iter().any(|method| method == "S256"))
    }
}
