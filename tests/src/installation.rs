//! Installs what tests need from npm and from the Python index: the real peers, and the tools that plugins in JavaScript and Python are built
//! with.
//!
//! `cargo test` needs no preparation. The first test that needs a tool installs it below `tests/peers/`, in the versions that
//! are written down; tests of other processes wait meanwhile. Where node, npm or Python is missing, or nothing can be
//! downloaded, the tests that need them are skipped, and one line says why. With `MCPHUB_REQUIRE_PEERS=1` that is a failure.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::text;

/// How often an installation is tried: a registry may have a bad moment.
const ATTEMPTS: usize = 3;

/// Something that is installed into a folder of its own.
struct Tool {
    /// What it is, for the sentences.
    name: &'static str,
    folder: PathBuf,
    /// The programs that must be there to install and run it.
    needs: &'static [&'static str],
    /// The file that pins the versions.
    manifest: PathBuf,
    /// Whether what is installed is what the manifest says.
    is_current: fn(&Tool) -> bool,
    /// Makes the command that installs it.
    install: fn(&Tool) -> Command,
}

/// The folder of the peers, with their packages installed. `None`: they cannot be.
pub(crate) fn peers() -> Option<PathBuf> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = folder("");
    let tool = Tool {
        name: "the peers of the tests",
        manifest: folder.join("package.json"),
        folder,
        needs: &["node", "npm"],
        is_current: |tool| npm_is_current(tool, "dependencies"),
        install: |tool| npm(tool, &["ci"]),
    };
    PLACE.get_or_init(|| tool.installed()).clone()
}

/// The folder of the tool that makes components of JavaScript, installed as new projects name it. `None`: it cannot be.
pub(crate) fn componentize_js() -> Option<PathBuf> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let tool = Tool {
        name: "componentize-js",
        folder: folder("javascript"),
        needs: &["node", "npm"],
        manifest: templates().join("javascript/package.json"),
        is_current: |tool| npm_is_current(tool, "devDependencies"),
        install: |tool| {
            fs::copy(&tool.manifest, tool.folder.join("package.json")).expect("the manifest is copied");
            npm(tool, &["install", "--no-package-lock"])
        },
    };
    PLACE.get_or_init(|| tool.installed()).clone()
}

/// The folder of the tool that makes components of Python, installed as new projects name it. `None`: it cannot be.
pub(crate) fn componentize_py() -> Option<PathBuf> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let tool = Tool {
        name: "componentize-py",
        folder: folder("python"),
        needs: &["python3"],
        manifest: templates().join("python/requirements.txt"),
        is_current: pip_is_current,
        install: pip,
    };
    PLACE.get_or_init(|| tool.installed()).clone()
}

/// The folder of a Python SDK, `old` or `new`, in the version that the matrix names. `None`: it cannot be installed.
pub(crate) fn python_sdk(age: &str) -> Option<PathBuf> {
    let matrix = folder("matrix");
    let tool = Tool {
        name: "a Python SDK",
        manifest: matrix.join(format!("requirements-{age}.txt")),
        folder: matrix.join(format!("python-{age}")),
        needs: &["python3"],
        is_current: has_every_package,
        install: pip,
    };
    tool.installed()
}

/// The folder of the server with everything that the new Python SDK's source distribution carries. `None`: it cannot be had.
pub(crate) fn python_everything() -> Option<PathBuf> {
    let tool = Tool {
        name: "the Python server with everything",
        manifest: folder("matrix").join("requirements-new.txt"),
        folder: folder("python-everything"),
        needs: &["python3"],
        is_current: |tool| fs::read_to_string(tool.folder.join("VERSION")).ok() == sdk_version(tool),
        install: |tool| {
            let mut command = Command::new("python3");
            command.arg(folder("install-everything.py")).arg(&tool.folder).args(sdk_version(tool));
            command
        },
    };
    tool.installed()
}

/// The folder of Prometheus' own Python package: what `PYTHONPATH` says. `None`: it cannot be installed.
pub(crate) fn prometheus() -> Option<PathBuf> {
    let tool = Tool {
        name: "Prometheus' parser",
        manifest: folder("prometheus").join("requirements.txt"),
        folder: folder("prometheus").join("python"),
        needs: &["python3"],
        is_current: has_every_package,
        install: pip,
    };
    tool.installed()
}

/// The version of the Python SDK in a requirements file.
fn sdk_version(tool: &Tool) -> Option<String> {
    packages(tool).into_iter().find(|(name, _)| name == "mcp").map(|(_, version)| version)
}

/// Says in one line what is missing, or fails where it is required.
pub fn missing(sentence: &str) {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
    let is_required = std::env::var_os("MCPHUB_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!is_required, "{sentence}");
    say(&format!("skipped: {sentence}"));
}

impl Tool {
    fn installed(&self) -> Option<PathBuf> {
        for program in self.needs {
            if !answers(program) {
                missing(&format!("{program} is not installed; {} cannot be used without it", self.name));
                return None;
            }
        }
        match self.ensure() {
            Ok(()) => Some(self.folder.clone()),
            Err(problem) => {
                missing(&format!("{} cannot be installed ({problem})", self.name));
                None
            }
        }
    }

    /// Installs the tool unless it is there. Test processes run side by side, so one of them installs, and the others wait
    /// at the lock and then find it there.
    fn ensure(&self) -> Result<(), String> {
        if (self.is_current)(self) {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(|error| error.to_string())?;
        let lock = File::create(self.folder.join(".lock")).map_err(|error| error.to_string())?;
        lock.lock().map_err(|error| error.to_string())?;
        if (self.is_current)(self) {
            return Ok(());
        }
        say(&format!("installing {} into {}; this is done once", self.name, self.folder.display()));
        let mut problem = String::new();
        for _ in 0..ATTEMPTS {
            let output = (self.install)(self).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
            if output.status.success() && (self.is_current)(self) {
                return Ok(());
            }
            let told = String::from_utf8_lossy(&output.stderr);
            let first = told.lines().find(|line| !line.trim().is_empty());
            first.unwrap_or("no reason was given").clone_into(&mut problem);
        }
        Err(problem)
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/templates")
}

fn npm(tool: &Tool, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).args(["--no-audit", "--no-fund", "--fetch-retries=1"]).current_dir(&tool.folder);
    command
}

fn pip(tool: &Tool) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]);
    command.arg("--target").arg(&tool.folder).arg("--requirement").arg(&tool.manifest);
    command
}

fn answers(program: &str) -> bool {
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// npm writes its own lock file into `node_modules` last, so that an interrupted installation has none.
fn npm_is_current(tool: &Tool, section: &str) -> bool {
    let modules = tool.folder.join("node_modules");
    let wanted = json(&tool.manifest);
    let wanted = wanted.get(section).and_then(Value::as_object);
    let is_there = |(name, version): (&String, &Value)| {
        let installed = json(&modules.join(name).join("package.json"));
        Some(text(&installed, "/version").as_str()) == version.as_str()
    };
    modules.join(".package-lock.json").is_file() && wanted.is_some_and(|wanted| wanted.iter().all(is_there))
}

fn pip_is_current(tool: &Tool) -> bool {
    has_every_package(tool) && packages(tool).iter().all(|(name, _)| tool.folder.join("bin").join(name).is_file())
}

/// pip names the folder of a package by its metadata: name and version.
fn has_every_package(tool: &Tool) -> bool {
    packages(tool).iter().all(|(name, version)| {
        let metadata = format!("{}-{version}.dist-info", name.to_lowercase().replace('-', "_"));
        tool.folder.join(metadata).is_dir()
    })
}

/// The names and versions of a requirements file.
fn packages(tool: &Tool) -> Vec<(String, String)> {
    let wanted = fs::read_to_string(&tool.manifest).unwrap_or_default();
    let pinned = wanted.lines().filter_map(|line| line.trim().split_once("=="));
    pinned.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

fn json(path: &Path) -> Value {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Writes a line past the capture of the test harness, each once.
fn say(sentence: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(sentence.to_owned()) {
        let _ = writeln!(std::io::stderr(), "{sentence}");
    }
}
