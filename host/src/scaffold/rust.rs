//! A Rust project of its own around the SDK, which comes with it.

use std::path::PathBuf;

use toml::{Table, Value};

use super::ScaffoldError;
use crate::bundled::SOURCES;

/// What the SDK needs of its workspace.
const NEEDED: [&str; 4] = ["proc-macro2", "quote", "syn", "wit-bindgen"];

/// The SDK and the contract, where the project has them.
pub(super) fn vendored() -> impl Iterator<Item = (PathBuf, String)> {
    SOURCES.iter().filter_map(|(path, text)| {
        let place = match path.strip_prefix("plugins/sdk/") {
            Some(inner) => format!("vendor/mcphub-plugin/{inner}"),
            None => path.strip_prefix("wit/").map(|inner| format!("wit/{inner}"))?,
        };
        Some((PathBuf::from(place), (*text).to_owned()))
    })
}

/// Name of the project's package: no id is cargo's or the SDK's with this behind it.
pub(super) fn package(id: &str) -> String {
    format!("{id}-provider")
}

/// `Cargo.toml`, with the dependencies of the bundled plugin that the project starts from.
pub(super) fn manifest(id: &str, like: Option<&str>) -> Result<String, ScaffoldError> {
    let own = table("Cargo.toml")?;
    let workspace = own.get("workspace").and_then(Value::as_table).cloned().unwrap_or_default();
    let versions = workspace.get("dependencies").and_then(Value::as_table).cloned().unwrap_or_default();
    let further = match like {
        Some(like) => further(like)?,
        None => Vec::new(),
    };
    let mut dependencies = Table::new();
    for name in NEEDED.iter().copied().chain(further.iter().map(String::as_str)) {
        let version = versions.get(name).ok_or_else(|| ScaffoldError::Sources(format!("no version of {name}")))?;
        dependencies.insert(name.to_owned(), version.clone());
    }
    dependencies.insert("mcphub-plugin".to_owned(), path("vendor/mcphub-plugin"));
    dependencies.insert("mcphub-plugin-macros".to_owned(), path("vendor/mcphub-plugin/macros"));
    let mut inherited = Table::new();
    let members = ["vendor/mcphub-plugin", "vendor/mcphub-plugin/macros"].map(Value::from);
    inherited.insert("members".to_owned(), Value::Array(members.to_vec()));
    inherited.insert("dependencies".to_owned(), Value::Table(dependencies));
    for name in ["package", "lints"] {
        inherited.extend(workspace.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let inherited = Table::from_iter([("workspace".to_owned(), Value::Table(inherited))]);
    let inherited = toml::to_string(&inherited).map_err(|error| ScaffoldError::Sources(error.to_string()))?;
    let further = further.iter().fold(String::new(), |lines, name| lines + name + ".workspace = true\n");
    Ok(format!(
        "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\ndoctest = false\n\n\
         [dependencies]\nmcphub-plugin.workspace = true\n{further}\n\
         # A small component.\n\
         [profile.release]\nopt-level = \"z\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\nstrip = true\n\n\
         # The SDK comes with the project; it inherits these.\n{inherited}",
        package(id)
    ))
}

/// `rust-toolchain.toml`: the hub's, with what builds components.
pub(super) fn toolchain() -> Result<String, ScaffoldError> {
    let channel = table("rust-toolchain.toml")?.get("toolchain").and_then(|table| table.get("channel")).cloned();
    let channel = channel.ok_or_else(|| ScaffoldError::Sources("no toolchain".to_owned()))?;
    Ok(format!("[toolchain]\nchannel = {channel}\ntargets = [\"wasm32-wasip2\"]\nprofile = \"minimal\"\n"))
}

/// The dependencies of a bundled plugin other than the SDK.
fn further(like: &str) -> Result<Vec<String>, ScaffoldError> {
    let manifest = table(&format!("plugins/{like}/Cargo.toml"))?;
    let dependencies = manifest.get("dependencies").and_then(Value::as_table).cloned().unwrap_or_default();
    Ok(dependencies.keys().filter(|name| *name != "mcphub-plugin").cloned().collect())
}

fn table(path: &str) -> Result<Table, ScaffoldError> {
    let missing = || ScaffoldError::Sources(format!("{path} is missing"));
    let (_, text) = SOURCES.iter().find(|(name, _)| *name == path).ok_or_else(missing)?;
    text.parse().map_err(|error: toml::de::Error| ScaffoldError::Sources(error.to_string()))
}

fn path(place: &str) -> Value {
    Value::Table(Table::from_iter([("path".to_owned(), Value::from(place))]))
}
