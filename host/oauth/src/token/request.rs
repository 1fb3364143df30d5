//! Requests to the token endpoint: the code exchange (RFC 6749 §4.1.3) and the refresh (§6).

use http::Request;

use crate::build_error::BuildError;
use crate::callback::AcceptedCallback;
use crate::client::Client;
use crate::encoding::Parts;
use crate::endpoint_request;
use crate::profile::{Credential, Profile, RedirectUriPlace};
use crate::resource::{self, ResourceStep};
use crate::server_metadata::ServerMetadata;
use crate::template::{FillError, Slots};

/// The exchange of a code. `slots` carries code, verifier, state, redirect URI and the frozen resource.
pub fn request(
    accepted: &AcceptedCallback,
    metadata: &ServerMetadata,
    profile: &Profile,
    slots: &Slots<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    let pending = &accepted.pending;
    let rules = &profile.token_request;
    let mut parts = Parts::default();
    parts.params.push(("grant_type".into(), "authorization_code".into()));
    parts.params.push(("code".into(), accepted.code.secret().clone()));
    let redirect_uri = ("redirect_uri".to_owned(), pending.client.redirect_uri.clone());
    match rules.redirect_uri {
        RedirectUriPlace::WithTheRest => parts.params.push(redirect_uri),
        RedirectUriPlace::Query => parts.query.push(redirect_uri),
    }
    if let Some(verifier) = &pending.verifier {
        parts.params.push(("code_verifier".into(), verifier.secret().clone()));
    }
    if rules.echo_state {
        parts.params.push(("state".into(), pending.state.secret().clone()));
    }
    parts.params.extend(resource::param(&profile.resource_indicator, ResourceStep::Token, slots)?);
    endpoint_request::request(&metadata.token_endpoint, parts, &rules.shape, &pending.client, slots)
}

/// A refresh (RFC 6749 §6). `slots` carries the held tokens and the frozen resource.
pub fn refresh_request(
    slot: &str,
    client: &Client,
    metadata: &ServerMetadata,
    profile: &Profile,
    slots: &Slots<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    let rules = &profile.refresh;
    let mut parts = Parts::default();
    if rules.presents == Credential::RefreshToken {
        parts.params.push(("grant_type".into(), "refresh_token".into()));
        let refresh = slots.tokens.and_then(|tokens| tokens.get(slot)).and_then(|token| token.refresh.as_ref());
        let refresh = refresh.ok_or(FillError::Absent("refresh token"))?;
        parts.params.push(("refresh_token".into(), refresh.secret().clone()));
    }
    if rules.repeat_scope {
        parts.params.extend(slots.scope.map(|scope| ("scope".to_owned(), scope.to_owned())));
    }
    parts.params.extend(resource::param(&profile.resource_indicator, ResourceStep::Refresh, slots)?);
    let endpoint = metadata.refresh_endpoint.as_ref().unwrap_or(&metadata.token_endpoint);
    endpoint_request::request(endpoint, parts, &rules.shape, client, slots)
}
