//! Profiles that say of logins what no plugin may say: one test for each kind of lie.

use crate::support::load;

/// Why a plugin that tells this lie is not loaded.
async fn refusal(lie: &str) -> String {
    load(&format!("do={lie}")).await.expect_err("refused").to_string()
}

#[tokio::test]
async fn an_id_has_a_syntax() {
    assert_eq!(
        refusal("bad id").await,
        "is refused: identity.id is \"Not An Id\", which is no id; use 2 to 40 lower-case letters, digits and hyphens, a letter first"
    );
}

#[tokio::test]
async fn a_version_is_semantic() {
    assert_eq!(
        refusal("bad version").await,
        "is refused: identity.version is \"one\", which is no semantic version; write one like 1.2.3"
    );
}

#[tokio::test]
async fn a_title_cannot_command_a_terminal() {
    assert_eq!(refusal("bad title").await, "is refused: identity.title has a control character; remove it");
}

#[tokio::test]
async fn any_host_is_no_host() {
    assert_eq!(
        refusal("any host").await,
        "is refused: identity.hosts[0] is \"*\", which is no host; write a lower-case name (api.example.com), *.example.com, or {key} of an input"
    );
}

#[tokio::test]
async fn a_rule_without_conditions_has_priority_0() {
    assert_eq!(
        refusal("take everything").await,
        "is refused: matching[0] has no condition, and its priority is not 0; add a condition, or set ask or the priority 0"
    );
}

#[tokio::test]
async fn a_pattern_is_matched_in_linear_time() {
    assert_eq!(
        refusal("backtrack").await,
        "is refused: inputs[0].pattern is no regular expression that can be matched in linear time; error: backreferences are not supported"
    );
}

#[tokio::test]
async fn an_endpoint_is_at_a_listed_host() {
    assert_eq!(
        refusal("another host").await,
        "is refused: metadata.endpoints[0].url leads to \"evil.example\", which is not in identity.hosts; add it there"
    );
}

#[tokio::test]
async fn an_endpoint_is_https() {
    assert_eq!(
        refusal("no https").await,
        "is refused: metadata.endpoints[0].url is no https address; begin it with https:// or with the slot of an input that holds an address"
    );
}

#[tokio::test]
async fn a_user_name_does_not_hide_the_host() {
    assert_eq!(
        refusal("user in the address").await,
        "is refused: metadata.endpoints[0].url is no address that a request can go to; write https://host/path without user name or password"
    );
}

#[tokio::test]
async fn a_secret_is_no_part_of_an_endpoint() {
    assert_eq!(
        refusal("secret in an address").await,
        "is refused: metadata.endpoints[0].url uses the slot client-secret, which may not stand here; allowed: input, captured"
    );
}

#[tokio::test]
async fn the_issuer_is_not_patched() {
    assert_eq!(
        refusal("patch the issuer").await,
        "is refused: metadata.patch names \"issuer\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn an_endpoint_is_not_patched_to_another_host() {
    assert_eq!(
        refusal("patch an endpoint").await,
        "is refused: metadata.patch leads to \"evil.example\", which is not in identity.hosts; add it there"
    );
}

#[tokio::test]
async fn a_patch_is_an_object() {
    assert_eq!(refusal("patch with a list").await, "is refused: metadata.patch is no JSON object; write {…}");
}

#[tokio::test]
async fn redirect_uris_are_not_patched() {
    assert_eq!(
        refusal("patch redirect URIs").await,
        "is refused: registration.body-patch names \"redirect_uris\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn the_state_is_not_set() {
    assert_eq!(
        refusal("set the state").await,
        "is refused: authorization.extra[2].name names \"state\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn the_redirect_uri_is_not_set() {
    assert_eq!(
        refusal("set the redirect URI").await,
        "is refused: authorization.extra[2].name names \"redirect_uri\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn a_request_object_does_not_replace_the_request() {
    assert_eq!(
        refusal("set a request object").await,
        "is refused: authorization.extra[2].name names \"request_uri\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn a_secret_does_not_pass_through_the_browser() {
    assert_eq!(
        refusal("secret in the browser").await,
        "is refused: authorization.extra[2].value uses the slot client-secret, which may not stand here; allowed: input, captured, client-id, redirect-host, resource-uri, now, random"
    );
}

#[tokio::test]
async fn a_secret_input_does_not_pass_through_the_browser() {
    assert_eq!(
        refusal("secret input in the browser").await,
        "is refused: authorization.extra[2].value uses the secret input \"signing-key\" as a plain one; use the slot extra-secret"
    );
}

#[tokio::test]
async fn pkce_is_not_renamed() {
    assert_eq!(
        refusal("rename PKCE").await,
        "is refused: authorization.renames[1] names \"code_challenge\", which cannot be changed; only client_id, redirect_uri, scope can"
    );
}

#[tokio::test]
async fn nothing_is_renamed_onto_the_state() {
    assert_eq!(
        refusal("rename onto the state").await,
        "is refused: authorization.renames[1] names \"state\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn the_code_is_not_captured() {
    assert_eq!(
        refusal("capture the code").await,
        "is refused: callback.captures[0].at names \"code\", which belongs to the hub; leave it out"
    );
}
