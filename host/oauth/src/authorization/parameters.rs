//! The parameters of the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::Client;
use crate::pkce;
use crate::profile::{Authorization, Offline, Pair, Profile};
use crate::resource::{self, ResourceStep};
use crate::scopes;
use crate::secret::{PkceCodeVerifier, State};
use crate::server_metadata::ServerMetadata;
use crate::template::{FillError, Slots, fill};

/// What the request is made from.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The authorization server that is asked.
    pub metadata: &'a ServerMetadata,
    /// The client that asks.
    pub client: &'a Client,
    /// The scopes that it asks for.
    pub scopes: &'a [String],
    /// The `state` that comes back in the callback.
    pub state: &'a State,
    /// The PKCE verifier; none: the provider refuses PKCE.
    pub verifier: Option<&'a PkceCodeVerifier>,
}

/// The parameters of the request, in order, standard names. `slots` carries client, redirect URI and resource.
pub fn parameters(draft: Draft<'_>, profile: &Profile, slots: &Slots<'_>) -> Result<Vec<Pair>, FillError> {
    let rules = &profile.authorization;
    let mut params = host_parameters(draft, rules, slots);
    params.extend(scopes::write(&profile.scopes, draft.scopes).into_iter().filter(|(_, value)| !value.is_empty()));
    params.extend(resource::param(&profile.resource_indicator, ResourceStep::Authorize, slots)?);
    if let Some(mode) = &rules.response_mode {
        params.push(("response_mode".into(), mode.clone()));
    }
    if let Offline::Param(param) = &profile.scopes.offline {
        params.push((param.name.clone(), fill(&param.value, slots)?));
    }
    for param in &rules.extra {
        match fill(&param.value, slots) {
            Ok(value) => params.push((param.name.clone(), value)),
            // Once a provider has refused the resource indicator, it is left out wherever it stands.
            Err(FillError::Absent("resource")) if slots.resource.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(params)
}

fn host_parameters(draft: Draft<'_>, rules: &Authorization, slots: &Slots<'_>) -> Vec<Pair> {
    let mut params: Vec<Pair> = vec![("response_type".into(), "code".into())];
    params.extend(draft.client.id.clone().map(|id| ("client_id".into(), id)));
    params.push(("redirect_uri".into(), draft.client.redirect_uri.clone()));
    params.push(("state".into(), draft.state.secret().clone()));
    if let Some(verifier) = draft.verifier {
        params.push(("code_challenge".into(), pkce::challenge(verifier)));
        params.push(("code_challenge_method".into(), "S256".into()));
    }
    if rules.nonce {
        let mut nonce = [0; 16];
        (slots.random)(&mut nonce);
        params.push(("nonce".into(), URL_SAFE_NO_PAD.encode(nonce)));
    }
    params
}
