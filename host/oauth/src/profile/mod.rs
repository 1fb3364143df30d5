//! What a provider does differently, as checked data.
//!
//! A [`Profile`] is what the hub knows of one provider. Its default is the RFCs and the MCP specification; a plugin
//! states deviations, and the plugin host turns them into these types once, when the plugin is loaded. Field by field
//! the meaning is that of the contract in `wit/provider/`.

mod authorization;
mod errors;
mod identity;
mod input;
mod matching;
mod metadata;
mod provisioning;
mod registration;
mod requests;
mod scopes;
mod template;
mod token;

pub use authorization::{Authorization, Callback, Capture, Pkce, ResourceIndicator, ResourceMode};
pub use errors::{ConfigFault, ErrorClass, ErrorRow, Fault, Operation};
pub use identity::{HostPattern, Identity};
pub use input::{Input, Inputs};
pub use matching::{Comparison, Condition, MatchField, Matched, Rule, Specificity, Target};
pub use metadata::{Discovery, Endpoint, EndpointKind, EndpointMode, Metadata};
pub use provisioning::{Guide, GuideStep, Output, OutputKind, Switch};
pub use registration::{ApplicationType, IdentitySource, RedirectConstraint, Registration, SecretPolicy};
pub use requests::{Requests, TokenPlace};
pub use scopes::{Bucket, Offline, Risk, ScopeEntry, Scopes, ToolNeeds};
pub use template::{Assertion, Atom, Digest, DigestEncoding, Hash, Param, Piece, Slot, Template, TimeFormat};
pub use token::{
    BasicEncoding, ClientAuthentication, Credential, CustomAuthentication, DisguisedError, Expiry, ExpiryKind, Method,
    Placement, Plan, PlanBody, RedirectUriPlace, Refresh, RequestShape, Revocation, Rotation, TokenRequest,
    TokenResponse, TokenRule, WhichToken,
};

/// A name and a value.
pub type Pair = (String, String);

/// Everything one provider does differently. See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Who the plugin is.
    pub identity: Identity,
    /// Which servers it serves.
    pub rules: Vec<Rule>,
    /// What a person must give.
    pub inputs: Vec<Input>,
    /// Fill-ins for metadata.
    pub metadata: Metadata,
    /// How a client identity is had.
    pub registration: Registration,
    /// The authorization request.
    pub authorization: Authorization,
    /// The way back.
    pub callback: Callback,
    /// RFC 8707.
    pub resource: ResourceIndicator,
    /// Scopes.
    pub scopes: Scopes,
    /// The code exchange.
    pub token_request: TokenRequest,
    /// Answers of the token endpoint.
    pub token_response: TokenResponse,
    /// Refreshing.
    pub refresh: Refresh,
    /// Taking a grant back.
    pub revocation: Revocation,
    /// Requests to the MCP server.
    pub requests: Requests,
    /// Guides for setting up a client by hand.
    pub guides: Vec<Guide>,
    /// What errors mean.
    pub errors: Vec<ErrorRow>,
}

impl Profile {
    /// A profile that says only who it is: everything else is as the RFCs have it.
    #[must_use]
    pub fn new(identity: Identity, rules: Vec<Rule>) -> Self {
        Self {
            identity,
            rules,
            inputs: Vec::new(),
            metadata: Metadata::default(),
            registration: Registration::default(),
            authorization: Authorization::default(),
            callback: Callback::default(),
            resource: ResourceIndicator::default(),
            scopes: Scopes::default(),
            token_request: TokenRequest::default(),
            token_response: TokenResponse::default(),
            refresh: Refresh::default(),
            revocation: Revocation::default(),
            requests: Requests::default(),
            guides: Vec::new(),
            errors: Vec::new(),
        }
    }
}
