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
    /// `clientId`: a client that was set up by hand.
    pub client_id: Option<String>,
    /// `clientSecret`: the secret of that client.
    pub client_secret: Option<ClientSecret>,
    /// `redirectUri`: replaces the hub's own callback.
    pub redirect_uri: Option<Url>,
    /// `scopes`: replaces what the metadata of the server says.
    pub scopes: Option<Vec<String>>,
    /// `accessToken`: a grant that the person brought along.
    pub access_token: Option<AccessToken>,
    /// `refreshToken`: a refresh token that the person already has.
    pub refresh_token: Option<RefreshToken>,
    /// `issuer`, as written: the only authorization server that may see what this entry configures.
    pub issuer: Option<String>,
    /// `resource`: the resource indicator.
    pub resource: ResourceSetting,
    /// `authorizationEndpoint`: used in place of metadata.
    pub authorization_endpoint: Option<Url>,
    /// `tokenEndpoint`: used in place of metadata.
    pub token_endpoint: Option<Url>,
    /// `revocationEndpoint`: where a logout revokes tokens.
    pub revocation_endpoint: Option<Url>,
    /// `provider`: the id of a plugin.
    pub provider: Option<String>,
    /// `inputs`: what the plugin asks for. Values may be secret.
    pub inputs: Vec<Pair>,
    /// `pkce`: how strictly PKCE is required.
    pub pkce: PkceSetting,
    /// `tokenEndpointAuthMethod`: how the client authenticates.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// `dynamicRegistration`: how a client is registered.
    pub dynamic_registration: Option<DynamicRegistration>,
    /// `accounts`: names of more logins on this server.
    pub accounts: Vec<String>,
    /// `grantType`, `assertion` and `enterprise`.
    pub grant: GrantKind,
    /// `privateKey`: PEM or JWK.
    pub private_key: Option<Material>,
    /// `signingAlgorithm`: the algorithm of the private key.
    pub signing_algorithm: Option<Algorithm>,
    /// `dpop`: whether tokens are bound to a key; unsaid: where the server asks for it.
    pub dpop: Option<bool>,
    /// Variables that placeholders of this part name and that are not set.
    pub unset: Vec<String>,
}

/// Which resource indicator is sent (RFC 8707).
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

/// `pkce`: how strictly PKCE is required.
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

/// `dynamicRegistration`: how a client is registered.
#[derive(Debug, Clone)]
pub struct DynamicRegistration {
    /// `enabled`; true unless written otherwise.
    pub enabled: bool,
    /// `issuer`: where discovery begins.
    pub issuer: Option<String>,
    /// `registrationEndpoint`: used in place of metadata.
    pub registration_endpoint: Option<Url>,
    /// `initialAccessToken`: opens the registration (RFC 7591 §3).
    pub initial_access_token: Option<ClientSecret>,
    /// `metadata`: further client metadata for the registration.
    pub metadata: Map<String, Value>,
}

/// How a grant is obtained.
#[derive(Debug, Clone, Default)]
pub enum GrantKind {
    /// A person signs in.
    #[default]
    AuthorizationCode,
    /// `client_credentials`: by the client's own credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// `jwt-bearer`: with an assertion that another party signed (RFC 7523 §2.1).
    JwtBearer(Material),
    /// `enterprise`: by an assertion that an identity provider gives for an ID token.
    Enterprise(Box<Enterprise>),
}

impl GrantKind {
    /// Whether no person is needed.
    #[must_use]
    pub const fn is_unattended(&self) -> bool {
        match self {
            Self::AuthorizationCode => false,
            Self::ClientCredentials | Self::JwtBearer(_) | Self::Enterprise(_) => true,
        }
    }
}

/// `enterprise`: the identity provider of an organisation.
#[derive(Debug, Clone)]
pub struct Enterprise {
    /// `issuer`: the identity provider.
    pub issuer: String,
    /// `tokenEndpoint`; otherwise the issuer's metadata says.
    pub token_endpoint: Option<Url>,
    /// `clientId`: the hub's identity there.
    pub client_id: String,
    /// `clientSecret`: the secret of that client.
    pub client_secret: Option<ClientSecret>,
    /// `idToken`: the identity assertion, or its file.
    pub id_token: Material,
}
