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
///
/// RFC 6749 §4.1.1, RFC 7636 §4.3, `OpenID` Connect Core §3.1.2.1. `request` and `request_uri` would carry a whole other
/// request (RFC 9101 §5): the hub sends neither, and no plugin does.
pub const HOST_PARAMETERS: [&str; 9] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "request",
    "request_uri",
];

/// Whether a parameter belongs to the hub, in any spelling that a server may read so: case, and what PHP makes of names.
#[must_use]
pub fn belongs_to_hub(name: &str) -> bool {
    HOST_PARAMETERS.contains(&plain(name).as_str())
}

fn plain(name: &str) -> String {
    let name = name.trim().split('[').next().unwrap_or_default();
    name.to_ascii_lowercase().replace(['.', ' '], "_")
}

/// The parameters of the request, in order, standard names. `slots` carries client, redirect URI and resource.
pub fn parameters(draft: Draft<'_>, profile: &Profile, slots: &Slots<'_>) -> Result<Vec<Pair>, FillError> {
    let rules = &profile.authorization;
    let mut params = host_parameters(draft, rules, slots);
    params.extend(scopes::write(&profile.scopes, draft.scopes).into_iter().filter(|(_, value)| !value.is_empty()));
    params.extend(resource::param(&profile.resource_indicator, Step::Authorize, slots)?);
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
    let kept = own.iter().filter(|(name, _)| belongs_to_hub(name)).cloned();
    kept.chain(proposed.into_iter().filter(|(name, _)| !belongs_to_hub(name))).collect()
}

/// What an installation link carries so that its callback is as safe as that of a login page: `state`, and the PKCE
/// challenge where the login has one.
#[must_use]
pub fn of_link(own: &[Pair]) -> Vec<Pair> {
    let carried = ["state", "code_challenge", "code_challenge_method", "nonce"];
    own.iter().filter(|(name, _)| carried.contains(&name.as_str())).cloned().collect()
}

/// Where the browser is sent: the endpoint with these parameters, renamed and written as the provider wants them. None is
/// there twice (RFC 6749 §3.1), and the endpoint's own query says nothing that belongs to the hub.
#[must_use]
pub fn request(endpoint: &Url, params: &[Pair], profile: &Profile) -> Url {
    let rules = &profile.authorization;
    let mut url = endpoint.clone();
    let params = named(params, rules);
    let kept = params.iter().filter(|(_, _, value)| !(rules.drop_empty && value.is_empty()));
    let (raw, encoded): (Vec<_>, Vec<_>) = kept.partition(|(name, ..)| profile.scopes.unencoded && *name == "scope");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (_, name, value) in encoded {
        query.append_pair(name, value);
    }
    let mut query = query.finish();
    for (_, name, value) in raw {
        query = format!("{query}&{name}={}", value.replace(['&', '#', ' '], "+"));
    }
    if rules.in_fragment {
        let route = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(Some(&match route.split_once('?') {
            Some((path, own)) => format!("{path}?{}", joined(&own_query(own, &params), &query)),
            None => format!("{route}?{query}"),
        }));
        return url;
    }
    let own = own_query(url.query().unwrap_or_default(), &params);
    url.set_query(Some(&joined(&own, &query)));
    url
}

/// Standard name, name at the provider, value; of two with one name the first, which is the hub's.
fn named<'p>(params: &'p [Pair], rules: &Authorization) -> Vec<(&'p str, String, &'p str)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for (standard, value) in params {
        let own = rules.renames.iter().find(|(renamed, _)| renamed == standard);
        let name = own.map_or_else(|| standard.clone(), |(_, own)| own.clone());
        if seen.insert(plain(&name)) {
            all.push((standard.as_str(), name, value.as_str()));
        }
    }
    all
}

/// What the endpoint's own query says beside the request.
fn own_query(query: &str, params: &[(&str, String, &str)]) -> String {
    let is_of_request =
        |name: &str| belongs_to_hub(name) || params.iter().any(|(_, sent, _)| plain(sent) == plain(name));
    let is_kept = |part: &&str| {
        let name = url::form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| !is_of_request(&name))
    };
    query.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

fn joined(own: &str, query: &str) -> String {
    if own.is_empty() { query.to_owned() } else { format!("{own}&{query}") }
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

    #[test]
    fn every_parameter_of_the_hub_is_its_own_however_it_is_spelled() {
        for name in HOST_PARAMETERS {
            for spelled in [name.to_owned(), name.to_ascii_uppercase(), format!("{name}[]"), name.replace('_', ".")] {
                assert!(belongs_to_hub(&spelled), "{spelled}");
            }
        }
        assert!(!belongs_to_hub("audience") && !belongs_to_hub("requests"));
    }

    #[test]
    fn the_endpoints_own_query_says_nothing_that_belongs_to_the_hub() {
        let own = "tenant=1&redirect_uri=https%3A%2F%2Fevil.example&Redirect_URI=x&redirect_uri[]=x&redirect.uri=x\
                   &scope=all&request_uri=urn:x&state";
        let endpoint = Url::parse(&format!("https://as.example/authorize?{own}")).expect("url");
        let params = [pair("redirect_uri", "http://localhost/cb"), pair("scope", "read"), pair("state", "st")];

        let url = request(&endpoint, &params, &profile());

        let query = "tenant=1&redirect_uri=http%3A%2F%2Flocalhost%2Fcb&scope=read&state=st";
        assert_eq!(url.query(), Some(query));
    }

    #[test]
    fn nothing_is_said_twice_not_even_under_a_name_that_the_hubs_own_was_given() {
        let mut profile = profile();
        profile.authorization.renames = vec![("redirect_uri".into(), "return_to".into())];
        let endpoint = Url::parse("https://as.example/authorize?return_to=https://evil.example").expect("url");
        let params = [pair("redirect_uri", "mine"), pair("return_to", "theirs"), pair("x", "1"), pair("X", "2")];

        let url = request(&endpoint, &params, &profile);

        assert_eq!(url.query(), Some("return_to=mine&x=1"));
    }

    #[test]
    fn an_installation_link_carries_the_challenge_too() {
        let own = [pair("state", "st"), pair("code_challenge", "c"), pair("client_id", "c1"), pair("scope", "a")];

        assert_eq!(of_link(&own), [pair("state", "st"), pair("code_challenge", "c")]);
    }

    fn pair(name: &str, value: &str) -> Pair {
        (name.to_owned(), value.to_owned())
    }
}
