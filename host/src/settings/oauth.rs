//! `oauth` of a server.

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::profile::Pair;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::signing::Algorithm;
use serde_json::{Map, Value};
use url::Url;

use super::key_material::Material;

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
    /// `issuer`, as written: the only authorization server that may see what this entry configures.
    pub issuer: Option<String>,
    /// `resource`.
    pub resource: ResourceSetting,
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
    /// `accounts`: names of more logins on this server.
    pub accounts: Vec<String>,
    /// `grantType`, `assertion` and `enterprise`.
    pub grant: GrantKind,
    /// `privateKey`: PEM or JWK.
    pub private_key: Option<Material>,
    /// `signingAlgorithm`.
    pub signing_algorithm: Option<Algorithm>,
    /// `dpop`: whether tokens are bound to a key; unsaid: where the server asks for it.
    pub dpop: Option<bool>,
    /// Variables that placeholders of this part name and that are not set.
    pub unset: Vec<String>,
}

/// `resource` (RFC 8707).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResourceSetting {
    /// What the server's metadata says.
    #[default]
    Unsaid,
    /// This one, as written.
    Indicator(String),
    /// `false`: none is sent.
    Omit,
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

/// How a grant is had.
#[derive(Debug, Clone, Default)]
pub enum GrantKind {
    /// A person signs in.
    #[default]
    AuthorizationCode,
    /// `client_credentials`: by the client's own credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// `jwt-bearer`: by an assertion that somebody else signs (RFC 7523 §2.1).
    JwtBearer(Material),
    /// `enterprise`: by an assertion that an identity provider gives for an ID token.
    Enterprise(Box<Enterprise>),
}

impl GrantKind {
    /// Whether no person is needed.
    #[must_use]
    pub const fn is_of_machine(&self) -> bool {
        match self {
            Self::AuthorizationCode => false,
            Self::ClientCredentials | Self::JwtBearer(_) | Self::Enterprise(_) => true,
        }
    }
}

/// `enterprise`: the identity provider of an organisation.
#[derive(Debug, Clone)]
pub struct Enterprise {
    /// `issuer`.
    pub issuer: String,
    /// `tokenEndpoint`; otherwise the issuer's metadata says.
    pub token_endpoint: Option<Url>,
    /// `clientId`: the hub's identity there.
    pub client_id: String,
    /// `clientSecret`.
    pub client_secret: Option<ClientSecret>,
    /// `idToken`.
    pub id_token: Material,
}
