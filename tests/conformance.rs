//! The conformance suite's authorization scenarios, through the hub: every one, in every revision that lists it, one at a
//! time. A scenario passes with no failed check and no warning.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a test program that says what it saw")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use mcphub_tests::{home, peers, text};
use serde_json::Value;
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
}

/// What came of it.
struct Outcome {
    passed: usize,
    problems: Vec<String>,
}

fn main() -> ExitCode {
    let Some(suite) = Suite::installed() else { return ExitCode::SUCCESS };
    let (mut checks, mut failed) = (0, Vec::new());
    let runs = suite.runs();
    for run in &runs {
        let outcome = suite.run(run);
        println!("{} {}: {} checks {}", run.scenario, run.revision, outcome.passed, outcome.problems.join("; "));
        checks += outcome.passed;
        if !outcome.problems.is_empty() {
            failed.push(&run.scenario);
        }
    }
    println!("conformance: {} of {} scenarios passed, {checks} checks", runs.len() - failed.len(), runs.len());
    if failed.is_empty() && !runs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Suite {
    node: PathBuf,
    program: PathBuf,
}

impl Suite {
    fn installed() -> Option<Self> {
        let modules = peers::installed()?.join("node_modules");
        Some(Self {
            node: modules.join("node/bin/node"),
            program: modules.join("@modelcontextprotocol/conformance/dist/index.js"),
        })
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let command = Command::new(&self.node).arg(&self.program).args(arguments).output();
        command.expect("the suite starts")
    }

    /// `  - auth/basic-cimd [2025-11-25,2026-07-28]`
    fn runs(&self) -> Vec<Run> {
        let listed = self.command(&["list", "--client"]).stdout;
        let listed = String::from_utf8_lossy(&listed);
        let line = |line: &str| {
            let (scenario, revisions) = line.trim().strip_prefix("- auth/")?.split_once(" [")?;
            Some((format!("auth/{scenario}"), revisions.trim_end_matches(']').to_owned()))
        };
        let runs = |(scenario, revisions): (String, String)| {
            let is_extension = revisions == "extension";
            let newest = || NEWEST.map(str::to_owned).to_vec();
            let listed = || revisions.split(',').map(str::to_owned).collect();
            let revisions: Vec<String> = if is_extension { newest() } else { listed() };
            revisions.into_iter().map(move |revision| Run { scenario: scenario.clone(), revision, is_extension })
        };
        listed.lines().filter_map(line).flat_map(runs).collect()
    }

    fn run(&self, run: &Run) -> Outcome {
        let directory = TempDir::new().expect("a directory");
        let out = directory.path().display().to_string();
        let driver = format!("{} {}", env!("CARGO_BIN_EXE_conformance-driver"), home::binary().display());
        let mut arguments = vec!["client", "--command", &driver, "--scenario", &run.scenario];
        arguments.extend(["--spec-version", &run.revision, "-o", &out, "--timeout", TIME]);
        if run.is_extension {
            arguments.push("--force");
        }
        let output = self.command(&arguments);
        let checks = checks(directory.path());
        let is = |check: &Value, statuses: &[&str]| statuses.contains(&text(check, "/status").as_str());
        let told = |check: &Value| format!("{}: {}", text(check, "/id"), text(check, "/description"));
        let mut problems: Vec<String> =
            checks.iter().filter(|check| is(check, &["FAILURE", "WARNING"])).map(told).collect();
        let passed = checks.iter().filter(|check| is(check, &["SUCCESS"])).count();
        if problems.is_empty() && (passed == 0 || !output.status.success()) {
            problems.push(String::from_utf8_lossy(&output.stdout).into_owned());
            problems.extend(said(directory.path(), "stderr.txt"));
        }
        Outcome { passed, problems }
    }
}

/// The checks that the suite wrote down.
fn checks(directory: &Path) -> Vec<Value> {
    said(directory, "checks.json").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A file of the one folder that a run leaves.
fn said(directory: &Path, name: &str) -> Option<String> {
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a directory").filter_map(Result::ok) {
            match entry.file_name() == name {
                true => return std::fs::read_to_string(entry.path()).ok(),
                false if entry.path().is_dir() => folders.push(entry.path()),
                false => {}
            }
        }
    }
    None
}
