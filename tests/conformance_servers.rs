//! The conformance suite's server scenarios, in both revisions, at servers on two official SDKs: directly and through the hub.
//! Each check that passes directly passes through `/mcp/{server}`, and through a group where the server's names stand as they are
//! and other servers stand beside it. A server of one generation alone passes what the other's revision demands through the hub.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a test program that says what it saw")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use futures::StreamExt;
use mcphub_tests::gaps::Gaps;
use mcphub_tests::peers::EverythingPeer;
use mcphub_tests::suite::{self, Suite};
use mcphub_tests::{Home, Hub, ServerPeer, text};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// What the suite gives a scenario, milliseconds.
const TIME: &str = "30000";
/// What all scenarios of one run may take.
const LIMIT: Duration = Duration::from_mins(5);
/// How many runs there are side by side.
const SIDE_BY_SIDE: usize = 2;

/// All scenarios of a revision at one address.
struct Run {
    server: &'static str,
    revision: &'static str,
    reach: &'static str,
    url: String,
}

/// The checks by scenario, and in it by id.
type Checks = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(suite) = Suite::installed() else { return ExitCode::SUCCESS };
    let Some(servers) = Servers::start() else { return ExitCode::SUCCESS };
    let hub = Hub::start_in(Home::new(&servers.settings().to_string()), 0, &[("RUST_LOG", "info")]);
    for (name, _) in &servers.0 {
        hub.until(name, "connected").await;
    }
    let runs = futures::stream::iter(servers.runs(&hub));
    let seen = runs.map(|run| checked(&suite, run)).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await;
    let mut gaps = Gaps::read("conformance-servers-gaps");
    let mut failed = 0;
    for (run, checks) in &seen {
        figures(&suite, run, checks);
        failed += missed(&expected(&suite, run, &seen), run, checks, &mut gaps);
    }
    let unused = gaps.unused();
    for entry in &unused {
        println!("FAILED: this gap is closed, take it out: {entry}");
    }
    if failed == 0 && unused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Servers with everything that the scenarios ask for: on each SDK one of both generations, and of each generation one alone.
struct Servers(Vec<(&'static str, EverythingPeer)>, [ServerPeer; 2]);

impl Servers {
    fn start() -> Option<Self> {
        let others = [ServerPeer::open(&json!({}))?, ServerPeer::open(&json!({}))?];
        let servers = vec![
            ("typescript", EverythingPeer::typescript(&json!({}))?),
            ("python", EverythingPeer::python()?),
            ("new-only", EverythingPeer::typescript(&json!({"only": "2026-07-28"}))?),
            ("old-only", EverythingPeer::typescript(&json!({"only": "sessions"}))?),
        ];
        Some(Self(servers, others))
    }

    /// Beside each server there are two others in its group.
    fn settings(&self) -> Value {
        let Self(servers, [notes, tasks]) = self;
        let others = [("notes", notes.mcp()), ("tasks", tasks.mcp())].into_iter();
        let all = others.chain(servers.iter().map(|(name, server)| (*name, server.mcp().to_owned())));
        let entries: Map<String, Value> = all.map(|(name, url)| (name.to_owned(), json!({ "url": url }))).collect();
        let group = |(name, _): &(&str, EverythingPeer)| json!({"name": format!("group-{name}"), "servers": ["notes", {"name": name, "alias": ""}, "tasks"]});
        json!({"mcpServers": entries, "groups": servers.iter().map(group).collect::<Vec<_>>()})
    }

    fn runs(&self, hub: &Hub) -> Vec<Run> {
        let mut runs = Vec::new();
        for (server, peer) in &self.0 {
            for revision in REVISIONS {
                let direct = ("direct", peer.mcp().to_owned());
                let one = ("/mcp/{server}", hub.mcp(server));
                let group = ("/mcp/{group}", hub.mcp(&format!("group-{server}")));
                let reaches = if is_foreign(server, revision) { vec![one] } else { vec![direct, one, group] };
                runs.extend(reaches.into_iter().map(|(reach, url)| Run { server, revision, reach, url }));
            }
        }
        runs
    }
}

/// Whether the server does not speak the revision.
fn is_foreign(server: &str, revision: &str) -> bool {
    matches!((server, revision), ("new-only", "2025-11-25") | ("old-only", "2026-07-28"))
}

async fn checked(suite: &Suite, run: Run) -> (Run, Checks) {
    let directory = TempDir::new().expect("a directory");
    let out = directory.path().display().to_string();
    let arguments = ["server", "--url", &run.url, "--requirements", run.revision, "-o", &out, "--timeout", TIME];
    let mut command = tokio::process::Command::from(suite.command(&arguments));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().expect("the suite starts");
    // What it did not get to within the limit is missing in its checks.
    let _ = tokio::time::timeout(LIMIT, child.wait()).await;
    let mut checks = Checks::new();
    for (scenario, seen) in suite::all_checks(directory.path()) {
        let by_id = checks.entry(scenario).or_default();
        for check in seen {
            by_id.entry(text(&check, "/id")).or_default().push(check);
        }
    }
    (run, checks)
}

/// Whether a check was made and nothing was wrong, each time. That something allowed was done in another way is for information
/// only: the hub may answer with JSON where the server streams, and wait itself where the server lets its client wait.
fn is_passed(checks: &Checks, scenario: &str, check: &str) -> bool {
    let seen = checks.get(scenario).and_then(|checks| checks.get(check)).map(Vec::as_slice).unwrap_or_default();
    let is_one = |statuses: &[&str]| seen.iter().any(|check| suite::is(check, statuses));
    is_one(&["SUCCESS", "INFO"]) && !is_one(&["FAILURE", "WARNING"])
}

/// The checks that must pass: those of the scenarios that pass directly. Where the server does not speak the revision itself: all
/// that are made at a server of both revisions, in the scenarios that the revision demands.
fn expected(suite: &Suite, run: &Run, seen: &[(Run, Checks)]) -> BTreeSet<(String, String)> {
    let reference = |(other, _): &&(Run, Checks)| {
        let same_server =
            other.server == run.server || is_foreign(run.server, run.revision) && other.server == "typescript";
        same_server && other.revision == run.revision && other.reach == "direct"
    };
    let scored = suite.scored_of_servers(run.revision);
    let checks = seen.iter().find(reference).map(|(_, checks)| checks).expect("a direct run");
    let is_wanted = |scenario: &str, by_id: &BTreeMap<String, Vec<Value>>| {
        let is_demanded = !is_foreign(run.server, run.revision) || scored.contains(scenario);
        is_demanded && !by_id.values().flatten().any(|check| suite::is(check, &["FAILURE"]))
    };
    let wanted = checks.iter().filter(|(scenario, by_id)| is_wanted(scenario, by_id));
    let pairs = wanted.flat_map(|(scenario, by_id)| by_id.keys().map(move |check| (scenario, check)));
    pairs
        .filter(|(scenario, check)| is_passed(checks, scenario, check))
        .map(|(scenario, check)| (scenario.clone(), check.clone()))
        .collect()
}

/// Prints how much passed.
fn figures(suite: &Suite, run: &Run, checks: &Checks) {
    let scored = suite.scored_of_servers(run.revision);
    let all = || checks.values().flat_map(BTreeMap::values).flatten();
    let count = |statuses: &[&str]| all().filter(|check| suite::is(check, statuses)).count();
    let is_clean = |scenario: &&String| {
        let seen = checks.get(*scenario).into_iter().flat_map(BTreeMap::values).flatten();
        let statuses: Vec<bool> = seen.map(|check| suite::is(check, &["FAILURE"])).collect();
        !statuses.is_empty() && !statuses.contains(&true)
    };
    println!(
        "{} at {}, {}: {} of {} scored scenarios; of all checks {} passed, {} failed, {} warned",
        run.server,
        run.revision,
        run.reach,
        scored.iter().filter(is_clean).count(),
        scored.len(),
        count(&["SUCCESS"]),
        count(&["FAILURE"]),
        count(&["WARNING"]),
    );
}

/// Prints which expected checks did not pass, and counts those that are no known gap.
fn missed(expected: &BTreeSet<(String, String)>, run: &Run, checks: &Checks, gaps: &mut Gaps) -> usize {
    let mut failed = 0;
    for (scenario, check) in expected.iter().filter(|(scenario, check)| !is_passed(checks, scenario, check)) {
        let Run { server, revision, reach, .. } = run;
        let place = format!("{server} at {revision}, {reach}: {scenario}: {check}");
        let failure =
            json!({"server": server, "revision": revision, "reach": reach, "scenario": scenario, "check": check});
        if let Some(reason) = gaps.reason(&failure) {
            println!("known gap: {place}: {reason}");
            continue;
        }
        let seen = checks.get(scenario).and_then(|checks| checks.get(check)).into_iter().flatten();
        let told: Vec<String> = seen.map(told_of).collect();
        println!("FAILED: {place}: {}", if told.is_empty() { "not checked".to_owned() } else { told.join("; ") });
        failed += 1;
    }
    failed
}

/// What a check says of itself, and what the server answered where it holds that.
fn told_of(check: &Value) -> String {
    let answer = check.pointer("/details/body/result").map(|result| format!(" ({result})")).unwrap_or_default();
    format!("{} {}{answer}", text(check, "/status"), text(check, "/errorMessage"))
}
