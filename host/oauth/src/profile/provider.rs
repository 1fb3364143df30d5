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
    /// Fill-ins for metadata.
    pub metadata: Metadata,
    /// How a client identity is had.
    pub registration: Registration,
    /// The authorization request.
    pub authorization: Authorization,
    /// The way back.
    pub callback: Callback,
    /// RFC 8707.
    pub resource_indicator: ResourceIndicator,
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
    pub setup: Vec<Guide>,
    /// What errors mean.
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
