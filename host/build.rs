//! Builds the bundled plugins for `wasm32-wasip2` and embeds them, and the sources that new plugins are made of.
//!
//! Every directory of `plugins/` but the SDK is one plugin. They are built by the cargo that builds the hub, into a target
//! directory of their own, so that neither waits for the other's lock.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

const TARGET: &str = "wasm32-wasip2";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..").canonicalize()?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in ["plugins", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    let names = plugins(&root)?;
    see_to_the_target()?;
    let built = build(&root, &out, &names)?;
    let mut source = String::from(
        "/// Name of the crate and the component of each bundled plugin.\npub static BUNDLED: &[(&str, &[u8])] = &[\n",
    );
    for (name, path) in names.iter().zip(&built) {
        writeln!(source, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    source.push_str(
        "];\n/// SHA-256 of each of these components, lower-case hexadecimal.\npub static DIGESTS: &[&str] = &[\n",
    );
    for path in &built {
        let digest = Sha256::digest(fs::read(path)?);
        source.push_str("    \"");
        for byte in digest {
            write!(source, "{byte:02x}")?;
        }
        source.push_str("\",\n");
    }
    source.push_str("];\n");
    fs::write(out.join("bundled.rs"), source)?;
    fs::write(out.join("sources.rs"), sources(&root)?)?;
    Ok(())
}

/// The text files that a new plugin's project is made of: the plugins, the SDK, the contract, the workspace's own settings.
fn sources(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = vec![root.join("Cargo.toml"), root.join("rust-toolchain.toml")];
    for directory in ["plugins", "wit"] {
        collect(&root.join(directory), &mut files)?;
    }
    files.sort();
    let mut source = String::from(
        "/// Path from the repository's root and text of each file that a new plugin's project may be made of.\n\
         pub static SOURCES: &[(&str, &str)] = &[\n",
    );
    for path in files {
        let name = path.strip_prefix(root)?.display().to_string();
        writeln!(source, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    source.push_str("];\n");
    Ok(source)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    const TEXT: [&str; 8] = ["js", "json", "md", "py", "rs", "toml", "txt", "wit"];
    const BUILT: [&str; 2] = ["node_modules", "target"];
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.file_name().is_some_and(|name| BUILT.iter().any(|built| name == *built)) {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| TEXT.iter().any(|text| extension == *text)) {
            files.push(path);
        }
    }
    Ok(())
}

/// The plugins' names, sorted.
fn plugins(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("plugins"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "sdk" && entry.path().join("Cargo.toml").is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Installs the target where it is missing.
fn see_to_the_target() -> Result<(), Box<dyn Error>> {
    let rustc = variable("RUSTC")?;
    let printed = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let library = String::from_utf8(printed.stdout)?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    if added.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(format!(
        "the bundled plugins need the Rust target {TARGET}, which is not installed: run `rustup target add {TARGET}`, or \
         install it the way this Rust was installed"
    )
    .into())
}

/// Builds all plugins and gives the components' paths in the order of the names.
fn build(root: &Path, out: &Path, names: &[String]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let target = target_directory(out);
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(root)
        .args(["build", "--locked", "--target", TARGET, "--profile", "plugin", "--target-dir"])
        .arg(&target);
    for name in names {
        cargo.args(["--package", &format!("mcphub-plugin-{name}")]);
    }
    // What the outer cargo, clippy or a coverage run set is meant for the hub, not for the components.
    #[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let inherited = name.starts_with("CARGO_")
            && !matches!(name.as_str(), "CARGO_HOME" | "CARGO_NET_OFFLINE" | "CARGO_HTTP_CAINFO");
        if inherited
            || matches!(
                name.as_str(),
                "RUSTFLAGS" | "RUSTC" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER" | "CLIPPY_ARGS"
            )
        {
            cargo.env_remove(name);
        }
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!("the bundled plugins do not build:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let directory = target.join(TARGET).join("plugin");
    Ok(names.iter().map(|name| directory.join(format!("mcphub_plugin_{}.wasm", name.replace('-', "_")))).collect())
}

/// `target/plugins`, shared by debug and release builds; the output directory where the layout is another.
fn target_directory(out: &Path) -> PathBuf {
    let profile = out.ancestors().find(|directory| directory.file_name().is_some_and(|name| name == "build"));
    match profile.and_then(Path::parent).and_then(Path::parent) {
        Some(target) => target.join("plugins"),
        None => out.join("plugins"),
    }
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
    env::var(name).map_err(|_| format!("cargo did not set {name}").into())
}
