//! Placeholders that come to nothing, wherever they stand.

use super::{loaded, server};
use crate::settings::model::{ServerEntry, Transport};
use crate::settings::read::tests::{faults, warnings};

#[test]
fn an_unset_variable_of_a_command_is_told_like_one_of_an_address() {
    let expected = "mcp_settings.json: mcpServers.a: uses ${NONE}, which is not set in the environment and counts as empty; set it, or take the placeholder out.";
    for entry in [
        r#"{"command": "x", "env": {"K": "${NONE}"}}"#,
        r#"{"command": "x", "args": ["${NONE}"]}"#,
        r#"{"command": "x-${NONE}"}"#,
        r#"{"command": "x", "env": {"K": "${env:NONE}"}}"#,
        r#"{"command": "x", "env": {"K": "$NONE"}}"#,
    ] {
        assert_eq!(warnings(entry), [expected], "{entry}");
    }
    let folder = faults(r#"{"command": "x", "cwd": "${NONE}/data"}"#);
    assert_eq!(
        folder,
        [
            "mcp_settings.json: mcpServers.a.cwd: uses ${NONE}, which is not set in the environment; set it, or take the placeholder out."
        ]
    );
}

#[test]
fn what_an_editor_would_fill_is_told_and_never_passed_on() {
    let entry = r#"{"url": "https://a.example", "headers": {"Authorization": "Bearer ${input:token}", "X-Key": "${input:key}"}}"#;
    let server = server(entry);

    assert!(server.headers.is_empty() && server.uses_oauth(), "{server:?}");
    let told = warnings(entry).concat();
    assert!(told.contains("uses ${input:token}, which only an editor can fill"), "{told}");
    assert!(told.contains("headers.Authorization: is not sent"), "{told}");
    let folder = faults(r#"{"command": "x", "cwd": "${workspaceFolder}"}"#).concat();
    assert!(folder.contains("cwd: uses ${workspaceFolder}, which only an editor can fill"), "{folder}");
    let address = faults(r#"{"url": "${input:url}"}"#).concat();
    assert!(
        address.contains("url: is empty, because ${input:url} is for an editor to fill; write the value here"),
        "{address}"
    );
}

#[test]
fn a_credential_that_is_filled_in_part_is_not_sent() {
    let server = server(r#"{"url": "https://a.example", "headers": {"Authorization": "Bearer ${NONE}", "X": "a"}}"#);

    assert_eq!(server.headers, [("X".to_owned(), "a".to_owned())]);
    assert!(server.uses_oauth());
}

#[test]
fn a_dollar_within_a_secret_is_kept() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"command": "x", "env": {"P": "Pa$$WORD1", "Q": "postgres://u:s$Q$x@db/n", "R": "$SET"}}}}"#,
        &[("SET", "filled")],
    );

    let Some(ServerEntry::Usable(server)) = loaded.settings.servers.get("a") else { panic!("{loaded:?}") };
    let Transport::Stdio { env, .. } = &server.transport else { panic!("{server:?}") };
    let values: Vec<&str> = env.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["Pa$$WORD1", "postgres://u:s$Q$x@db/n", "filled"]);
    assert!(loaded.warnings.is_empty(), "{loaded:?}");
}

#[test]
fn a_variable_that_is_written_as_it_was_filled_once_is_told() {
    let entry = r#"{"url": "https://a.example", "headers": {"Authorization": "Bearer $TOKEN"}}"#;

    let told = warnings(entry);

    let expected = "mcp_settings.json: mcpServers.a: has what looks like a variable, and is used as it is written; write ${NAME} if the variable is meant.";
    assert_eq!(told, [expected]);
}

#[test]
fn what_placeholders_bring_into_arguments_is_secret() {
    let loaded = loaded(
        r#"{"mcpServers": {"a": {"command": "x", "args": ["-y", "${KEY}", "--url=https://${HOST}/", "${HOME}/notes"]}}}"#,
        &[("KEY", "words of mine"), ("HOST", "db.internal"), ("HOME", "/home/ann")],
    );

    let Some(ServerEntry::Usable(server)) = loaded.settings.servers.get("a") else { panic!("{loaded:?}") };
    let Transport::Stdio { args, .. } = &server.transport else { panic!("{server:?}") };
    assert_eq!(args.secrets().collect::<Vec<_>>(), ["words of mine", "db.internal"]);
}
