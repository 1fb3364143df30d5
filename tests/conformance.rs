//! The conformance suite's client scenarios, through the hub, one at a time: those of authorization in every revision that lists
//! them, the others in the two newest. At 2026-07-28 the others are run twice, with a client of each generation in front of the
//! hub. A scenario passes with no failed check and no warning.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a test program that says what it saw")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use mcphub_tests::gaps::Gaps;
use mcphub_tests::suite::{self, Suite};
use mcphub_tests::{home, text};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Scenarios of extensions are on no revision's list: they are run in both of the newest.
const NEWEST: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// What the suite gives a scenario, milliseconds.
const TIME: &str = "60000";

/// A scenario in one revision.
struct Run {
    scenario: String,
    revision: String,
    is_extension: bool,
    /// The revision of the client in front of the hub; with authorization scenarios there is a person.
    client: &'static str,
}

impl Run {
    /// What it is counted with.
    fn kind(&self) -> String {
        match self.client {
            "" => format!("authorization, {}", self.revision),
            client => format!("{} for a client of {client}", self.revision),
        }
    }
}

/// What came of it.
struct Outcome {
    passed: usize,
    problems: Vec<String>,
}

fn main() -> ExitCode {
    let Some(suite) = Suite::installed() else { return ExitCode::SUCCESS };
    let mut gaps = Gaps::read("conformance-gaps");
    let (mut checks, mut failed) = (0, 0);
    let mut figures: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let runs = runs(&suite);
    for run in &runs {
        let outcome = outcome(&suite, run);
        let Run { scenario, revision, client, .. } = run;
        println!("{scenario} {revision} {client}: {} checks {}", outcome.passed, outcome.problems.join("; "));
        checks += outcome.passed;
        let [passed, all] = figures.entry(run.kind()).or_default();
        *all += 1;
        if outcome.problems.is_empty() {
            *passed += 1;
            continue;
        }
        match gaps.reason(&json!({"scenario": scenario, "revision": revision, "client": client})) {
            Some(reason) => println!("known gap: {reason}"),
            None => failed += 1,
        }
    }
    let unused = gaps.unused();
    for entry in &unused {
        println!("FAILED: this gap is closed, take it out: {entry}");
    }
    for (kind, [passed, all]) in figures {
        println!("conformance of the client side, {kind}: {passed} of {all} scenarios");
    }
    println!("conformance of the client side: {checks} checks");
    if failed == 0 && unused.is_empty() && !runs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runs(suite: &Suite) -> Vec<Run> {
    let mut runs = Vec::new();
    for (scenario, listed) in suite.client_scenarios() {
        let is_extension = listed.iter().any(|revision| revision == "extension");
        if !scenario.starts_with("auth/") {
            let known = NEWEST.into_iter().filter(|revision| listed.iter().any(|one| one == revision));
            runs.extend(known.flat_map(|revision| with_clients(&scenario, revision)));
            continue;
        }
        let revisions = if is_extension { NEWEST.map(str::to_owned).to_vec() } else { listed };
        let run = |revision| Run { scenario: scenario.clone(), revision, is_extension, client: "" };
        runs.extend(revisions.into_iter().map(run));
    }
    runs
}

/// A client of the newest revision can do at the hub what a server of that revision can; the other way round there is no scenario.
fn with_clients(scenario: &str, revision: &str) -> Vec<Run> {
    let clients = NEWEST.into_iter().filter(|client| *client <= revision);
    let run =
        |client| Run { scenario: scenario.to_owned(), revision: revision.to_owned(), is_extension: false, client };
    clients.map(run).collect()
}

fn outcome(suite: &Suite, run: &Run) -> Outcome {
    let directory = TempDir::new().expect("a directory");
    let out = directory.path().display().to_string();
    let driver = format!("{} {} {}", env!("CARGO_BIN_EXE_conformance-driver"), home::binary().display(), run.client);
    let mut arguments = vec!["client", "--command", &driver, "--scenario", &run.scenario];
    arguments.extend(["--spec-version", &run.revision, "-o", &out, "--timeout", TIME]);
    if run.is_extension {
        arguments.push("--force");
    }
    let output = suite.run(&arguments);
    let checks = suite::checks(directory.path());
    let told = |check: &Value| format!("{}: {}", text(check, "/id"), text(check, "/description"));
    let mut problems: Vec<String> =
        checks.iter().filter(|check| suite::is(check, &["FAILURE", "WARNING"])).map(told).collect();
    let passed = checks.iter().filter(|check| suite::is(check, &["SUCCESS"])).count();
    if problems.is_empty() && (passed == 0 || !output.status.success()) {
        problems.push(String::from_utf8_lossy(&output.stdout).into_owned());
        problems.extend(suite::said(directory.path(), "stderr.txt"));
    }
    Outcome { passed, problems }
}
