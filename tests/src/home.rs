//! A directory with a settings file, and the hub's binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A directory with a settings file. It is gone when it is dropped.
pub struct Home(TempDir);

/// Everything but the compiler of the plugins, which never sees a secret and talks of little else.
const LOG: &str = "trace,wasmtime=info,wasmtime_environ=info,wasmtime_internal_cache=info,wasmtime_internal_cranelift=info,\
                   cranelift=info,cranelift_codegen=info,cranelift_frontend=info,regalloc2=info";

impl Home {
    /// A new one with this text as settings.
    #[must_use]
    pub fn new(settings: &str) -> Self {
        let home = Self::empty();
        std::fs::write(home.settings(), settings).expect("settings are written");
        home
    }

    /// A new one without settings.
    #[must_use]
    pub fn empty() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.path().join("mcp_settings.json")
    }

    /// What it says now.
    #[must_use]
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.settings()).expect("settings are read")
    }

    /// What it says now, as JSON. Comments are not understood.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).expect("settings are JSON")
    }

    /// The binary, made ready to run here: no browser is opened and everything is logged.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--settings").arg(self.settings()).arg("--no-browser").args(arguments).stdin(Stdio::null());
        let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
        let lower = proxies.map(str::to_ascii_lowercase);
        let own = ["PORT", "INSTALL_BASE_URL", "MCPHUB_SETTING_PATH", "TRUST_PROXY", "BASE_PATH"];
        let keys = ["MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS"];
        for variable in own.into_iter().chain(keys).chain(proxies).chain(lower.iter().map(String::as_str)) {
            command.env_remove(variable);
        }
        // Compiled plugins are shared by all tests.
        command.env("XDG_CACHE_HOME", binary().with_file_name("test-cache")).env("RUST_LOG", LOG);
        command
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }
}

static BINARY: OnceLock<Result<PathBuf, &str>> = OnceLock::new();

/// Says which binary is the hub, before it is needed.
pub fn use_binary(path: PathBuf) {
    BINARY.set(Ok(path)).expect("said before the first use");
}

/// The binary of this build: built by the cargo that runs the tests, in the same profile, at most once.
pub fn binary() -> &'static Path {
    BINARY.get_or_init(build).as_ref().map(PathBuf::as_path).expect("the hub")
}

fn build() -> Result<PathBuf, &'static str> {
    let test = std::env::current_exe().expect("this test's own path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "mcphub",
        "--bin",
        "mcphub",
    ]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--target-dir").arg(profile.parent().expect("target"));
    match cargo.status() {
        Ok(status) if status.success() => Ok(profile.join("mcphub")),
        Ok(_) => Err("its binary does not build"),
        Err(_) => Err("cargo does not run"),
    }
}
