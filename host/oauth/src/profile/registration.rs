//! How a client identity is had.

/// A source of identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentitySource {
    /// Client ID Metadata Document.
    MetadataDocument,
    /// RFC 7591.
    Dynamic,
    /// A person sets a client up by hand, with a guide.
    Setup,
}

/// What becomes of a returned secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecretPolicy {
    /// Used.
    #[default]
    AsReturned,
    /// Dropped.
    Ignore,
    /// Demanded.
    Require,
}

/// `application_type` of the registration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApplicationType {
    /// `native` for loopback redirects, else `web`.
    #[default]
    ByRedirect,
    /// `web`.
    Web,
    /// `native`.
    Native,
}

/// Where a person may be sent back to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RedirectConstraint {
    /// Loopback or https.
    #[default]
    Any,
    /// https.
    Https,
    /// Loopback, port as registered.
    Loopback,
    /// Loopback, any port.
    LoopbackAnyPort,
    /// One of these.
    Exact(Vec<String>),
}

/// Rules for registration.
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
    /// `application_type`.
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
