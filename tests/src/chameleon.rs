//! The plugin that is any provider, by the quirks written into its file.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// What stands in the component's file where the quirks go.
const MARK: &[u8] = b"{\"mark\":\"mcphub-chameleon\"}";
/// The room there, bytes.
const ROOM: usize = 4096;

/// The component as it is built, once for all tests.
pub fn component() -> Vec<u8> {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT.get_or_init(|| std::fs::read(build()).expect("the component")).clone()
}

/// The component of the provider with these quirks.
#[must_use]
pub fn of(component: &[u8], document: &Value) -> Vec<u8> {
    let mut bytes = component.to_vec();
    let text = document.to_string();
    assert!(text.len() <= ROOM, "{} bytes of quirks", text.len());
    let at = bytes.windows(MARK.len()).position(|window| window == MARK).expect("the mark");
    let room = &mut bytes[at..at + ROOM];
    room.fill(b' ');
    room[..text.len()].copy_from_slice(text.as_bytes());
    bytes
}

fn build() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target/plugins");
    let built = Command::new("cargo")
        .current_dir(&root)
        .args(["build", "--quiet", "--locked", "--package", "mcphub-chameleon", "--target", "wasm32-wasip2"])
        .args(["--profile", "plugin", "--target-dir"])
        .arg(&target)
        .status();
    assert!(built.expect("cargo").success(), "the chameleon cannot be built");
    target.join("wasm32-wasip2/plugin/mcphub_chameleon.wasm")
}
