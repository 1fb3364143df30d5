//! `oauth` of a server.

use mcphub_oauth::client::AuthMethod;
use mcphub_oauth::profile::Pair;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use serde_json::{Map, Value};
use url::Url;

/// What the person wrote for a server's login.
#[derive(Debug, Clone, Default)]
pub struct OAuth {
    /// `clientId`.
    pub client_id: Option<String>,
    /// `clientSecret`.
    pub client_secret: Option<ClientSecret>,
    /// `redirectUri`.
    pub redirect_uri: Option<Url>,
    /// `scopes`.
    pub scopes: Option<Vec<String>>,
    /// `accessToken`: a grant that the person brought along.
    pub access_token: Option<AccessToken>,
    /// `refreshToken`.
    pub refresh_token: Option<RefreshToken>,
    /// `resource`, as written.
    pub resource: Option<String>,
    /// `authorizationEndpoint`.
    pub authorization_endpoint: Option<Url>,
    /// `tokenEndpoint`.
    pub token_endpoint: Option<Url>,
    /// `revocationEndpoint`.
    pub revocation_endpoint: Option<Url>,
    /// `provider`: the id of a plugin.
    pub provider: Option<String>,
    /// `inputs`: what the plugin asks for. Values may be secret.
    pub inputs: Vec<Pair>,
    /// `pkce`.
    pub pkce: PkceSetting,
    /// `tokenEndpointAuthMethod`.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// `dynamicRegistration`.
    pub dynamic_registration: Option<DynamicRegistration>,
    /// Variables that placeholders of this part name and that are not set.
    pub unset: Vec<String>,
}

/// `pkce`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PkceSetting {
    /// S256, where it is known to be supported.
    #[default]
    Required,
    /// `assume`: S256, though nobody says that it is supported.
    Assume,
    /// `omit`: none, where the plugin says that the provider refuses it.
    Omit,
}

/// `dynamicRegistration`.
#[derive(Debug, Clone)]
pub struct DynamicRegistration {
    /// `enabled`; true unless written otherwise.
    pub enabled: bool,
    /// `issuer`: where discovery begins.
    pub issuer: Option<String>,
    /// `registrationEndpoint`.
    pub registration_endpoint: Option<Url>,
    /// `initialAccessToken`.
    pub initial_access_token: Option<ClientSecret>,
    /// `metadata`.
    pub metadata: Map<String, Value>,
}
