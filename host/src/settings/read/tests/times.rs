//! How long things may take, and when a command runs.

use std::time::Duration;

use super::server;
use crate::settings::model::CommandLifetime;
use crate::settings::read::tests::warnings;

#[test]
fn times_are_understood_where_their_unit_is_clear() {
    let request = |text: &str| server(&format!(r#"{{"command": "x", {text}}}"#)).timeout;
    let start = |text: &str| server(&format!(r#"{{"command": "x", {text}}}"#)).start_timeout;

    assert_eq!(request(r#""timeout": 60"#), Some(Duration::from_mins(1)));
    assert_eq!(request(r#""timeout": 600000"#), Some(Duration::from_mins(10)));
    assert_eq!(request(r#""timeout": 3600"#), None);
    assert_eq!(request(r#""tool_timeout_sec": 1.5"#), Some(Duration::from_millis(1500)));
    assert_eq!(request(r#""timeout": 60, "options": {"timeout": 5}"#), Some(Duration::from_millis(5)));
    assert_eq!(start(r#""startup_timeout_sec": 20"#), Some(Duration::from_secs(20)));
    assert_eq!(start(r#""initTimeout": 20000, "options": {"timeout": 5}"#), Some(Duration::from_secs(20)));
    assert_eq!(start(r#""initTimeout": 5, "options": {"timeout": 20000}"#), Some(Duration::from_secs(20)));
    let told = warnings(r#"{"command": "x", "timeout": 3600}"#).concat();
    assert!(
        told.contains("a.timeout: may be seconds or milliseconds") && told.contains("write options.timeout"),
        "{told}"
    );
}

#[test]
fn progress_and_a_most_are_read_with_the_time_of_a_request() {
    let options =
        server(r#"{"command": "x", "options": {"timeout": 5, "resetTimeoutOnProgress": true, "maxTotalTimeout": 70}}"#);

    assert!(options.resets_timeout_on_progress);
    assert_eq!(options.max_total_timeout, Some(Duration::from_millis(70)));
    assert!(!server(r#"{"command": "x"}"#).resets_timeout_on_progress);
}

#[test]
fn when_a_command_runs_is_read_and_one_on_demand_ends_by_itself_unless_the_entry_says_never() {
    let lifetime = |text: &str| server(&format!(r#"{{"command": "x"{text}}}"#)).lifetime;
    let idle = |text: &str| lifetime(text).idle;

    assert_eq!(lifetime(""), CommandLifetime::default());
    assert!(lifetime(r#", "perSessionClient": true"#).is_per_session);
    assert!(lifetime(r#", "startOnDemand": "true""#).is_on_demand);
    assert_eq!(idle(r#", "startOnDemand": true"#), Some(Duration::from_mins(5)));
    assert_eq!(idle(r#", "startOnDemand": true, "idleTimeoutMs": 70"#), Some(Duration::from_millis(70)));
    assert_eq!(idle(r#", "startOnDemand": true, "idleTimeoutMs": 0"#), None);
    assert_eq!(idle(r#", "idleTimeoutMs": 0"#), None);
}
