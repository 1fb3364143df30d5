//! `bearerKeys` as other files have them, and what is wrong with some.

use super::*;
use crate::settings::{ClientKeys, KeyReach, digest_of};

const REST: &str = r#""mcpServers": {"a": {"url": "https://a.example/mcp"}, "b": {"url": "https://b.example/mcp"}},
    "groups": [{"id": "1f2e", "name": "work", "servers": ["a", {"name": "b", "tools": ["t"]}]}]"#;
const TOKEN: &str = "a-token-that-is-long";

fn read_keys(keys: &str, variables: &[(&str, &str)]) -> (ClientKeys, Vec<String>) {
    let loaded = loaded(&format!("{{{keys}, {REST}}}"), variables);
    let told = loaded.faults.iter().chain(&loaded.warnings).map(ToString::to_string).collect();
    (loaded.settings.keys, told)
}

fn one(key: &str) -> (ClientKeys, Vec<String>) {
    read_keys(&format!(r#""bearerKeys": [{key}]"#), &[])
}

/// What the only key sees.
fn servers(key: &str) -> Vec<String> {
    let (keys, told) = one(&format!(r#"{{"name": "k", "token": "{TOKEN}", {key}}}"#));
    assert_eq!(told, Vec::<String>::new(), "{key}");
    match &keys.usable.first().expect("a key").reach {
        KeyReach::All => vec!["*".to_owned()],
        KeyReach::Only(members) => members.iter().map(|member| member.server.clone()).collect(),
    }
}

#[test]
fn each_kind_of_access_is_understood() {
    assert_eq!(servers(r#""accessType": "all", "kind": "system", "enabled": true"#), ["*"]);
    assert_eq!(servers(r#""accessType": "servers", "allowedServers": ["b"], "allowedGroups": ["work"]"#), ["b"]);
    assert_eq!(servers(r#""accessType": "groups", "allowedGroups": ["work"], "allowedServers": ["b"]"#), ["a", "b"]);
    assert_eq!(servers(r#""accessType": "groups", "allowedGroups": ["1f2e"]"#), ["a", "b"]);
    assert_eq!(
        servers(r#""accessType": "custom", "allowedGroups": ["work"], "allowedServers": ["b"]"#),
        ["a", "b", "b"]
    );
    assert_eq!(servers(r#""accessType": "servers""#), Vec::<String>::new());
}

#[test]
fn only_the_digest_of_a_token_is_kept() {
    let (keys, _) = one(&format!(r#"{{"name": "k", "token": "{TOKEN}", "accessType": "all"}}"#));

    assert_eq!(keys.usable.first().map(|key| key.digest), Some(digest_of(TOKEN.as_bytes())));
    assert!(!format!("{keys:?}").contains(TOKEN));
    assert!(keys.are_in_force());
}

#[test]
fn a_token_may_be_a_variable() {
    let key = r#""bearerKeys": [{"name": "k", "token": "${KEY}", "accessType": "all"}]"#;

    let (set, _) = read_keys(key, &[("KEY", TOKEN)]);
    let (unset, told) = read_keys(key, &[]);

    assert_eq!(set.usable.first().map(|key| key.digest), Some(digest_of(TOKEN.as_bytes())));
    assert!(unset.are_demanded && unset.usable.is_empty(), "a mistake closes the hub");
    assert_eq!(
        told,
        ["mcp_settings.json: bearerKeys[0].token: is missing, so that the key is not accepted; set the variable KEY."]
    );
}

#[test]
fn what_is_wrong_with_a_key_is_told_without_its_token_and_the_key_is_not_used() {
    for (key, sentence) in [
        (
            r#""accessType": "everything""#,
            "bearerKeys[0].accessType: \"everything\" is no kind of access; write \"all\", ",
        ),
        (r#""accessType": "group""#, "bearerKeys[0].accessType: \"group\" is no kind of access; write \"groups\"."),
        (r#""enabled": true"#, "bearerKeys[0].accessType: is missing, so that the key is not accepted; write "),
        (
            r#""accessType": "all", "kind": "user""#,
            "bearerKeys[0].kind: \"user\" is the key of one user, and this hub has no users",
        ),
        (r#""accessType": "all", "enabled": "perhaps""#, "bearerKeys[0].enabled: is not true or false; "),
    ] {
        let (keys, told) = one(&format!(r#"{{"name": "k", "token": "{TOKEN}", {key}}}"#));

        assert!(told.first().is_some_and(|told| told.contains(sentence)), "{key}: {told:?}");
        assert!(!told.concat().contains(TOKEN));
        assert!(keys.are_demanded && keys.usable.is_empty(), "{key}");
    }
}

#[test]
fn what_a_key_names_in_vain_is_told_and_the_rest_is_served() {
    let (keys, told) = one(&format!(
        r#"{{"name": "k", "token": "{TOKEN}", "accessType": "custom", "allowedServers": ["x", "a"], "allowedGroups": ["y"]}}"#
    ));

    assert_eq!(told.len(), 2);
    assert!(
        told.concat().contains("allowedServers: \"x\" names no server")
            && told.concat().contains("allowedGroups: \"y\" names no group")
    );
    assert!(matches!(&keys.usable.first().expect("a key").reach, KeyReach::Only(members) if members.len() == 1));
}

#[test]
fn two_keys_of_one_name_are_two_callers_and_two_of_one_token_are_one_too_many() {
    let (keys, told) = read_keys(
        r#""bearerKeys": [{"name": "k", "token": "first-long-enough-token", "accessType": "all"},
            {"name": "k", "id": "7", "token": "second-long-enough-token", "accessType": "all"},
            {"name": "z", "token": "second-long-enough-token", "accessType": "all"}]"#,
        &[],
    );

    assert_eq!(keys.usable.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["k", "k (7)"]);
    assert_eq!(
        told,
        ["mcp_settings.json: bearerKeys[2].token: is the token of another key, too; give each key a token of its own."]
    );
}

#[test]
fn keys_are_demanded_wherever_one_is_written() {
    for (text, is_demanded) in [
        (r#""x": 1"#, false),
        (r#""bearerKeys": []"#, false),
        (r#""bearerKeys": {}"#, true),
        (r#""bearerKeys": ["k"]"#, true),
        (r#""bearerKeys": [{"name": "k", "token": "t", "accessType": "all", "enabled": false}]"#, true),
        (r#""systemConfig": {"routing": {"bearerAuthKey": ""}}"#, false),
        (r#""systemConfig": {"routing": {"enableBearerAuth": true}}"#, false),
        (r#""bearerKeys": [{}], "systemConfig": {"routing": {"enableBearerAuth": false}}"#, false),
        (r#""bearerKeys": [{}], "systemConfig": {"routing": {"enableBearerAuth": "?"}}"#, true),
        (r#""obtained": {"keys": [{}]}"#, true),
    ] {
        assert_eq!(read_keys(text, &[]).0.are_demanded, is_demanded, "{text}");
    }
}

#[test]
fn the_key_of_older_files_counts_where_there_is_no_list() {
    let routing = r#""systemConfig": {"routing": {"enableBearerAuth": true, "bearerAuthKey": "an-older-token-here", "bearerAuthHeaderName": "X-Key"}}"#;
    let (alone, told) = read_keys(routing, &[]);
    let list = r#""bearerKeys": [{"name": "k", "token": "another-longer-token", "accessType": "all"}]"#;
    let (beside, warned) = read_keys(&format!("{list}, {routing}"), &[]);

    assert_eq!(told, Vec::<String>::new());
    let digests = |keys: &ClientKeys| keys.usable.iter().map(|key| key.digest).collect::<Vec<_>>();
    assert_eq!(digests(&alone), [digest_of(b"an-older-token-here")]);
    assert_eq!(alone.header, "x-key");
    assert_eq!(digests(&beside), [digest_of(b"another-longer-token")]);
    assert!(warned.concat().contains("bearerAuthKey: does not count beside bearerKeys"), "{warned:?}");
}

#[test]
fn a_switch_that_leaves_keys_without_effect_is_told() {
    let (_, off) = read_keys(
        r#""bearerKeys": [{"token": "a-long-enough-token", "accessType": "all"}], "systemConfig": {"routing": {"enableBearerAuth": false}}"#,
        &[],
    );
    let (_, on) = read_keys(r#""systemConfig": {"routing": {"enableBearerAuth": true}}"#, &[]);
    let (_, named) = read_keys(r#""systemConfig": {"routing": {"bearerAuthHeaderName": "a b"}}"#, &[]);

    assert!(
        off.concat().contains("enableBearerAuth: is false, so that keys are written and none is asked for"),
        "{off:?}"
    );
    assert!(on.concat().contains("make one with `mcphub keys add NAME`"), "{on:?}");
    assert!(named.concat().contains("bearerAuthHeaderName: \"a b\" is not the name of a header"), "{named:?}");
}

#[test]
fn a_limit_is_the_keys_own_else_that_of_all() {
    let (keys, told) = read_keys(
        r#""bearerKeys": [{"name": "a", "token": "first-long-enough-token", "accessType": "all", "rateLimit": 60},
            {"name": "b", "token": "second-long-enough-token", "accessType": "all", "rateLimit": {"requestsPerMinute": 5, "burst": 2}},
            {"name": "c", "token": "third-long-enough-token", "accessType": "all"},
            {"name": "d", "token": "fourth-long-enough-token", "accessType": "all", "rateLimit": "fast"}],
           "systemConfig": {"routing": {"rateLimit": 7}}"#,
        &[],
    );

    let limits: Vec<_> =
        keys.usable.iter().filter_map(|key| key.rate).map(|rate| (rate.per_minute, rate.burst)).collect();
    assert_eq!(limits, [(60, 60), (5, 2), (7, 7), (1, 1)]);
    assert!(told.concat().contains("bearerKeys[3].rateLimit: is not a whole number"), "{told:?}");
}

#[test]
fn a_short_token_is_warned_of() {
    let (keys, told) = one(r#"{"name": "k", "token": "hunter2", "accessType": "all"}"#);

    assert!(keys.are_in_force());
    assert_eq!(
        told,
        [
            "mcp_settings.json: bearerKeys[0].token: is short enough to be guessed; make one that nobody can guess with `mcphub keys add NAME`."
        ]
    );
}
