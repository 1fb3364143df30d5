//! The authorization request (RFC 6749 §4.1.1) and the sign-in that it starts.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::browser::BrowserId;
use crate::client::Client;
use crate::issuer::Issuer;
use crate::pkce;
use crate::profile::{Authorization, Offline, Pair, Profile};
use crate::resource::{self, Step};
use crate::scopes;
use crate::secret::{PkceCodeVerifier, State};
use crate::server_metadata::ServerMetadata;
use crate::template::{FillError, Slots, fill};

/// How long a person may take at the login page.
pub const LIFETIME: Duration = Duration::from_mins(15);

/// A sign-in under way. It is consumed by its callback.
#[derive(Debug)]
pub struct PendingAuthorization {
    /// 256 bits; known to the hub, the browser and the provider.
    pub state: State,
    /// None: the provider refuses PKCE.
    pub verifier: Option<PkceCodeVerifier>,
    /// The issuer as its metadata spells it.
    pub issuer: Issuer,
    /// The metadata promises `iss` in the callback (RFC 9207 §3).
    pub issuer_promised: bool,
    /// The client that asked.
    pub client: Client,
    /// The frozen resource indicator.
    pub resource: Option<String>,
    /// What was asked for.
    pub scopes: Vec<String>,
    /// The browser that it was started in.
    pub browser: BrowserId,
    /// When it ends.
    pub expires_at: SystemTime,
}

/// What the request is made from.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// Where.
    pub metadata: &'a ServerMetadata,
    /// Who asks.
    pub client: &'a Client,
    /// For which scopes.
    pub scopes: &'a [String],
    /// The `state`.
    pub state: &'a State,
    /// None: without PKCE.
    pub verifier: Option<&'a PkceCodeVerifier>,
}

/// The parameters that belong to the hub: whatever a plugin proposes, these are what is sent.
pub const HOST_PARAMETERS: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "nonce"];

/// The parameters of the request, in order, standard names. `slots` carries client, redirect URI and resource.
pub fn parameters(draft: Draft<'_>, profile: &Profile, slots: &Slots<'_>) -> Result<Vec<Pair>, FillError> {
    let rules = &profile.authorization;
    let mut params = host_parameters(draft, rules, slots);
    params.extend(scopes::write(&profile.scopes, draft.scopes).into_iter().filter(|(_, value)| !value.is_empty()));
    params.extend(resource::param(&profile.resource, Step::Authorize, slots)?);
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
    let mut params: Vec<Pair> = vec![
        ("response_type".into(), "code".into()),
        ("client_id".into(), draft.client.id.clone()),
        ("redirect_uri".into(), draft.client.redirect_uri.clone()),
        ("state".into(), draft.state.secret().clone()),
    ];
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

/// What a hook proposes, with the hub's own parameters put back in.
#[must_use]
pub fn keep_own(proposed: Vec<Pair>, own: &[Pair]) -> Vec<Pair> {
    let is_own = |name: &str| HOST_PARAMETERS.contains(&name);
    let kept = own.iter().filter(|(name, _)| is_own(name)).cloned();
    kept.chain(proposed.into_iter().filter(|(name, _)| !is_own(name))).collect()
}

/// Where the browser is sent: the endpoint with these parameters, renamed and written as the provider wants them.
#[must_use]
pub fn request(endpoint: &Url, params: &[Pair], profile: &Profile) -> Url {
    let rules = &profile.authorization;
    let mut url = endpoint.clone();
    let name_of = |name: &str| {
        rules
            .renames
            .iter()
            .find(|(standard, _)| standard == name)
            .map_or_else(|| name.to_owned(), |(_, own)| own.clone())
    };
    let kept = params.iter().filter(|(_, value)| !(rules.drop_empty && value.is_empty()));
    let (raw, encoded): (Vec<_>, Vec<_>) = kept.partition(|(name, _)| profile.scopes.unencoded && name == "scope");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in encoded {
        query.append_pair(&name_of(name), value);
    }
    let mut query = query.finish();
    for (name, value) in raw {
        query = format!("{query}&{}={}", name_of(name), value.replace(['&', '#', ' '], "+"));
    }
    if rules.in_fragment {
        let route = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(Some(&format!("{route}?{query}")));
        return url;
    }
    let query = match url.query() {
        Some(own) if !own.is_empty() => format!("{own}&{query}"),
        Some(_) | None => query,
    };
    url.set_query(Some(&query));
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::AuthMethod;
    use crate::hook::ClientKind;
    use crate::profile::{Identity, Param, Piece, Slot, Template};
    use crate::template::testing::slots;

    fn profile() -> Profile {
        let identity = Identity {
            id: "x".into(),
            version: "1.0.0".into(),
            title: "X".into(),
            description: String::new(),
            homepage: None,
            hosts: Vec::new(),
        };
        Profile::new(identity, Vec::new())
    }

    fn sent(profile: &Profile) -> Url {
        sent_for(profile, Some("https://rs.example"))
    }

    fn sent_for(profile: &Profile, resource: Option<&str>) -> Url {
        let endpoint = Url::parse("https://as.example/authorize?tenant=1").expect("url");
        let metadata = ServerMetadata::explicit(
            Issuer::parse("https://as.example").expect("issuer"),
            endpoint.clone(),
            endpoint.clone(),
        );
        let client = Client {
            issuer: "https://as.example".into(),
            id: "c1".into(),
            secret: None,
            secret_expires_at: None,
            method: AuthMethod::None,
            kind: ClientKind::Configured,
            redirect_uri: "http://localhost:3000/oauth/callback".into(),
            registration: None,
            registration_access_token: None,
        };
        let (state, verifier) = (State::new("st".into()), PkceCodeVerifier::new("v".repeat(43)));
        let scopes = ["read".to_owned(), "write".to_owned()];
        let draft =
            Draft { metadata: &metadata, client: &client, scopes: &scopes, state: &state, verifier: Some(&verifier) };
        let params = parameters(draft, profile, &Slots { resource, ..slots() }).expect("params");
        request(&endpoint, &params, profile)
    }

    fn value(url: &Url, name: &str) -> Option<String> {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    #[test]
    fn the_request_has_what_the_rfcs_want_and_keeps_the_endpoints_own_query() {
        let url = sent(&profile());

        assert_eq!(value(&url, "tenant").as_deref(), Some("1"));
        assert_eq!(value(&url, "response_type").as_deref(), Some("code"));
        assert_eq!(value(&url, "code_challenge_method").as_deref(), Some("S256"));
        assert_eq!(value(&url, "scope").as_deref(), Some("read write"));
        assert_eq!(value(&url, "resource").as_deref(), Some("https://rs.example"));
    }

    #[test]
    fn extra_parameters_renames_and_a_fragment_route_are_the_plugins() {
        let mut profile = profile();
        profile.authorization.extra = vec![Param { name: "prompt".into(), value: Template::literal("consent") }];
        profile.authorization.renames = vec![("client_id".into(), "app_id".into())];

        let url = sent(&profile);
        profile.authorization.in_fragment = true;
        let routed = sent(&profile);

        assert_eq!((value(&url, "prompt").as_deref(), value(&url, "app_id").as_deref()), (Some("consent"), Some("c1")));
        assert_eq!(value(&url, "client_id"), None);
        assert!(routed.fragment().is_some_and(|fragment| fragment.contains("state=st")));
    }

    #[test]
    fn without_a_resource_indicator_a_parameter_that_is_made_of_it_is_left_out() {
        let mut profile = profile();
        let resource = Template(vec![Piece::Slot(Slot::ResourceUri)]);
        profile.authorization.extra = vec![Param { name: "audience".into(), value: resource }];

        let (with, without) = (sent_for(&profile, Some("https://rs.example")), sent_for(&profile, None));

        assert_eq!(value(&with, "audience").as_deref(), Some("https://rs.example"));
        assert_eq!(value(&without, "audience"), None);
    }

    #[test]
    fn a_hook_cannot_change_what_belongs_to_the_hub() {
        let own = vec![("state".to_owned(), "mine".to_owned()), ("scope".to_owned(), "a".to_owned())];
        let proposed = vec![("state".to_owned(), "theirs".to_owned()), ("scope".to_owned(), "b".to_owned())];

        let kept = keep_own(proposed, &own);

        assert_eq!(kept, [("state".into(), "mine".into()), ("scope".into(), "b".into())]);
    }
}
