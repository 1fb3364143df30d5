//! Names that stand in some places only: of libraries, of functions that reach outside, and of providers.

use std::collections::BTreeSet;
use std::fs;

use super::sources::{Source, root};

/// A name that only some places may write. A place is the beginning of a path.
struct Reserved {
    name: &'static str,
    within: &'static str,
    places: &'static [&'static str],
}

const RESERVED: &[Reserved] = &[
    Reserved { name: "axum", within: "host/", places: &["host/src/serve/", "host/tests/"] },
    Reserved {
        name: "hyper",
        within: "host/",
        places: &["host/src/serve/", "host/src/gateway/upstream/plain/", "host/tests/"],
    },
    Reserved {
        name: "reqwest",
        within: "host/",
        places: &["host/src/egress/", "host/src/gateway/upstream/", "host/tests/"],
    },
    Reserved { name: "wasmtime", within: "host/", places: &["host/plugins/"] },
    Reserved { name: "wasmtime_wasi", within: "host/", places: &["host/plugins/"] },
    Reserved { name: "var", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { name: "vars", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { name: "vars_os", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { name: "var_os", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { name: "tokio", within: "host/oauth/", places: &[] },
    Reserved { name: "fs", within: "host/oauth/", places: &[] },
    Reserved { name: "net", within: "host/oauth/", places: &[] },
];

/// Folders below `plugins/` that belong to no provider: their names may stand anywhere.
const NO_PROVIDERS: &[&str] = &["examples", "rfc8414", "sdk", "templates"];
/// What the name of a provider also means.
const OTHER_MEANINGS: &[&str] = &["linear time", "linear memor"];

/// One sentence for each name in a wrong place.
pub(super) fn violations(sources: &[Source]) -> Vec<String> {
    let providers = providers();
    assert!(providers.len() > 20, "only {providers:?} have plugins");
    sources.iter().flat_map(|source| [reserved_in(source), providers_in(source, &providers)].concat()).collect()
}

fn reserved_in(source: &Source) -> Vec<String> {
    let is_elsewhere = |rule: &&Reserved| {
        source.path.starts_with(rule.within) && !rule.places.iter().any(|place| source.path.starts_with(place))
    };
    let is_named = |rule: &&Reserved| source.words.iter().any(|word| **word == *rule.name);
    let found = RESERVED.iter().filter(is_elsewhere).filter(is_named);
    found.map(|rule| format!("{} names {}", source.path, rule.name)).collect()
}

/// The providers that have a plugin: their names stand in plugins, examples and tests.
fn providers() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("plugins")).expect("the plugins").map(|entry| entry.expect("an entry"));
    let folders = folders.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !NO_PROVIDERS.contains(&name.as_str())).collect()
}

/// In code, texts, comments and tests alike.
fn providers_in(source: &Source, providers: &BTreeSet<String>) -> Vec<String> {
    if !source.path.starts_with("host/") {
        return Vec::new();
    }
    let mut text = source.text.to_lowercase();
    for meaning in OTHER_MEANINGS {
        text = text.replace(meaning, "");
    }
    let words = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    let named: BTreeSet<&str> = words.filter(|word| providers.contains(*word)).collect();
    named.into_iter().map(|provider| format!("{} names the provider {provider}", source.path)).collect()
}
