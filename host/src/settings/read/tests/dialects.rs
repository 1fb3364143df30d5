//! Entries as other programs write them.

use super::{address, faults, loaded, server};
use crate::settings::model::{Server, ServerEntry, Transport, TransportHint};
use crate::settings::read::tests::warnings;

fn is_on(text: &str) -> bool {
    server(text).enabled
}

fn command(server: &Server) -> (String, Vec<String>, Vec<(String, String)>) {
    match &server.transport {
        Transport::Stdio { command, args, env, .. } => (command.clone(), args.to_vec(), env.clone()),
        Transport::Http { url, .. } => panic!("{url}"),
    }
}

fn shown(server: &Server, tool: &str) -> bool {
    server.tools.shows(|name| name == tool)
}

#[test]
fn what_is_switched_off_in_any_spelling_is_off() {
    for switch in [
        r#""disabled": true"#,
        r#""disabled": "true""#,
        r#""isActive": false"#,
        r#""is_enabled": false"#,
        r#""Enabled": false"#,
        r#""disable": true"#,
        r#""inactive": true"#,
        r#""skip": true"#,
        r#""autoStart": false"#,
        r#""start_on_launch": false"#,
        r#""state": "disabled""#,
        r#""enabled": true, "disabled": true"#,
        r#""enabled": false, "disabled": false"#,
    ] {
        assert!(!is_on(&format!(r#"{{"command": "x", {switch}}}"#)), "{switch}");
    }
    for switch in [r#""disabled": false"#, r#""enabled": true"#, r#""disabled": null"#, r#""status": "connected""#] {
        assert!(is_on(&format!(r#"{{"command": "x", {switch}}}"#)), "{switch}");
    }
}

#[test]
fn a_switch_that_is_neither_on_nor_off_keeps_the_server_from_running() {
    for switch in [r#""disabled": "yes""#, r#""disabled": 1"#, r#""isActive": []"#] {
        let told = faults(&format!(r#"{{"command": "x", {switch}}}"#)).concat();
        assert!(told.contains("is not true or false"), "{switch}: {told}");
    }
}

#[test]
fn switches_that_contradict_each_other_are_told() {
    let told = warnings(r#"{"command": "x", "enabled": true, "disabled": true}"#);

    let expected = "mcp_settings.json: mcpServers.a.disabled: switches the server off, and enabled switches it on; it is off; keep one of them.";
    assert_eq!(told, [expected]);
}

#[test]
fn tools_are_hidden_and_chosen_in_all_spellings() {
    for list in ["disabledTools", "excludeTools", "disabled_tools", "excludedTools", "hiddenTools"] {
        let server = server(&format!(r#"{{"command": "x", "{list}": ["die"]}}"#));
        assert!(!shown(&server, "die") && shown(&server, "live"), "{list}");
    }
    for list in ["includeTools", "enabled_tools", "allowedTools", "available_tools", "tools"] {
        let server = server(&format!(r#"{{"command": "x", "{list}": ["live"]}}"#));
        assert!(!shown(&server, "die") && shown(&server, "live") && !server.tools.is_empty(), "{list}");
    }
    let both = server(r#"{"command": "x", "includeTools": ["a", "b"], "excludeTools": ["b"]}"#);
    assert!(shown(&both, "a") && !shown(&both, "b") && !shown(&both, "c"));
    assert!(shown(&server(r#"{"command": "x", "tools": ["*"]}"#), "a"));
    assert!(!shown(&server(r#"{"command": "x", "disabledTools": ["*"]}"#), "a"));
    assert!(!shown(&server(r#"{"command": "x", "includeTools": []}"#), "a"));
    for switch in [r#""disabled": true"#, r#""visible": false"#, r#""hidden": true"#, r#""isActive": false"#] {
        let server = server(&format!(r#"{{"command": "x", "tools": {{"die": {{{switch}}}}}}}"#));
        assert!(!shown(&server, "die") && shown(&server, "live"), "{switch}");
    }
    for filter in [r#""toolFilter": {"exclude": ["die"]}"#, r#""tool_filter": {"include": ["live"]}"#] {
        let server = server(&format!(r#"{{"command": "x", {filter}}}"#));
        assert!(!shown(&server, "die") && shown(&server, "live"), "{filter}");
    }
    let told = faults(r#"{"command": "x", "toolFilter": {"regex": ["die"]}}"#).concat();
    assert!(told.contains("is not a list that the hub knows"), "{told}");
    let set =
        server(r#"{"command": "x", "disabledTools": ["t"], "tools": {"t": {"enabled": true, "description": "T"}}}"#);
    assert!(!shown(&set, "t"));
}

#[test]
fn prompts_and_resources_are_hidden_and_chosen_like_tools() {
    let server = server(
        r#"{"command": "x", "prompts": {"p": {"enabled": false}}, "disabledPrompts": ["q"], "allowed_resources": ["a://1?b"]}"#,
    );
    let shown = |settings: &crate::settings::ToolSettings, is: &str| settings.shows(|name| name == is);

    assert!(!shown(&server.prompts, "p") && !shown(&server.prompts, "q") && shown(&server.prompts, "r"));
    assert!(shown(&server.resources, "a://1?b") && !shown(&server.resources, "a://2"));
    assert!(server.tools.is_empty());
}

#[test]
fn what_other_programs_mean_by_resources_hides_none() {
    for value in ["[]", "true", "[{\"uri\": \"a://1\"}]", "\"none\"", "null"] {
        let server = server(&format!(r#"{{"command": "x", "resources": {value}, "prompts": {value}}}"#));
        assert!(server.resources.is_empty() && server.prompts.is_empty(), "{value}");
    }
}

#[test]
fn a_pattern_for_tools_is_refused_rather_than_misunderstood() {
    let told = faults(r#"{"command": "x", "disabledTools": ["delete_*"]}"#);

    let expected = "mcp_settings.json: mcpServers.a.disabledTools: \"delete_*\" is a pattern, and the hub compares whole names; list the tools by name.";
    assert_eq!(told, [expected]);
}

#[test]
fn an_address_is_found_in_all_spellings_with_what_it_says_of_the_transport() {
    for (entry, hint) in [
        (r#""serverUrl": "https://a.example/mcp""#, TransportHint::Unsaid),
        (r#""httpUrl": "https://a.example/mcp""#, TransportHint::StreamableHttp),
        (r#""sseUrl": "https://a.example/mcp""#, TransportHint::Sse),
        (r#""server_url": "https://a.example/mcp""#, TransportHint::Unsaid),
        (r#""URL": " https://a.example/mcp ""#, TransportHint::Unsaid),
        (r#""uri": "https://a.example/mcp", "type": "streamable_http""#, TransportHint::StreamableHttp),
        (r#""url": "https://a.example/mcp", "transport": "sse""#, TransportHint::Sse),
        (r#""url": "https://a.example/mcp", "transportType": "streamableHttp""#, TransportHint::StreamableHttp),
        (r#""transport": {"type": "http", "url": "https://a.example/mcp"}"#, TransportHint::StreamableHttp),
        (r#""type": "remote", "url": "https://a.example/mcp""#, TransportHint::Unsaid),
    ] {
        let server = server(&format!("{{{entry}}}"));
        let Transport::Http { url, hint: found } = &server.transport else { panic!("{entry}") };
        assert_eq!((url.as_str(), *found), ("https://a.example/mcp", hint), "{entry}");
    }
}

#[test]
fn a_fault_names_the_key_that_stands_in_the_file() {
    for (entry, key) in [
        (r#"{"serverUrl": "htp://a.example"}"#, "mcpServers.a.serverUrl:"),
        (r#"{"transport": {"url": "htp://a.example"}}"#, "mcpServers.a.transport.url:"),
        (r#"{"cmd": 5}"#, "mcpServers.a.cmd:"),
        (r#"{"command": {"path": 5}}"#, "mcpServers.a.command.path:"),
    ] {
        let told = faults(entry).concat();
        assert!(told.contains(key), "{entry}: {told}");
    }
}

#[test]
fn two_addresses_that_differ_are_told_and_url_counts() {
    let entry = r#"{"url": "https://a.example", "serverUrl": "https://b.example"}"#;

    assert_eq!(address(&server(entry)), "https://a.example/");
    assert!(warnings(entry).concat().contains("a.serverUrl: says something else than url, and url counts"));
    assert!(warnings(r#"{"url": "https://a.example", "serverUrl": "https://a.example"}"#).is_empty());
    assert!(warnings(r#"{"url": "https://a.example", "command": "x"}"#).concat().contains("a.command: is not run"));
}

#[test]
fn a_command_is_found_in_all_shapes() {
    for entry in [
        r#"{"source": "custom", "command": {"path": "npx", "args": ["-y", "n"], "env": {"A": "1"}}}"#,
        r#"{"type": "local", "command": ["npx", "-y", "n"], "environment": {"A": 1}}"#,
        r#"{"cmd": "npx", "args": ["-y", "n"], "envs": {"A": "1"}}"#,
        r#"{"transport": {"type": "stdio", "command": "npx", "args": ["-y", "n"], "env": {"A": "1"}}}"#,
        r#"{"transport": "stdio", "command": "npx", "args": ["-y", "n"], "env": {"A": "1"}, "url": ""}"#,
    ] {
        let expected =
            ("npx".to_owned(), vec!["-y".to_owned(), "n".to_owned()], vec![("A".to_owned(), "1".to_owned())]);
        assert_eq!(command(&server(entry)), expected, "{entry}");
    }
}

#[test]
fn variables_and_headers_by_the_names_of_variables_are_filled() {
    let text = r#"{"mcpServers": {"a": {"url": "https://a.example", "bearer_token_env_var": "TOKEN", "env_http_headers": {"X-Key": "KEY"},
        "http_headers": {"X-Plain": "p"}}, "b": {"command": "x", "env_vars": ["KEY"]}}}"#;
    let loaded = loaded(text, &[("TOKEN", "t"), ("KEY", "k")]);

    let servers = loaded.settings.usable();

    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(servers[0].headers, [pair("X-Plain", "p"), pair("X-Key", "k"), pair("Authorization", "Bearer t")]);
    assert_eq!(command(&servers[1]).2, [pair("KEY", "k")]);
}

#[test]
fn a_client_in_auth_is_one_of_oauth() {
    let server =
        server(r#"{"url": "https://a.example", "auth": {"CLIENT_ID": "c", "CLIENT_SECRET": "s", "scopes": ["read"]}}"#);

    assert_eq!(server.oauth.client_id.as_deref(), Some("c"));
    assert_eq!(server.oauth.client_secret.map(|secret| secret.secret().clone()).as_deref(), Some("s"));
    assert_eq!(server.oauth.scopes, Some(vec!["read".to_owned()]));
}

#[test]
fn what_the_hub_does_not_do_is_told_with_what_to_write() {
    for (entry, told) in [
        (r#""autoApprove": ["t"]"#, "a.autoApprove: means nothing to the hub, which asks no one before a call"),
        (r#""alwaysAllow": ["t"]"#, "a.alwaysAllow: means nothing"),
        (r#""trust": true"#, "a.trust: means nothing"),
        (r#""envFile": ".env""#, "a.envFile: is not read; write its variables into env."),
        (
            r#""sandboxEnabled": true"#,
            "a.sandboxEnabled: means nothing to the hub, which runs the command without a sandbox",
        ),
        (r#""apiKey": "secret""#, "a.apiKey: means nothing to the hub; write headers.Authorization, or oauth."),
        (r#""diabled": true"#, "a.diabled: means nothing to the hub; write disabled."),
        (r#""inherit_env ": true, "comand": "x""#, "a.comand: means nothing to the hub; write command."),
    ] {
        let found = warnings(&format!(r#"{{"command": "x", {entry}}}"#)).concat();
        assert!(found.contains(told) && !found.contains("secret"), "{entry}: {found}");
    }
    for quiet in [
        r#""disabled_tools": ["a"]"#,
        r#""excludeTools": ["a"]"#,
        r#""includedTools": ["a"]"#,
        r#""enable": true"#,
        r#""Enabled": true"#,
        r#""ENV": {}"#,
        r#""init_timeout": 5"#,
        r#""env_keys": []"#,
        r#""resources": {}"#,
        r#""prompts": {}"#,
        r#""owner": "o""#,
        r#""visibility": "public""#,
        r#""enableKeepAlive": true"#,
        r#""keepAliveInterval": 1"#,
        r#""perSessionClient": true"#,
        r#""startOnDemand": true"#,
        r#""idleTimeoutMs": 1"#,
        r#""proxy": {}"#,
        r#""passthroughHeaders": ["a"]"#,
        r#""icon": "i""#,
        r#""autoApprove": []"#,
        r#""trust": false"#,
        r#""name": "n""#,
        r#""dev": {"watch": "x"}"#,
        r#""tags": ["a"]"#,
    ] {
        assert_eq!(warnings(&format!(r#"{{"command": "x", {quiet}}}"#)), [""; 0], "{quiet}");
    }
}

#[test]
fn parts_of_other_programs_are_unsupported() {
    for entry in [r#"{"source": "extension", "settings": {}}"#, r#"{"type": "builtin", "command": "x"}"#] {
        let loaded = loaded(&format!("{{\"mcpServers\": {{\"a\": {entry}}}}}"), &[]);
        assert!(matches!(loaded.settings.servers.get("a"), Some(ServerEntry::Unsupported(_))), "{entry}");
    }
}

#[test]
fn a_user_name_in_an_address_becomes_a_header_and_stands_nowhere_else() {
    let entry = r#"{"url": "https://ann:s%40cret+1@a.example/mcp#part"}"#;
    let server = server(entry);

    assert_eq!(address(&server), "https://a.example/mcp");
    // ann:s@cret+1
    assert_eq!(server.headers, [("Authorization".to_owned(), "Basic YW5uOnNAY3JldCsx".to_owned())]);
    let told = warnings(entry).concat();
    assert!(
        told.contains("has a user name in it") && told.contains("has a fragment") && !told.contains("cret"),
        "{told}"
    );
}
