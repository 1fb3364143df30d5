//! The official conformance suite: its scenarios, how they are run, and what it wrote down.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::{peers, text};

/// The suite, installed among the peers.
pub struct Suite {
    /// The node that runs it.
    pub node: PathBuf,
    folder: PathBuf,
}

impl Suite {
    /// `None`: it cannot be installed.
    #[must_use]
    pub fn installed() -> Option<Self> {
        let modules = peers::installed()?.join("node_modules");
        Some(Self { node: modules.join("node/bin/node"), folder: modules.join("@modelcontextprotocol/conformance") })
    }

    /// The suite with these arguments, to be run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(self.folder.join("dist/index.js")).args(arguments);
        command
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the suite starts")
    }

    /// All scenarios for clients, each with the revisions that list it. An extension's are on no revision's list: theirs is
    /// `extension`.
    ///
    /// `  - auth/basic-cimd [2025-11-25,2026-07-28]`
    #[must_use]
    pub fn client_scenarios(&self) -> Vec<(String, Vec<String>)> {
        let listed = self.run(&["list", "--client"]).stdout;
        let scenario = |line: &str| {
            let (scenario, revisions) = line.trim().strip_prefix("- ")?.split_once(" [")?;
            let revisions = revisions.trim_end_matches(']').split(',').map(str::to_owned);
            Some((scenario.to_owned(), revisions.collect()))
        };
        String::from_utf8_lossy(&listed).lines().filter_map(scenario).collect()
    }

    /// The scenarios that a revision demands of servers.
    #[must_use]
    pub fn scored_of_servers(&self, revision: &str) -> BTreeSet<String> {
        let path = self.folder.join(format!("requirements/{revision}.yaml"));
        let text = fs::read_to_string(path).expect("the requirements");
        let after = text.lines().skip_while(|line| *line != "server:").skip(1);
        after.map_while(|line| line.strip_prefix("  - ")).map(str::to_owned).collect()
    }
}

/// The checks that one run left in its folder.
#[must_use]
pub fn checks(directory: &Path) -> Vec<Value> {
    all_checks(directory).into_values().flatten().collect()
}

/// The checks that the runs left in a folder, by scenario.
#[must_use]
pub fn all_checks(directory: &Path) -> BTreeMap<String, Vec<Value>> {
    let files = files(directory, "checks.json").into_iter();
    files
        .filter_map(|path| {
            let checks = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
            Some((scenario(path.parent()?), checks))
        })
        .collect()
}

/// What a run wrote into a file of this name.
#[must_use]
pub fn said(directory: &Path, name: &str) -> Option<String> {
    files(directory, name).first().and_then(|path| fs::read_to_string(path).ok())
}

/// Whether the status of a check is one of these.
#[must_use]
pub fn is(check: &Value, statuses: &[&str]) -> bool {
    statuses.contains(&text(check, "/status").as_str())
}

/// The folder of a server scenario is `server-SCENARIO-2026-07-28T12-00-00-000Z`.
fn scenario(folder: &Path) -> String {
    const DATE: usize = "-2026-07-28T12-00-00-000Z".len();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_prefix("server-").unwrap_or(&name);
    name.get(..name.len().saturating_sub(DATE)).unwrap_or(name).to_owned()
}

fn files(directory: &Path, name: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![directory.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a directory").filter_map(Result::ok) {
            match entry.file_name() == name {
                true => found.push(entry.path()),
                false if entry.path().is_dir() => folders.push(entry.path()),
                false => {}
            }
        }
    }
    found
}
