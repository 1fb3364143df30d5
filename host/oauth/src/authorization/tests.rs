//! The authorization request as the provider's server sees it.

use url::Url;

use super::*;
use crate::auth_method::AuthMethod;
use crate::client::Client;
use crate::hook::ClientKind;
use crate::issuer::Issuer;
use crate::profile::{Pair, Param, Piece, Profile, Slot, Template};
use crate::secret::{PkceCodeVerifier, State};
use crate::server_metadata::ServerMetadata;
use crate::template::Slots;
use crate::testing::{profile, slots};

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
        id: Some("c1".into()),
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
