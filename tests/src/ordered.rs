//! Components of these tests that do what is written into their file.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A component with room for a JSON object, behind a mark.
pub struct Ordered {
    package: &'static str,
    mark: &'static str,
    /// Bytes.
    room: usize,
    built: OnceLock<Vec<u8>>,
}

/// The plugin that is any provider, by its quirks.
pub static CHAMELEON: Ordered = Ordered::new("mcphub-chameleon", "{\"mark\":\"mcphub-chameleon\"}", 4096);
/// The plugin that answers what it is told, by function.
pub static GARBLER: Ordered = Ordered::new("mcphub-garbler", "{\"mark\":\"mcphub-garbler\"}", 64 * 1024);

impl Ordered {
    const fn new(package: &'static str, mark: &'static str, room: usize) -> Self {
        Self { package, mark, room, built: OnceLock::new() }
    }

    /// The component with this order in it. It is built once for all tests.
    #[must_use]
    pub fn with(&self, order: &Value) -> Vec<u8> {
        let built = || std::fs::read(self.build()).expect("the component");
        let mut bytes = self.built.get_or_init(built).clone();
        let (text, mark) = (order.to_string(), self.mark.as_bytes());
        assert!(text.len() <= self.room, "{} bytes of order", text.len());
        let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the mark");
        let room = &mut bytes[at..at + self.room];
        room.fill(b' ');
        room[..text.len()].copy_from_slice(text.as_bytes());
        bytes
    }

    fn build(&self) -> PathBuf {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = root.join("target/plugins");
        let built = Command::new("cargo")
            .current_dir(&root)
            .args(["build", "--quiet", "--locked", "--package", self.package, "--target", "wasm32-wasip2"])
            .args(["--profile", "plugin", "--target-dir"])
            .arg(&target)
            .status();
        assert!(built.expect("cargo").success(), "{} cannot be built", self.package);
        target.join(format!("wasm32-wasip2/plugin/{}.wasm", self.package.replace('-', "_")))
    }
}
