//! What is wrong with a file, and the sentence that says so.

use super::*;

/// Entry of the server `a`, and what is told of it.
const FAULTS: &[(&str, &str)] = &[
    (
        r#"{"url": "htp://mcp.a.example/mcp"}"#,
        "a.url: \"htp://mcp.a.example/mcp\" has no http or https scheme; write https://mcp.a.example/mcp.",
    ),
    (
        r#"{"url": "mcp.a.example/mcp"}"#,
        "a.url: \"mcp.a.example/mcp\" has no http or https scheme; write https://mcp.a.example/mcp.",
    ),
    (
        r#"{"url": "htp://me:secret@a.example/mcp?key=secret"}"#,
        "a.url: \"htp://a.example/mcp\" has no http or https scheme; write https://a.example/mcp.",
    ),
    (r#"{"url": "https://"}"#, "a.url: \"https://\" is not an address (empty host); write https://…."),
    (
        r#"{"url": "${NONE}"}"#,
        "a.url: is empty, because NONE is not set in the environment; set it, or write the value here.",
    ),
    (r#"{"url": ""}"#, "a.url: is empty; write the server's address, such as https://mcp.example.com/mcp."),
    (r#"{"url": 5}"#, "a.url: is not a string; put it in quotation marks."),
    ("{}", "a.url: is missing; write the server's address, such as https://mcp.example.com/mcp."),
    (r#"{"type": "stdio"}"#, "a.command: is missing; write the program to run."),
    (
        r#"{"type": "see", "url": "https://a.example"}"#,
        "a.type: \"see\" is not a transport; write \"stdio\", \"sse\" or \"streamable-http\", or leave it out.",
    ),
    ("5", "a: is not an object; write { \"url\": \"https://…\" }."),
    (
        r#"{"url": "https://a.example", "enabled": "no"}"#,
        "a.enabled: is not true or false; write true or false without quotation marks.",
    ),
    (
        r#"{"url": "https://a.example", "options": {"timeout": "soon"}}"#,
        "a.options.timeout: is not a time in milliseconds; write a number such as 60000.",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A b": "x"}}"#,
        "a.headers.A b: is not the name of a header; use letters, digits and '-'.",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A": "sec\nret"}}"#,
        "a.headers.A: has characters that no header may have; take line breaks and the like out.",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A": ["secret"]}}"#,
        "a.headers.A: is not a string; put it in quotation marks.",
    ),
    (r#"{"command": "x", "args": "-y"}"#, "a.args: is not a list of strings; write [\"first\", \"second\"]."),
    (r#"{"command": "x", "env": []}"#, "a.env: is not an object; write { \"name\": \"value\" }."),
    (
        r#"{"url": "https://a.example", "tools": {"t": false}}"#,
        "a.tools.t: is not an object; write { \"enabled\": false }.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": true}"#,
        "a.oauth: is not an object; write { \"clientId\": \"…\" }, or leave it out.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"clientSecret": 12}}"#,
        "a.oauth.clientSecret: is not a string; put it in quotation marks.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"scopes": {"repo": true}}}"#,
        "a.oauth.scopes: is not a list of strings; write [\"read\", \"write\"].",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"tokenEndpoint": "/token"}}"#,
        "a.oauth.tokenEndpoint: \"token\" has no http or https scheme; write https://token.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"pkce": "off"}}"#,
        "a.oauth.pkce: \"off\" is not a setting for PKCE; write \"assume\" or \"omit\", or leave it out.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"tokenEndpointAuthMethod": "basic"}}"#,
        "a.oauth.tokenEndpointAuthMethod: \"basic\" is not a method that the hub knows; write one of \"none\", \"client_secret_basic\", \"client_secret_post\", \"private_key_jwt\", or leave it out.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"dynamicRegistration": true}}"#,
        "a.oauth.dynamicRegistration: is not an object; write { \"enabled\": true }, or leave it out.",
    ),
    (
        r#"{"url": "https://a.example", "oauth": {"dynamicRegistration": {"metadata": []}}}"#,
        "a.oauth.dynamicRegistration.metadata: is not an object; write { \"client_name\": \"…\" }, or leave it out.",
    ),
];

#[test]
fn every_fault_is_told_with_key_value_rule_and_remedy() {
    for (entry, expected) in FAULTS {
        assert_eq!(faults(entry), [format!("mcp_settings.json: mcpServers.{expected}")], "{entry}");
    }
}

#[test]
fn a_name_in_any_script_is_one() {
    for name in [
        "cafe\u{301}",
        "हिन्दी",
        "ไทย",
        "地图",
        "👩‍💻 notes",
        "מפה",
        "a & b (new)!",
        "notes@work",
        "@smithery/toolbox",
        "code.example/servers/time?x#y%62",
    ] {
        let loaded = loaded(&format!("{{\"mcpServers\": {{\"{name}\": {{\"url\": \"https://a.example\"}}}}}}"), &[]);
        assert!(loaded.faults.is_empty() && loaded.settings.servers.contains_key(name), "{name}: {:?}", loaded.faults);
    }
}

#[test]
fn a_name_that_nobody_can_read_is_told() {
    for name in ["..", "", " ", "a\\nb", "a\u{202e}b", "a\u{200b}"] {
        let loaded = loaded(&format!("{{\"mcpServers\": {{\"{name}\": {{\"url\": \"https://a.example\"}}}}}}"), &[]);

        let sentence = loaded.faults.iter().map(ToString::to_string).collect::<String>();
        assert!(sentence.contains("invisible characters"), "{name}: {sentence}");
    }
}

#[test]
fn all_faults_are_told_at_once_and_the_good_servers_serve() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"url": "x", "enabled": 1, "oauth": {"redirectUri": "y"}}, "b": {"url": "https://b.example"},
            "c": 5}, "systemConfig": {"install": {"baseUrl": "z"}}, "groups": {"g": {}}, "users": [], "bearerKeys": "?"}"#,
        &[],
    );

    let keys: Vec<_> = loaded.faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "systemConfig.install.baseUrl",
            "bearerKeys",
            "mcpServers.a.url",
            "mcpServers.a.enabled",
            "mcpServers.a.oauth.redirectUri",
            "mcpServers.c"
        ]
    );
    assert!(matches!(loaded.settings.servers.get("b"), Some(ServerEntry::Usable(_))));
    assert!(matches!(loaded.settings.servers.get("a"), Some(ServerEntry::Faulty(faults)) if faults.len() == 3));
}

#[test]
fn servers_that_are_no_object_are_a_fault_and_none_are_none() {
    let wrong = loaded(r#"{"mcpServers": []}"#, &[]);
    let none = loaded("{}", &[]);

    let expected = "mcp_settings.json: mcpServers: is not an object; write { \"name\": { \"url\": \"https://…\" } }.";
    assert_eq!(wrong.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    assert!(none.faults.is_empty() && none.settings.servers.is_empty());
}

#[test]
fn slips_in_parts_of_the_hub_are_warned_of_without_their_values() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"url": "https://a.example", "oauth": {"client_secret": "hidden", "comment": "",
            "dynamicRegistration": {"initial_access_token": "hidden"}}}},
            "systemConfig": {"oauthClient": {"clientIdMetadataURL": "https://x.example"}, "routng": {}}}"#,
        &[],
    );

    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "mcp_settings.json: mcpServers.a.oauth.client_secret: means nothing to the hub; write clientSecret.",
            "mcp_settings.json: mcpServers.a.oauth.dynamicRegistration.initial_access_token: means nothing to the hub; write initialAccessToken.",
            "mcp_settings.json: systemConfig.oauthClient.clientIdMetadataURL: means nothing to the hub; write clientIdMetadataUrl.",
        ]
    );
    assert!(loaded.faults.is_empty());
}

#[test]
fn an_unset_variable_outside_oauth_is_warned_of() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"url": "https://a.example/${PART}", "headers": {"X": "$KEY_1"}, "oauth": {"clientId": "$ID"}}}}"#,
        &[],
    );

    let warnings: Vec<_> = loaded.warnings.iter().map(|warning| warning.rule.as_str()).collect();
    let uses = |name: &str| format!("uses ${{{name}}}, which is not set in the environment and counts as empty");
    assert_eq!(warnings, [uses("PART"), uses("KEY_1")]);
}
