//! Groups, and what they show of their members.

use super::*;

#[test]
fn groups_are_a_list_or_an_object_and_a_member_that_is_no_server_is_told() {
    let servers = r#""mcpServers": {"a": {"url": "https://a.example", "oauth": {"accounts": ["work"]}}}"#;
    let listed = loaded(
        &format!(
            r#"{{{servers}, "groups": [{{"id": "1", "name": "g", "servers": ["a", {{"name": "a@work", "alias": "w", "tools": ["t"]}}, "b", "a@home", 5]}}, {{}}]}}"#
        ),
        &[],
    );
    let named = loaded(&format!(r#"{{{servers}, "groups": {{"g": {{"servers": ["a"]}}}}}}"#), &[]);
    let wrong = loaded(&format!(r#"{{{servers}, "groups": "g"}}"#), &[]);

    let keys: Vec<_> = listed.faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["groups[0].servers[2]", "groups[0].servers[3]", "groups[0].servers[4]", "groups[1]"]);
    let group = listed.settings.groups.get("1").expect("by id");
    assert_eq!(Some(group), listed.settings.groups.get("g"));
    let members: Vec<_> =
        group.members.iter().map(|member| (member.server.as_str(), member.alias.as_deref())).collect();
    assert_eq!(members, [("a", None), ("a@work", Some("w"))]);
    assert_eq!(named.settings.groups.get("g").map(|group| group.members.len()), Some(1));
    assert_eq!(wrong.faults.first().map(|fault| fault.key.as_str()), Some("groups"));
}

#[test]
fn a_group_whose_choice_of_tools_makes_no_sense_has_nothing_of_that_server() {
    let of = |tools: &str| {
        loaded(
            &format!(
                r#"{{"mcpServers": {{"a": {{"url": "https://a.example"}}}}, "groups": {{"g": {{"servers": [{{"name": "a", {tools}}}]}}}}}}"#
            ),
            &[],
        )
    };
    for wrong in ["\"tools\": \"t\"", "\"tools\": {\"t\": true}", "\"tools\": false", "\"prompts\": [1]"] {
        let loaded = of(wrong);
        let key = loaded.faults.first().map(|fault| fault.key.clone()).unwrap_or_default();
        assert!(key.starts_with("groups.g.servers[0]."), "{wrong}: {key}");
        assert_eq!(loaded.settings.groups.get("g").map(|group| group.members.len()), Some(0), "{wrong}");
    }
    for all in ["\"tools\": \"all\"", "\"tools\": null", "\"tools\": [\"*\"]"] {
        let loaded = of(all);
        let member = loaded.settings.groups.get("g").and_then(|group| group.members.first()).cloned();
        assert_eq!(member.map(|member| member.only.tools), Some(None), "{all}");
    }
}
