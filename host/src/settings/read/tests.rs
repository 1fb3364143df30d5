//! What files say, and what is wrong with them.

use std::time::Duration;

mod dialects;
mod elsewhere;
mod groups;
mod keys;
mod passing_on;
mod placeholders;
mod sessions;
mod times;
mod told;

use super::*;
use crate::settings::fault::SettingsFault;
use crate::settings::{PkceSetting, ResourceSetting, Server, Transport, TransportHint};

fn loaded(text: &str, variables: &[(&str, &str)]) -> Loaded {
    let value: Value = serde_json::from_str(text).expect("json");
    let environment = Environment::of(variables.iter().copied());
    read("mcp_settings.json", value.as_object().expect("object"), &environment, [0; 32])
}

fn server(text: &str) -> Server {
    let loaded = loaded(&format!("{{\"mcpServers\": {{\"a\": {text}}}}}"), &[]);
    match loaded.settings.servers.get("a") {
        Some(ServerEntry::Usable(server)) => (**server).clone(),
        other => panic!("{other:?}"),
    }
}

fn faults(text: &str) -> Vec<String> {
    let loaded = loaded(&format!("{{\"mcpServers\": {{\"a\": {text}}}}}"), &[]);
    loaded.faults.iter().map(ToString::to_string).collect()
}

fn warnings(text: &str) -> Vec<String> {
    let loaded = loaded(&format!("{{\"mcpServers\": {{\"a\": {text}}}}}"), &[]);
    loaded.warnings.iter().map(ToString::to_string).collect()
}

fn address(server: &Server) -> String {
    match &server.transport {
        Transport::Http { url, .. } => url.to_string(),
        Transport::Stdio { command, .. } => command.clone(),
    }
}

const EXAMPLES: &str = r#"{ "mcpServers": {
    "first": { "type": "sse", "url": "https://mcp.first.example" },
    "third": { "type": "sse", "url": "https://api.third.example/mcp/",
      "oauth": { "clientId": "${THIRD_APP_ID}", "clientSecret": "${THIRD_APP_SECRET}",
                 "scopes": ["repo"], "resource": "https://api.third.example" } },
    "auto":   { "type": "sse", "url": "https://mcp.example.com/sse",
      "oauth": { "scopes": ["mcp.tools", "mcp.prompts"], "resource": "https://mcp.example.com" } },
    "own":    { "url": "https://api.example.com/mcp",
      "oauth": { "clientId": "mcphub-client", "clientSecret": "…",
                 "authorizationEndpoint": "https://auth.example.com/oauth/authorize",
                 "tokenEndpoint": "https://auth.example.com/oauth/token",
                 "redirectUri": "http://localhost:3000/oauth/callback" } },
    "dcr":    { "url": "https://mcp.example.com/mcp",
      "oauth": { "dynamicRegistration": { "enabled": true, "issuer": "https://auth.example.com",
          "metadata": { "client_name": "MCPHub", "redirect_uris": ["http://localhost:3000/oauth/callback",
                        "https://mcphub.example.com/oauth/callback"], "scope": "mcp.tools mcp.prompts",
                        "grant_types": ["authorization_code", "refresh_token"] },
          "initialAccessToken": "…" },
        "scopes": ["mcp.tools", "mcp.prompts"], "resource": "https://mcp.example.com" } } } }"#;

fn example(name: &str, variables: &[(&str, &str)]) -> Server {
    let loaded = loaded(EXAMPLES, variables);
    assert!(loaded.faults.is_empty() && loaded.warnings.is_empty(), "{loaded:?}");
    match loaded.settings.servers.get(name) {
        Some(ServerEntry::Usable(server)) => (**server).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn servers_keep_the_order_of_the_file() {
    let loaded = loaded(EXAMPLES, &[]);

    let names: Vec<_> = loaded.settings.servers.keys().map(String::as_str).collect();

    assert_eq!(names, ["first", "third", "auto", "own", "dcr"]);
}

#[test]
fn placeholders_of_a_client_are_filled_or_named() {
    let filled = example("third", &[("THIRD_APP_ID", " id "), ("THIRD_APP_SECRET", "secret")]).oauth;
    let unset = example("third", &[("THIRD_APP_ID", "id")]).oauth;

    assert_eq!(filled.client_id.as_deref(), Some("id"));
    assert_eq!(filled.client_secret.map(|secret| secret.secret().clone()).as_deref(), Some("secret"));
    assert_eq!((filled.unset, filled.scopes), (Vec::<String>::new(), Some(vec!["repo".to_owned()])));
    assert_eq!(filled.resource, ResourceSetting::Indicator("https://api.third.example".into()));
    assert!(unset.client_secret.is_none());
    assert_eq!(unset.unset, ["THIRD_APP_SECRET"]);
}

#[test]
fn explicit_endpoints_are_read() {
    let oauth = example("own", &[]).oauth;

    let urls =
        [oauth.authorization_endpoint, oauth.token_endpoint, oauth.redirect_uri].map(|url| url.map(String::from));
    assert_eq!(
        urls.map(Option::unwrap_or_default),
        [
            "https://auth.example.com/oauth/authorize",
            "https://auth.example.com/oauth/token",
            "http://localhost:3000/oauth/callback"
        ]
    );
}

#[test]
fn dynamic_registration_is_read_with_its_metadata() {
    let registration = example("dcr", &[]).oauth.dynamic_registration.expect("registration");

    assert!(registration.enabled);
    assert_eq!(registration.issuer.as_deref(), Some("https://auth.example.com"), "as written, without a slash");
    assert_eq!(registration.initial_access_token.map(|token| token.secret().clone()).as_deref(), Some("…"));
    let names: Vec<_> = registration.metadata.keys().map(String::as_str).collect();
    assert_eq!(names, ["client_name", "redirect_uris", "scope", "grant_types"]);
}

#[test]
fn the_type_is_a_hint_for_the_transport() {
    let hint = |text: &str| match server(text).transport {
        Transport::Http { hint, .. } => hint,
        Transport::Stdio { .. } => panic!("stdio"),
    };

    assert_eq!(hint(r#"{"type": "sse", "url": "https://a.example"}"#), TransportHint::Sse);
    assert_eq!(hint(r#"{"type": "streamable-http", "url": "https://a.example"}"#), TransportHint::StreamableHttp);
    assert_eq!(hint(r#"{"url": "https://a.example"}"#), TransportHint::Unsaid);
    assert_eq!(hint(r#"{"type": "sse", "url": "https://a.example", "command": "x"}"#), TransportHint::Sse);
    assert_eq!(address(&server(r#"{"type": "stdio", "url": "https://a.example", "command": "x"}"#)), "x");
}

#[test]
fn a_command_is_read_with_its_arguments_and_environment() {
    let server =
        server(r#"{"command": "npx", "args": ["-y", 3, "${NONE:-x}"], "env": {"A": "1", "PORT": 80, "N": null}}"#);

    let Transport::Stdio { command, args, env, .. } = server.transport else { panic!("stdio") };
    assert_eq!((command.as_str(), args.to_vec()), ("npx", vec!["-y".to_owned(), "3".to_owned(), "x".to_owned()]));
    assert_eq!(env, [("A".to_owned(), "1".to_owned()), ("PORT".to_owned(), "80".to_owned())]);
}

#[test]
fn the_rest_of_an_entry_is_read_and_what_is_not_known_is_nobodys_fault() {
    let server = server(
        r#"{"url": "https://a.example/mcp", "enabled": false, "description": "A", "timeout": "stray", "owner": "admin",
            "options": {"timeout": 5000, "maxTotalTimeout": 1}, "headers": {"X-Key": "k", "X-Empty": "${NONE}"},
            "tools": {"t": {"enabled": false, "description": "T"}}, "passthroughHeaders": ["a"], "enableKeepAlive": true,
            "proxy": {"enabled": true}, "credentialTemplate": [], "x-mine": {"deep": [null]}, "oauth": null}"#,
    );

    assert!(!server.enabled && !server.has_oauth && server.uses_oauth());
    assert_eq!(server.timeout, Some(Duration::from_secs(5)));
    assert_eq!(server.headers, [("X-Key".to_owned(), "k".to_owned())]);
    assert_eq!(server.description.as_deref(), Some("A"));
    let (_, tool) = server.tools.iter().next().expect("tool");
    assert_eq!((tool.enabled, tool.description.as_deref()), (Some(false), Some("T")));
}

#[test]
fn a_static_authorization_header_without_oauth_means_that_the_hub_does_not_log_in() {
    let with = |more: &str| {
        server(&format!(r#"{{"url": "https://a.example", "headers": {{"authorization": "Bearer x"}}{more}}}"#))
            .uses_oauth()
    };

    assert!(!with(""));
    assert!(with(r#", "oauth": {}"#));
    assert!(server(r#"{"url": "https://a.example", "headers": {"Authorization": "${NONE}"}}"#).uses_oauth());
}

#[test]
fn kinds_that_are_not_served_are_told_in_one_sentence() {
    for entry in [r#"{"type": "openapi", "openapi": {"url": "https://a.example"}}"#, r#"{"openapi": {"schema": {}}}"#] {
        let loaded = loaded(&format!("{{\"mcpServers\": {{\"a\": {entry}, \"b\": {{\"command\": \"x\"}}}}}}"), &[]);

        let Some(ServerEntry::Unsupported(sentence)) = loaded.settings.servers.get("a") else { panic!("{entry}") };
        assert_eq!(
            sentence,
            "a is an OpenAPI server, which this hub does not serve; the other servers are not affected."
        );
        assert!(loaded.faults.is_empty());
        assert!(matches!(loaded.settings.servers.get("b"), Some(ServerEntry::Usable(_))));
    }
}

#[test]
fn the_address_of_the_hub_is_written_or_from_the_environment() {
    let variables = [("INSTALL_BASE_URL", "https://env.example")];
    let base =
        |text: &str, variables: &[(&str, &str)]| loaded(text, variables).settings.system.base_url.map(String::from);
    let written = r#"{"systemConfig": {"install": {"baseUrl": "https://own.example/hub"}}}"#;

    assert_eq!(base(written, &variables).as_deref(), Some("https://own.example/hub"));
    assert_eq!(
        base(r#"{"systemConfig": {"install": {"baseUrl": "${X}"}}}"#, &variables).as_deref(),
        Some("https://env.example/")
    );
    assert_eq!(base("{}", &[]), None);
    let wrong = loaded("{}", &[("INSTALL_BASE_URL", "hub.example")]);
    let expected =
        "environment: INSTALL_BASE_URL: \"hub.example\" has no http or https scheme; write https://hub.example.";
    assert_eq!(wrong.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn the_separator_is_a_dash_unless_written() {
    assert_eq!(loaded("{}", &[]).settings.system.name_separator, "-");
    assert_eq!(loaded(r#"{"systemConfig": {"nameSeparator": "::"}}"#, &[]).settings.system.name_separator, "::");
}

#[test]
fn a_time_to_wait_comes_from_the_environment_where_the_entry_has_none() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"url": "https://a.example"}, "b": {"url": "https://a.example", "options": {"timeout": 1}}}}"#,
        &[("DEFAULT_REQUEST_TIMEOUT", "2000")],
    );

    let timeouts: Vec<_> = loaded
        .settings
        .servers
        .values()
        .map(|entry| match entry {
            ServerEntry::Usable(server) => server.timeout,
            ServerEntry::Faulty(_) | ServerEntry::Unsupported(_) => None,
        })
        .collect();
    assert_eq!(timeouts, [Some(Duration::from_secs(2)), Some(Duration::from_millis(1))]);
}

#[test]
fn pkce_scopes_and_inputs_are_read_in_all_their_forms() {
    let oauth = |text: &str| server(&format!(r#"{{"url": "https://a.example", "oauth": {text}}}"#)).oauth;

    assert_eq!(oauth(r#"{"pkce": "assume"}"#).pkce, PkceSetting::Assume);
    assert_eq!(oauth(r#"{"pkce": "omit"}"#).pkce, PkceSetting::Omit);
    assert_eq!(oauth("{}").pkce, PkceSetting::Required);
    assert_eq!(oauth(r#"{"scopes": "read, write"}"#).scopes, Some(vec!["read".to_owned(), "write".to_owned()]));
    assert_eq!(oauth(r#"{"scopes": []}"#).scopes, Some(Vec::new()));
    assert_eq!(oauth(r#"{"inputs": {"tenant": "t", "port": 1, "none": ""}}"#).inputs.len(), 2);
}

#[test]
fn no_secret_is_shown_when_settings_are_printed() {
    let server = server(
        r#"{"url": "https://a.example", "oauth": {"clientSecret": "canary", "accessToken": "canary", "refreshToken": "canary",
            "dynamicRegistration": {"initialAccessToken": "canary"}}}"#,
    );

    assert!(!format!("{server:?}").contains("canary"));
}

#[test]
fn all_faults_are_told_at_once_each_with_a_remedy() {
    let loaded = loaded(
        r#"{
            "mcpServers": {
                "notes": {"url": "htp://notes.example/mcp"},
                "mail": {"url": "mail.example/mcp", "oauth": {"clientId": 5, "scopes": {"read": true}}},
                "files": {"command": 1},
                "tasks": {"uri": "https://tasks.example/mcp"},
                "late": {"url": "https://late.example/mcp", "options": {"timeout": "soon"}}
            },
            "systemConfig": {"install": {"baseUrl": "hub.example"}}
        }"#,
        &[],
    );

    let all = |faults: &[SettingsFault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(format!("{}\n\nWarnings:\n{}", all(&loaded.faults), all(&loaded.warnings)));
}
