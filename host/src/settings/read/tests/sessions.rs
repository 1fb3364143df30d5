//! How many client sessions there may be, and how long they last.

use std::time::Duration;

use super::*;
use crate::settings::system::SessionSettings;

fn sessions(system: &str) -> SessionSettings {
    loaded(&format!(r#"{{"systemConfig": {system}}}"#), &[]).settings.system.sessions
}

#[test]
fn what_is_written_of_sessions_is_read_and_the_rest_is_left_open() {
    let all = sessions(r#"{"sessions": {"max": 5, "idleMinutes": "2", "maxAgeHours": 3}}"#);

    let (idle, age) = (Some(Duration::from_mins(2)), Some(Duration::from_hours(3)));
    assert_eq!(all, SessionSettings { max: Some(5), idle, age });
    assert_eq!(sessions("{}"), SessionSettings::default());
    assert!(all.outlive_restarts() && sessions("{}").outlive_restarts());
}

#[test]
fn sessions_end_with_the_hub_where_either_key_says_so() {
    for system in [
        r#"{"sessions": {"maxAgeHours": 0}}"#,
        r#"{"enableSessionRebuild": false}"#,
        r#"{"enableSessionRebuild": false, "sessions": {"maxAgeHours": 5}}"#,
    ] {
        assert!(!sessions(system).outlive_restarts(), "{system}");
    }
    assert!(sessions(r#"{"enableSessionRebuild": true}"#).outlive_restarts());
}

#[test]
fn numbers_that_make_no_sense_are_told() {
    let text = r#"{"systemConfig": {"sessions": {"max": 0, "idleMinutes": 1.5, "maxAgeHours": -1, "maxSessions": 1}}}"#;

    let loaded = loaded(text, &[]);

    let told: Vec<_> = loaded.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "mcp_settings.json: systemConfig.sessions.max: is not a whole number between 1 and 100000; write a whole number such as 1000.",
            "mcp_settings.json: systemConfig.sessions.idleMinutes: is not a whole number between 1 and 525600; write a whole number such as 60.",
            "mcp_settings.json: systemConfig.sessions.maxAgeHours: is not a whole number between 0 and 8760; write a whole number such as 168.",
        ]
    );
    let keys: Vec<_> = loaded.warnings.iter().map(|warning| warning.key.as_str()).collect();
    assert_eq!(keys, ["systemConfig.sessions.maxSessions"]);
}
