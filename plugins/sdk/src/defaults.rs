//! What is meant where an author says nothing: the RFCs and the MCP specification.

use crate::{
    ApplicationType, Authorization, Callback, Credential, Discovery, Expiry, ExpiryKind, IdentitySource, Input,
    Metadata, Method, Offline, Pkce, Placement, Plan, PlanBody, RedirectConstraint, RedirectUriPlace, Refresh,
    Registration, RequestShape, Requests, ResourceIndicator, ResourceMode, Revocation, Rfc7009, Rotation, Scopes,
    SecretPolicy, TokenPlace, TokenRequest, TokenResponse, TokenRule, WhichToken,
};

#[expect(clippy::derivable_impls, reason = "the record is generated")]
impl Default for Input {
    fn default() -> Self {
        Self {
            key: String::new(),
            title: String::new(),
            help: String::new(),
            pattern: String::new(),
            choices: Vec::new(),
            default: None,
            required: false,
            secret: false,
            visible_when: Vec::new(),
        }
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            discovery: Discovery::Standard,
            issuer: None,
            issuer_aliases: Vec::new(),
            endpoints: Vec::new(),
            patch: None,
        }
    }
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

impl Default for Authorization {
    fn default() -> Self {
        Self {
            pkce: Pkce::ByMetadata,
            extra: Vec::new(),
            renames: Vec::new(),
            drop_empty: false,
            response_mode: None,
            nonce: false,
            in_fragment: false,
        }
    }
}

impl Default for Callback {
    fn default() -> Self {
        Self { code: "code".into(), state: "state".into(), captures: Vec::new() }
    }
}

impl Default for ResourceIndicator {
    fn default() -> Self {
        Self { authorize: ResourceMode::Send, token: ResourceMode::Send, refresh: ResourceMode::Send }
    }
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            separator: " ".into(),
            answer_separators: " ".into(),
            unencoded: false,
            always: Vec::new(),
            fixed: Vec::new(),
            offline: Offline::ByMetadata,
            buckets: Vec::new(),
            catalogue: Vec::new(),
            tools: Vec::new(),
            silence_means_requested: true,
        }
    }
}

impl Default for RequestShape {
    fn default() -> Self {
        Self {
            method: Method::Post,
            placement: Placement::Form,
            renames: Vec::new(),
            omit: Vec::new(),
            extra: Vec::new(),
            headers: Vec::new(),
            authentication: None,
        }
    }
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self { shape: RequestShape::default(), echo_state: false, redirect_uri: RedirectUriPlace::WithTheRest }
    }
}

impl Default for Expiry {
    fn default() -> Self {
        Self { kind: ExpiryKind::Seconds, at: Some("/expires_in".into()), default_seconds: None }
    }
}

impl Default for TokenRule {
    fn default() -> Self {
        Self {
            slot: "main".into(),
            access_token: "/access_token".into(),
            refresh_token: Some("/refresh_token".into()),
            id_token: Some("/id_token".into()),
            expiry: Expiry::default(),
            scope: Some("/scope".into()),
        }
    }
}

impl Default for TokenResponse {
    fn default() -> Self {
        Self { accept: Vec::new(), error: None, tokens: vec![TokenRule::default()], captures: Vec::new() }
    }
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            presents: Credential::RefreshToken,
            shape: RequestShape::default(),
            repeat_scope: false,
            rotation: Rotation::Unknown,
            margin_seconds: None,
            min_age_seconds: None,
            idle_lifetime_seconds: None,
            absolute_lifetime_seconds: None,
            on_demand_only: false,
        }
    }
}

impl Default for Revocation {
    fn default() -> Self {
        Self::Rfc7009(Rfc7009 { tokens: WhichToken::Both, authentication: None })
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self { token: TokenPlace::Authorization("Bearer".into()), headers: Vec::new(), query: Vec::new() }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            method: Method::Get,
            url: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: PlanBody::None,
            tokens: Vec::new(),
            captures: Vec::new(),
            accept: Vec::new(),
        }
    }
}
