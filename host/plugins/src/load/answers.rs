//! What a component answers when it is asked for its profile, in its own words. They can be kept: whoever reads them checks
//! them as if they had just been said.

use serde::{Deserialize, Serialize};

use crate::bindings::exports::mcphub::provider::{
    authorization, callback, errors, flow, identity, inputs, matching, metadata, refresh, registration, requests,
    resource_indicator, revocation, scopes, setup, token_request, token_response,
};

/// Everything that it answers. None: not exported, so what the RFCs say holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answers {
    pub(crate) identity: identity::Identity,
    pub(crate) rules: Vec<matching::Rule>,
    /// Whether it has `on-match`, which may set inputs of any key.
    pub(crate) has_on_match: bool,
    pub(crate) inputs: Option<Vec<inputs::Input>>,
    pub(crate) login: LoginAnswers,
    pub(crate) tokens: TokenAnswers,
    pub(crate) operations: Option<Vec<flow::Operation>>,
}

/// How the hub gets a client identity, and how a person is sent away and comes back.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginAnswers {
    pub(crate) metadata: Option<metadata::Metadata>,
    pub(crate) registration: Option<registration::Registration>,
    pub(crate) guides: Option<Vec<setup::Guide>>,
    pub(crate) authorization: Option<authorization::Authorization>,
    pub(crate) callback: Option<callback::Callback>,
    pub(crate) resource_indicator: Option<resource_indicator::ResourceIndicator>,
    pub(crate) scopes: Option<scopes::Scopes>,
}

/// How tokens are obtained, and what becomes of a grant.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenAnswers {
    pub(crate) token_request: Option<token_request::TokenRequest>,
    pub(crate) token_response: Option<token_response::TokenResponse>,
    pub(crate) refresh: Option<refresh::Refresh>,
    pub(crate) revocation: Option<revocation::Revocation>,
    pub(crate) requests: Option<requests::Requests>,
    pub(crate) errors: Option<Vec<errors::Row>>,
}
