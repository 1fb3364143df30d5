//! The client's identity at one issuer, and what it is bound to.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::auth_method::AuthMethod;
use crate::hook::ClientKind;
use crate::profile::BasicEncoding;
use crate::secret::ClientSecret;

/// Whether an address is on the machine that asks (RFC 8252 §7.3), by name or number.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// A client identity at one issuer. Never used at another one.
#[derive(Debug, Clone)]
pub struct Client {
    /// The issuer that knows this client.
    pub issuer: String,
    /// `client_id`; none: an assertion speaks for itself (RFC 7523 §3.1).
    pub id: Option<String>,
    /// The secret, of confidential clients.
    pub secret: Option<ClientSecret>,
    /// When the secret ends (RFC 7591 §3.2.1 `client_secret_expires_at`); none: never.
    pub secret_expires_at: Option<SystemTime>,
    /// How it authenticates at the token endpoint.
    pub method: AuthMethod,
    /// Where the identity is from.
    pub kind: ClientKind,
    /// The redirect URI it was registered with.
    pub redirect_uri: String,
    /// The registration answer as JSON, without `client_secret` and `registration_access_token`.
    pub registration: Option<String>,
    /// Opens the client's own record at its issuer (RFC 7592 §3).
    pub registration_access_token: Option<ClientSecret>,
}

impl Client {
    /// Its id as people read it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.as_deref().unwrap_or("without an id")
    }

    /// Id and secret as HTTP Basic joins them, in base64 without the word `Basic`; none for a client without a secret.
    #[must_use]
    pub fn basic_credentials(&self, encoding: BasicEncoding) -> Option<String> {
        let (id, secret) = (self.id.as_ref()?, self.secret.as_ref()?.secret());
        // RFC 6749 §2.3.1 and Appendix B.
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let joined = match encoding {
            BasicEncoding::UrlEncoded => format!("{}:{}", encoded(id), encoded(secret)),
            BasicEncoding::Raw => format!("{id}:{secret}"),
        };
        Some(STANDARD.encode(joined))
    }
}
