//! How far profiles reach: 181 real providers' deviations, each logged in to, refreshed and revoked at an authority that
//! deviates in exactly that way.

mod trip;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use mcphub_plugins::{Limits, PluginHost};
use serde_json::{Value, json};

use trip::{Quirks, served};

/// Providers that no plugin serves; why not; and where it shows.
const OUT_OF_REACH: &[(&str, &str, &str)] = &[
    (
        "bamboohr",
        "the parameter `request` could carry a whole other authorization request (RFC 9101)",
        "names \"request\", which belongs to the hub",
    ),
    (
        "bullhorn",
        "the person's user name and password go into the address of the login page",
        "uses the secret input \"password\"",
    ),
    (
        "followupboss",
        "response_type is the hub's own, and this one is not code",
        "response_type is \"code\", not \"auth_code\"",
    ),
    ("monday", "response_type is the hub's own, and must not be sent", "not known: {\"response_type\": \"code\"}"),
];

/// Keys of the data without which a login goes ill: each is taken away from the plugin in turn.
const NEEDED: &[&str] = &[
    "as.authorize_host_differs_from_token_host",
    "as.separate_refresh_endpoint",
    "authz.audience",
    "authz.drop_empty_params",
    "authz.extra_params",
    "authz.force_consent",
    "authz.nonce",
    "authz.offline_by_param",
    "authz.param_renames",
    "authz.pkce_off",
    "authz.resource_param",
    "authz.response_mode",
    "authz.second_scope_param",
    "cb.code_param",
    "cb.metadata",
    "config.asked_from_person",
    "config.enum_input",
    "config.secret_input",
    "followup.exchange",
    "id.lookup",
    "refresh.client_auth",
    "refresh.extra_params",
    "refresh.margin_seconds",
    "refresh.multi",
    "refresh.omit",
    "refresh.param_renames",
    "res.extra_headers",
    "res.extra_query",
    "res.token_header",
    "resp.error_in_200",
    "resp.expires_absolute",
    "resp.expires_fixed",
    "resp.expires_missing_default",
    "resp.field_renames",
    "resp.metadata",
    "resp.multi_token",
    "resp.path",
    "revoke.custom",
    "scope.offline_scope",
    "scope.required",
    "scope.separator",
    "tenant.in_authorize_url",
    "tenant.in_refresh_url",
    "tenant.in_resource_url",
    "tenant.in_token_url",
    "tenant.url_fallback",
    "token.body_format",
    "token.client_auth",
    "token.echo_state",
    "token.extra_params",
    "token.omit",
    "token.param_renames",
    "token.redirect_uri_in",
    "token.transport",
];

/// The other keys, and why a plugin may lack them.
const OTHERWISE: &[(&str, &str)] = &[
    ("_alias", "for readers: whose entry this one is like; its quirks are written out"),
    ("_level", "for readers: how hard the makers of the data found it"),
    ("_mode", "no quirk: whether the authority publishes metadata"),
    ("authz.param_dropped", "out of reach: response_type is the hub's own"),
    ("authz.response_type", "out of reach: response_type is the hub's own"),
    ("refresh.response_omits_refresh_token", "the old one is kept (RFC 6749 §6)"),
    ("reg.extra_params", "the hub states grant types and response types to everybody"),
    ("reg.mode", "the metadata tells"),
    (
        "resp.expires_unknown",
        "an answer without a lifetime tells none; the hub does not introspect (RFC 7662): it refreshes what is refused",
    ),
    ("tenant.in_authorize_params", "stands in the parameters themselves"),
    ("tenant.in_token_params", "stands in the parameters themselves"),
];

fn providers() -> BTreeMap<String, Quirks> {
    let data: Value = serde_json::from_str(include_str!("../data/provider-quirks.json")).expect("JSON");
    let providers = data["providers"].as_object().expect("providers").clone();
    providers.into_iter().map(|(name, quirks)| (name, object(quirks))).collect()
}

/// What only providers out of reach do besides, each by itself.
fn alone() -> Vec<(&'static str, Quirks)> {
    let secret = json!({"api_key": "${connectionConfig.apiKey}"});
    let secret = json!({
        "config.secret_input": true, "config.asked_from_person": ["apiKey"], "token.extra_params": secret,
        "refresh.extra_params": secret,
    });
    let all = [
        ("a further secret", secret),
        ("a lifetime that is told wrong", json!({"resp.expires_fixed": 604_800})),
        ("parameters in the query", json!({"token.transport": "post-query-params-no-body"})),
        ("the state once more", json!({"token.echo_state": true})),
    ];
    all.into_iter().map(|(name, quirks)| (name, object(quirks))).collect()
}

fn object(value: Value) -> Quirks {
    serde_json::from_value(value).expect("an object")
}

fn host() -> PluginHost {
    PluginHost::new(Some(&std::env::temp_dir().join("mcphub-tests-cache")), Limits::default()).expect("a host")
}

fn is_out_of_reach(name: &str) -> bool {
    OUT_OF_REACH.iter().any(|(other, ..)| *other == name)
}

#[tokio::test(flavor = "multi_thread")]
async fn at_least_170_of_181_providers_are_served_by_data_and_pure_functions() {
    let (host, providers) = (host(), providers());
    assert_eq!(providers.len(), 181);

    let outcomes: BTreeMap<&str, Result<(), String>> = futures::stream::iter(&providers)
        .map(|(name, quirks)| {
            let host = host.clone();
            async move { (name.as_str(), served(&host, name, quirks, quirks).await) }
        })
        .buffer_unordered(4)
        .collect()
        .await;

    let failed: Vec<String> = outcomes
        .iter()
        .filter(|(name, _)| !is_out_of_reach(name))
        .filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    for (name, why, told) in OUT_OF_REACH {
        let outcome = outcomes.get(name).expect("an outcome");
        assert!(outcome.as_ref().is_err_and(|error| error.contains(told)), "{name}: {why}: {outcome:?}");
    }
    let served = outcomes.values().filter(|outcome| outcome.is_ok()).count();
    assert!(served >= 170, "{served}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_those_out_of_reach_do_is_served_and_what_keeps_them_there_is_one_thing() {
    let host = host();
    for (name, quirks) in alone() {
        assert_eq!(served(&host, name, &quirks, &quirks).await, Ok(()), "{name}");
    }
    for (quirks, told) in [
        (json!({"authz.response_type": "auth_code"}), "response_type is \"code\", not \"auth_code\""),
        (json!({"authz.param_dropped": ["response_type"]}), "not known: {\"response_type\": \"code\"}"),
    ] {
        let quirks = object(quirks);
        let outcome = served(&host, "response_type", &quirks, &quirks).await;
        assert!(outcome.as_ref().is_err_and(|error| error.contains(told)), "{told}: {outcome:?}");
    }
}

#[test]
fn every_key_of_the_data_comes_to_bear_or_has_its_reason() {
    let providers = providers();
    let said: BTreeSet<&str> = providers.values().flat_map(Quirks::keys).map(String::as_str).collect();

    let listed = NEEDED.iter().copied().chain(OTHERWISE.iter().map(|(key, _)| *key));

    assert_eq!(listed.clone().collect::<BTreeSet<_>>(), said);
    assert_eq!(listed.count(), said.len(), "one is listed twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_know_of_a_quirk_fails_at_it() {
    let (host, mut all) = (host(), providers());
    all.retain(|name, _| !is_out_of_reach(name));
    let all: Vec<Quirks> = all.into_values().chain(alone().into_iter().map(|(_, quirks)| quirks)).collect();

    let unnoticed: Vec<&str> = futures::stream::iter(NEEDED)
        .map(|key| {
            let (host, all) = (host.clone(), &all);
            async move {
                let mut having = all.iter().filter(|quirks| quirks.contains_key(*key));
                // Two that have it: with one of them it may not come to bear.
                for quirks in having.next().into_iter().chain(having.next_back()) {
                    let mut known = quirks.clone();
                    known.remove(*key);
                    if served(&host, key, &known, quirks).await.is_err() {
                        return None;
                    }
                }
                Some(*key)
            }
        })
        .buffer_unordered(4)
        .filter_map(|unnoticed| async move { unnoticed })
        .collect()
        .await;

    assert!(unnoticed.is_empty(), "not noticed, or nobody has it: {unnoticed:?}");
}
