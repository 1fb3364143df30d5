//! Proof Key for Code Exchange (RFC 7636), S256 always.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::PkceCodeChallenge;

use crate::profile::Pkce;
use crate::secret::PkceCodeVerifier;
use crate::server_metadata::ServerMetadata;

/// What a person wrote for `oauth.pkce`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Setting {
    /// Nothing: the metadata or the plugin must say that S256 is supported.
    #[default]
    Required,
    /// `assume`: S256 is sent although nobody says that it is supported.
    Assume,
    /// `omit`: no PKCE, where the plugin says that the provider refuses it.
    Omit,
}

/// Whether the parameters are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The challenge is the SHA-256 of the verifier (RFC 7636 §4.2).
    S256,
    /// No PKCE parameters are sent: a person said so.
    Omitted,
}

/// Why PKCE cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// MCP, Authorization Code Protection: refuse to proceed.
    #[error("{0} does not say that it supports PKCE with S256")]
    NotListed(String),
    /// The provider refuses it, and nobody said to go without.
    #[error("{0} is known to refuse PKCE")]
    Refused(String),
}

impl PkceError {
    /// What a person can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::NotListed(_) => {
                "If you know that it does, write \"pkce\": \"assume\" into the server's oauth settings."
            }
            Self::Refused(_) => "To go without, write \"pkce\": \"omit\" into the server's oauth settings.",
        }
    }
}

/// Decides between what the metadata, the profile and the person say. `explicit`: the person wrote the endpoints, so that
/// there is no metadata to say anything.
pub fn decide(metadata: &ServerMetadata, profile: Pkce, setting: Setting, explicit: bool) -> Result<Use, PkceError> {
    let server = || metadata.issuer.to_string();
    match (profile, setting) {
        (Pkce::Unsupported, Setting::Omit) => Ok(Use::Omitted),
        (Pkce::Unsupported, Setting::Required) => Err(PkceError::Refused(server())),
        (Pkce::Supported, _) | (_, Setting::Assume) => Ok(Use::S256),
        (Pkce::ByMetadata, Setting::Required | Setting::Omit) if explicit || metadata.lists_s256() => Ok(Use::S256),
        (Pkce::ByMetadata, Setting::Required | Setting::Omit) => Err(PkceError::NotListed(server())),
    }
}

/// A verifier of 256 random bits (RFC 7636 §7.1).
#[must_use]
pub fn verifier(random: [u8; 32]) -> PkceCodeVerifier {
    PkceCodeVerifier::new(URL_SAFE_NO_PAD.encode(random))
}

/// The challenge for a verifier (RFC 7636 §4.2).
#[must_use]
pub fn challenge(verifier: &PkceCodeVerifier) -> String {
    PkceCodeChallenge::from_code_verifier_sha256(verifier).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::Issuer;
    use serde_json::json;
    use url::Url;

    fn metadata(methods: &serde_json::Value) -> ServerMetadata {
        let url = Url::parse("https://as.example/x").expect("url");
        let mut metadata =
            ServerMetadata::explicit(Issuer::parse("https://as.example").expect("issuer"), url.clone(), url);
        metadata.document.insert("code_challenge_methods_supported".into(), methods.clone());
        metadata
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = PkceCodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());

        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_server_that_does_not_list_s256_is_refused_with_a_remedy() {
        let error =
            decide(&metadata(&json!(["plain"])), Pkce::ByMetadata, Setting::Required, false).expect_err("no S256");

        assert_eq!(error.to_string(), "https://as.example does not say that it supports PKCE with S256");
        assert!(error.remedy().contains("assume"));
    }

    #[test]
    fn a_plugin_or_a_person_may_know_better() {
        let silent = metadata(&json!(null));

        assert_eq!(decide(&silent, Pkce::Supported, Setting::Required, false), Ok(Use::S256));
        assert_eq!(decide(&silent, Pkce::ByMetadata, Setting::Assume, false), Ok(Use::S256));
    }

    #[test]
    fn pkce_is_left_out_only_when_plugin_and_person_agree() {
        let silent = metadata(&json!(null));

        assert_eq!(decide(&silent, Pkce::Unsupported, Setting::Omit, false), Ok(Use::Omitted));
        assert!(decide(&silent, Pkce::Unsupported, Setting::Required, false).is_err());
        assert!(decide(&silent, Pkce::ByMetadata, Setting::Omit, false).is_err());
    }
}
