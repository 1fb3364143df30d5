//! How long things may take: `options.timeout`, other programs' spellings of it, and the environment.

use std::time::Duration;

use serde_json::Value;

use super::findings::Findings;
use super::part::Part;
use super::slips::plain;
use crate::settings::model::CommandLifetime;

/// Milliseconds by their names.
const REQUEST_MILLISECONDS: &[&str] = &["requesttimeout", "requesttimeoutms", "timeoutms", "tooltimeoutms"];
const REQUEST_SECONDS: &[&str] = &["tooltimeoutsec", "timeoutsec", "timeoutseconds", "requesttimeoutsec"];
const START_MILLISECONDS: &[&str] =
    &["inittimeout", "startuptimeoutms", "starttimeout", "connectiontimeout", "connecttimeout"];
const START_SECONDS: &[&str] = &["startuptimeoutsec", "inittimeoutsec"];

/// `idleTimeoutMs` of a command that is started on demand, unless the entry says otherwise.
const IDLE: Duration = Duration::from_mins(5);

/// A `timeout` below this can only be seconds, and from that on only milliseconds.
const SECONDS_BELOW: u64 = 1_000;
const MILLISECONDS_FROM: u64 = 10_000;

/// Whether a key in its plain spelling is read here.
pub(super) fn understands(key: &str) -> bool {
    [REQUEST_MILLISECONDS, REQUEST_SECONDS, START_MILLISECONDS, START_SECONDS, &["timeout"]]
        .into_iter()
        .any(|names| names.contains(&key))
}

/// The times of one server.
pub(super) struct Times {
    /// How long a request may take: `options.timeout` or another spelling of it, else `DEFAULT_REQUEST_TIMEOUT`.
    pub(super) request: Option<Duration>,
    /// How long it may take to come up: `initTimeout`, else `INIT_TIMEOUT`; never less than the entry gives a request.
    pub(super) start: Option<Duration>,
    /// Whether progress begins the wait again (`options.resetTimeoutOnProgress`).
    pub(super) resets_on_progress: bool,
    /// The wait that no progress extends (`options.maxTotalTimeout`).
    pub(super) total: Option<Duration>,
}

/// Reads those of an entry.
pub(super) fn read(part: &Part<'_>) -> Times {
    let options = part.member_object("options");
    let in_options = |key: &str| options.as_ref().and_then(|options| options.milliseconds(key));
    let own =
        in_options("timeout").or_else(|| named(part, REQUEST_MILLISECONDS, REQUEST_SECONDS)).or_else(|| unclear(part));
    let start = named(part, START_MILLISECONDS, START_SECONDS);
    Times {
        request: own.or_else(|| of_environment(part.findings, "DEFAULT_REQUEST_TIMEOUT")),
        start: start.or_else(|| of_environment(part.findings, "INIT_TIMEOUT")).max(own),
        resets_on_progress: options
            .as_ref()
            .and_then(|options| options.flag("resetTimeoutOnProgress"))
            .unwrap_or(false),
        total: in_options("maxTotalTimeout"),
    }
}

/// Reads when the command of an entry runs. A command that is started on demand also ends when nobody needs it.
pub(super) fn lifetime(part: &Part<'_>) -> CommandLifetime {
    let is_on_demand = part.flag("startOnDemand").unwrap_or(false);
    let is_forever = part.raw("idleTimeoutMs").and_then(Value::as_u64) == Some(0);
    let said = if is_forever { None } else { part.milliseconds("idleTimeoutMs") };
    CommandLifetime {
        is_per_session: part.flag("perSessionClient").unwrap_or(false),
        is_on_demand,
        idle: said.or((is_on_demand && !is_forever).then_some(IDLE)),
    }
}

/// Says once what is wrong with the times of the environment.
pub(super) fn warn_of_environment(findings: &Findings<'_>) {
    for name in ["INIT_TIMEOUT", "DEFAULT_REQUEST_TIMEOUT"] {
        if findings.environment.get(name).is_some() && of_environment(findings, name).is_none() {
            let rule = "is not a time in milliseconds, and does not count";
            let remedy = "set it to a number such as 60000";
            findings.warn(Findings::of("environment", findings.environment).fault(name, None, rule, remedy));
        }
    }
}

fn of_environment(findings: &Findings<'_>, name: &str) -> Option<Duration> {
    let time = findings.environment.get(name)?.trim().parse().ok().filter(|time| *time > 0);
    time.map(Duration::from_millis)
}

fn named(part: &Part<'_>, milliseconds: &[&str], seconds: &[&str]) -> Option<Duration> {
    let of = |names: &[&str], unit: f64| {
        let key = part.names().find(|key| names.contains(&plain(key).as_str()))?;
        let time = part.raw(key)?.as_f64().filter(|time| *time > 0.0 && *time < 1e12)?;
        Duration::try_from_secs_f64(time * unit).ok()
    };
    of(milliseconds, 0.001).or_else(|| of(seconds, 1.0))
}

/// A bare `timeout`: some programs mean seconds, others milliseconds.
fn unclear(part: &Part<'_>) -> Option<Duration> {
    match part.raw("timeout").and_then(Value::as_u64)? {
        0 => None,
        seconds if seconds < SECONDS_BELOW => Some(Duration::from_secs(seconds)),
        milliseconds if milliseconds >= MILLISECONDS_FROM => Some(Duration::from_millis(milliseconds)),
        _ => {
            let rule = "may be seconds or milliseconds, and does not count";
            let remedy = "write options.timeout, in milliseconds";
            part.findings.warn(part.findings.fault(&part.path("timeout"), None, rule, remedy));
            None
        }
    }
}
