//! The whole profile of a provider: one field for each interface of the contract.

use super::{
    Authorization, Callback, ErrorRow, Guide, Identity, Input, Metadata, Refresh, Registration, Requests,
    ResourceIndicator, Revocation, Rule, Scopes, TokenRequest, TokenResponse,
};

/// Everything one provider does differently. See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Who the plugin is.
    pub identity: Identity,
    /// Which servers it serves.
    pub matching: Vec<Rule>,
    /// What a person must give.
    pub inputs: Vec<Input>,
    /// What is filled into metadata (RFC 9728, RFC 8414).
    pub metadata: Metadata,
    /// How the hub gets a client identity.
    pub registration: Registration,
    /// How the authorization request deviates (RFC 6749 §4.1.1).
    pub authorization: Authorization,
    /// How the callback names its parameters (RFC 6749 §4.1.2).
    pub callback: Callback,
    /// What goes into `resource`, step by step (RFC 8707).
    pub resource_indicator: ResourceIndicator,
    /// Spelling, meaning and needs of scopes (RFC 6749 §3.3).
    pub scopes: Scopes,
    /// How the code exchange deviates (RFC 6749 §4.1.3).
    pub token_request: TokenRequest,
    /// Answers of the token endpoint.
    pub token_response: TokenResponse,
    /// How refreshing deviates, and how long a grant lasts (RFC 6749 §6).
    pub refresh: Refresh,
    /// Taking a grant back.
    pub revocation: Revocation,
    /// Requests to the MCP server.
    pub requests: Requests,
    /// Guides for setting up a client by hand.
    pub setup: Vec<Guide>,
    /// What errors mean; the first row that holds decides.
    pub errors: Vec<ErrorRow>,
}

impl Profile {
    /// A profile that says only who it is: everything else is as the RFCs have it.
    #[must_use]
    pub fn new(identity: Identity, matching: Vec<Rule>) -> Self {
        Self {
            identity,
            matching,
            inputs: Vec::new(),
            metadata: Metadata::default(),
            registration: Registration::default(),
            authorization: Authorization::default(),
            callback: Callback::default(),
            resource_indicator: ResourceIndicator::default(),
            scopes: Scopes::default(),
            token_request: TokenRequest::default(),
            token_response: TokenResponse::default(),
            refresh: Refresh::default(),
            revocation: Revocation::default(),
            requests: Requests::default(),
            setup: Vec::new(),
            errors: Vec::new(),
        }
    }
}
