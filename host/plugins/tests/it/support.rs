//! Builds the guests, orders them about, and gives them a host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::hook::Context;
use mcphub_plugins::{Limits, LoadError, Origin, Plugin, PluginHost};

/// What an order is written over.
const MARK: &[u8] = b"mcphub-test-order:";
/// Bytes of an order.
const ORDER: usize = 256;

/// A host with the usual limits.
pub(crate) fn host() -> PluginHost {
    host_with(Limits::default())
}

/// A host with other limits. What it compiles is kept for the next run of the tests.
pub(crate) fn host_with(limits: Limits) -> PluginHost {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    PluginHost::new(Some(&cache), limits).expect("host")
}

/// A plugin that exports only what is required.
pub(crate) fn minimal() -> Vec<u8> {
    component("minimal")
}

/// A plugin that exports everything, with an order: `do=spin`, `id=other;host=other.example`.
pub(crate) fn provider(order: &str) -> Vec<u8> {
    let mut bytes = component("provider");
    let start = bytes.windows(MARK.len()).position(|window| window == MARK).expect("mark") + MARK.len();
    let text = format!("{order:width$}", width = ORDER - MARK.len());
    bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
    bytes
}

/// Loads an ordered plugin as if it were bundled.
pub(crate) async fn load(order: &str) -> Result<Plugin, LoadError> {
    host().load(Origin::Bundled, provider(order)).await
}

/// Why a file is not loaded.
pub(crate) async fn refusal(bytes: Vec<u8>) -> String {
    host().load(Origin::Bundled, bytes).await.expect_err("refused").to_string()
}

/// A login at the example provider.
pub(crate) fn context() -> Context {
    Context {
        variant: "cloud".into(),
        server_url: "https://mcp.example.com/mcp".into(),
        resource: "https://mcp.example.com/mcp".into(),
        issuer: Some("https://as.example.org".into()),
        protected_resource: None,
        server_metadata: None,
        inputs: vec![("tenant".into(), "acme".into())],
        captured: Vec::new(),
        client: None,
        redirect_uri: "http://localhost:3000/oauth/callback".into(),
        requested_scopes: vec!["read".into()],
        granted_scopes: Vec::new(),
        tokens: Vec::new(),
        now: UNIX_EPOCH + Duration::from_hours(490_896),
    }
}

fn component(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(build);
    std::fs::read(directory.join(format!("{name}.wasm"))).expect("guest")
}

/// Builds the guests in a target directory of their own, as the outer one is locked while tests run.
fn build() -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target directory").join("guests");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--target", "wasm32-wasip2", "--profile", "plugin"])
        .arg("--manifest-path")
        .arg(guests.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo");
    assert!(status.success(), "the guests need the target wasm32-wasip2: rustup target add wasm32-wasip2");
    target.join("wasm32-wasip2/plugin")
}
