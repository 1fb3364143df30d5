//! How the hub gets a client identity.

/// A source of identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentitySource {
    /// Client ID Metadata Document.
    MetadataDocument,
    /// The hub registers itself (RFC 7591).
    Dynamic,
    /// A person sets a client up by hand, with a guide.
    Setup,
}

/// What becomes of a returned secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecretPolicy {
    /// What the server returned is used.
    #[default]
    AsReturned,
    /// A returned secret is dropped; the client is public.
    Ignore,
    /// An answer without a secret is refused.
    Require,
}

/// `application_type` of the registration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApplicationType {
    /// `native` for loopback redirects, else `web`.
    #[default]
    ByRedirect,
    /// Always `web`, wherever the person is sent back to.
    Web,
    /// Always `native`, wherever the person is sent back to.
    Native,
}

/// Where a person may be sent back to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RedirectConstraint {
    /// http on loopback, or https anywhere.
    #[default]
    Any,
    /// Only https addresses are admitted.
    Https,
    /// Loopback, port as registered.
    Loopback,
    /// Only loopback is admitted, with any port (RFC 8252 §7.3).
    LoopbackAnyPort,
    /// Only one of these is admitted, character by character.
    Exact(Vec<String>),
}

/// How the hub gets a client identity (RFC 7591).
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Order of identity sources after a configured client.
    pub preference: Vec<IdentitySource>,
    /// JSON Merge Patch on the request body; without `redirect_uris` and `client_name`.
    pub body_patch: Option<serde_json::Map<String, serde_json::Value>>,
    /// Redirect URIs the provider admits.
    pub redirect: RedirectConstraint,
    /// What becomes of a secret.
    pub secret: SecretPolicy,
    /// The `application_type` to register (`OpenID` Connect Registration §2).
    pub application_type: ApplicationType,
    /// Whether scopes are registered.
    pub scope_in_body: bool,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            preference: vec![IdentitySource::MetadataDocument, IdentitySource::Dynamic, IdentitySource::Setup],
            body_patch: None,
            redirect: RedirectConstraint::Any,
            secret: SecretPolicy::AsReturned,
            application_type: ApplicationType::ByRedirect,
            scope_in_body: false,
        }
    }
}
