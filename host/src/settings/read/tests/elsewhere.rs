//! Servers in other places, and what stands beside them.

use super::loaded;
use crate::settings::model::ServerEntry;

fn told(text: &str) -> Vec<String> {
    loaded(text, &[]).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn servers_under_another_key_are_told_with_their_names_and_not_used() {
    const SERVERS: &str = r#"{"s": {"url": "https://a.example"}, "t": {"command": "x"}}"#;
    for (text, expected) in [
        (
            format!(r#"{{"servers": {SERVERS}}}"#),
            "servers: holds servers (s, t), and the hub reads mcpServers; rename it to mcpServers.",
        ),
        (
            format!(r#"{{"context_servers": {SERVERS}}}"#),
            "context_servers: holds servers (s, t), and the hub reads mcpServers; rename it to mcpServers.",
        ),
        (
            format!(r#"{{"mcp": {{"servers": {SERVERS}}}}}"#),
            "mcp.servers: holds servers (s, t), and the hub reads mcpServers; move them to mcpServers.",
        ),
        (
            r#"{"servers": [{"name": "s", "url": "https://a.example"}]}"#.to_owned(),
            "servers: is a list of servers, and the hub reads mcpServers; move them to mcpServers: write { \"s\": { … } }, each server (s) under its name.",
        ),
        (
            r#"{"extensions": {"s": {"uri": "https://a.example"}}}"#.to_owned(),
            "extensions: holds servers (s), and the hub reads mcpServers; rename it to mcpServers.",
        ),
        (
            format!(r#"{{"mcp.servers": {SERVERS}}}"#),
            "mcp.servers: holds servers (s, t), and the hub reads mcpServers; rename it to mcpServers.",
        ),
        (
            format!(r#"{{"mcpservers": {SERVERS}}}"#),
            "mcpservers: holds servers (s, t), and the hub reads mcpServers; rename it to mcpServers.",
        ),
        (
            format!(r#"{{"mcpServers": {{}}, "projects": {{"/home": {{"mcpServers": {SERVERS}}}}}}}"#),
            "projects./home.mcpServers: holds servers (s, t), and the hub reads mcpServers; move them to mcpServers.",
        ),
        (
            SERVERS.to_owned(),
            "s, t: stands by itself like a server, and the hub reads mcpServers; write { \"mcpServers\": { \"s\": { … } } }.",
        ),
    ] {
        assert_eq!(told(&text), [format!("mcp_settings.json: {expected}")], "{text}");
        assert!(loaded(&text, &[]).settings.servers.is_empty());
    }
}

#[test]
fn a_wrapper_too_many_is_told() {
    let text = r#"{"mcpServers": {"servers": {"s": {"url": "https://a.example"}}}}"#;

    assert_eq!(
        told(text),
        ["mcp_settings.json: mcpServers.servers: holds servers of its own; move them one level up."]
    );
}

#[test]
fn a_list_of_servers_is_told_with_their_names() {
    let text = r#"{"mcpServers": [{"name": "a", "command": "x"}, {"name": "b", "url": "https://a.example"}]}"#;

    let expected =
        "mcp_settings.json: mcpServers: is not an object; write { \"a\": { … } }, each server (a, b) under its name.";
    assert_eq!(told(text), [expected]);
}

#[test]
fn what_holds_no_servers_is_not_told() {
    for text in [
        "{}",
        r#"{"obtained": {"grants": [], "x": {"s": {"url": "https://a.example"}}}}"#,
        r#"{"mcpServers": {}, "users": [], "systemConfig": {"install": {"baseUrl": "https://hub.example"}, "nameSeparator": "-"},
            "groups": {"g": {"servers": []}}, "inputs": [{"id": "k"}], "prompts": [], "resources": [{"uri": "a"}]}"#,
        r#"{"servers": {}}"#,
        r#"{"oauthClients": [{"clientId": "c"}], "bearerKeys": []}"#,
    ] {
        assert_eq!(told(text), [""; 0], "{text}");
    }
}

#[test]
fn lists_beside_the_servers_switch_them_off() {
    let off = |lists: &str| {
        let text = format!(r#"{{"mcpServers": {{"a": {{"command": "x"}}, "b": {{"command": "x"}}}}, {lists}}}"#);
        let loaded = loaded(&text, &[]);
        let is_off = |(name, entry): (&String, &ServerEntry)| match entry {
            ServerEntry::Usable(server) if !server.enabled => Some(name.clone()),
            ServerEntry::Usable(_) | ServerEntry::Faulty(_) | ServerEntry::Unsupported(_) => None,
        };
        loaded.settings.servers.iter().filter_map(is_off).collect::<Vec<_>>()
    };

    assert_eq!(off(r#""mcp": {"excluded": ["a"]}"#), ["a"]);
    assert_eq!(off(r#""mcp": {"allowed": ["a"]}"#), ["b"]);
    assert_eq!(off(r#""disabledMcpServers": ["a"]"#), ["a"]);
    assert_eq!(off(r#""disabledMcpjsonServers": ["b"]"#), ["b"]);
    assert_eq!(off(r#""mcp": {}"#), [""; 0]);
}

#[test]
fn names_that_differ_in_capital_letters_only_are_told() {
    let text = r#"{"mcpServers": {"Notes": {"command": "x"}, "notes": {"command": "x"}}}"#;

    let warnings: Vec<_> = loaded(text, &[]).warnings.iter().map(ToString::to_string).collect();

    let expected =
        "mcp_settings.json: mcpServers.notes: differs from Notes in capital letters only; give it another name.";
    assert_eq!(warnings, [expected]);
}

#[test]
fn a_name_of_a_host_is_no_address() {
    let read = |hosts: &str| loaded(&format!(r#"{{"systemConfig": {{"install": {{"allowedHosts": {hosts}}}}}}}"#), &[]);
    let good = read(r#"[" Hub.Example ", "10.0.0.1", "::1", "[fe80::1]", ""]"#);

    assert_eq!(good.settings.system.allowed_hosts, ["hub.example", "10.0.0.1", "[::1]", "[fe80::1]"]);
    assert!(good.faults.is_empty());
    for (hosts, expected) in [
        (r#"["https://hub.example/x"]"#, "\"https://hub.example/x\" is not a host name; write hub.example."),
        (r#"["hub.example:3000"]"#, "\"hub.example:3000\" is not a host name; write hub.example."),
        (r#"["*"]"#, "\"*\" is not a host name; write hub.example."),
        (r#"["*.hub.example"]"#, "\"*.hub.example\" is not a host name; write hub.example."),
        (r#""hub.example""#, "is not a list of strings; write [\"hub.example\"]."),
    ] {
        let told: Vec<_> = read(hosts).faults.iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("mcp_settings.json: systemConfig.install.allowedHosts: {expected}")], "{hosts}");
    }
}

#[test]
fn slips_beside_the_hubs_own_keys_are_told() {
    let text = r#"{"systemConfig": {"install": {"allowedHost": []}, "egress": {"allow_private": ["a"]}}}"#;

    let keys: Vec<_> = loaded(text, &[]).warnings.iter().map(|warning| warning.key.clone()).collect();

    assert_eq!(keys, ["systemConfig.install.allowedHost", "systemConfig.egress.allow_private"]);
}

#[test]
fn a_time_of_the_environment_that_is_none_is_told() {
    let loaded = loaded("{}", &[("INIT_TIMEOUT", "soon")]);

    let told: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();

    let expected = "environment: INIT_TIMEOUT: is not a time in milliseconds, and does not count; set it to a number such as 60000.";
    assert_eq!(told, [expected]);
}
