//! The client's identity at one issuer, and what it is bound to.

use std::time::SystemTime;

use url::Url;

use crate::hook::ClientKind;
use crate::secret::ClientSecret;

/// Whether an address is on the machine that asks (RFC 8252 §7.3), by name or number.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// `token_endpoint_auth_method` (RFC 7591 §2, `OpenID` Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A public client.
    None,
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `private_key_jwt`.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Basic, Self::Post, Self::PrivateKeyJwt].into_iter().find(|method| method.name() == name)
    }
}

/// A client identity at one issuer. Never used at another one.
#[derive(Debug, Clone)]
pub struct Client {
    /// The issuer that knows this client.
    pub issuer: String,
    /// `client_id`.
    pub id: String,
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
