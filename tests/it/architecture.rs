//! Who may depend on whom, read from the sources.

use std::fs;
use std::path::Path;

/// A file, by its path below the root of the repository.
struct Source {
    path: String,
    text: String,
}

/// A word that only some places may name. A place is the beginning of a path.
struct Reserved {
    word: &'static str,
    within: &'static str,
    places: &'static [&'static str],
}

const RESERVED: &[Reserved] = &[
    Reserved { word: "axum", within: "host/", places: &["host/src/serve/", "host/tests/"] },
    Reserved { word: "hyper", within: "host/", places: &["host/src/serve/", "host/tests/"] },
    Reserved {
        word: "reqwest",
        within: "host/",
        places: &["host/src/egress/", "host/src/gateway/upstream/", "host/tests/"],
    },
    Reserved { word: "wasmtime", within: "host/", places: &["host/plugins/"] },
    Reserved { word: "wasmtime_wasi", within: "host/", places: &["host/plugins/"] },
    Reserved { word: "var", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { word: "vars", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { word: "vars_os", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { word: "var_os", within: "host/src/", places: &["host/src/settings/environment.rs"] },
    Reserved { word: "tokio", within: "host/oauth/", places: &[] },
    Reserved { word: "fs", within: "host/oauth/", places: &[] },
    Reserved { word: "net", within: "host/oauth/", places: &[] },
];

/// What each module of the hub may use of the others. `main` puts them in order; nothing runs against it.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("addresses", &[]),
    ("clock", &[]),
    ("random", &[]),
    ("desktop", &[]),
    ("presence", &["random", "regular"]),
    ("regular", &[]),
    ("bundled", &[]),
    ("settings", &["regular"]),
    ("visible", &[]),
    ("egress", &["visible"]),
    ("store", &["settings"]),
    ("connect", &["addresses", "clock", "egress", "random", "regular", "settings", "store", "visible"]),
    ("cases", &["clock", "connect", "egress", "random", "regular", "settings", "store"]),
    ("scaffold", &["bundled", "egress", "cases"]),
    ("gateway", &["clock", "connect", "egress", "random", "settings"]),
    (
        "app",
        &[
            "addresses",
            "bundled",
            "clock",
            "connect",
            "desktop",
            "egress",
            "gateway",
            "presence",
            "random",
            "settings",
            "store",
        ],
    ),
    ("serve", &["addresses", "app", "clock", "connect", "gateway", "presence", "random", "settings"]),
    (
        "cli",
        &[
            "app", "clock", "connect", "desktop", "egress", "gateway", "presence", "random", "cases", "scaffold",
            "serve", "settings", "visible",
        ],
    ),
];

/// Folders below `plugins/` that are no provider's: their names may stand anywhere.
const NO_PROVIDERS: &[&str] = &["examples", "rfc8414", "sdk", "templates"];
/// What a provider's name means besides.
const OTHER_MEANINGS: &[&str] = &["linear time", "linear memor"];

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// The text without its comments; a line of code keeps what stands before one.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn names_reserved(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let free = |rule: &&Reserved| {
        source.path.starts_with(rule.within) && !rule.places.iter().any(|place| source.path.starts_with(place))
    };
    let said = |rule: &&Reserved| words(&code).any(|word| word == rule.word);
    RESERVED.iter().filter(free).filter(said).map(|rule| format!("{} names {}", source.path, rule.word)).collect()
}

fn runs_against(source: &Source) -> Vec<String> {
    let Some(inside) = source.path.strip_prefix("host/src/") else { return Vec::new() };
    let module = inside.split(['/', '.']).next().unwrap_or_default();
    let Some((_, allowed)) = DIRECTIONS.iter().find(|(name, _)| *name == module) else {
        let known = matches!(module, "lib" | "main");
        return if known {
            Vec::new()
        } else {
            vec![format!("{} is a module that has no place in the order", source.path)]
        };
    };
    let code = code(&source.text);
    let used = code.split("crate::").skip(1).filter_map(|rest| words(rest).next());
    let wrong = used
        .filter(|used| *used != module && DIRECTIONS.iter().any(|(name, _)| name == used) && !allowed.contains(used));
    wrong.map(|used| format!("{} uses {used}", source.path)).collect()
}

/// The providers that have a plugin: their names stand in plugins, examples and these tests.
fn providers() -> Vec<String> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let folders = fs::read_dir(plugins).expect("the plugins").map(|entry| entry.expect("an entry"));
    let folders = folders.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !NO_PROVIDERS.contains(&name.as_str())).collect()
}

fn names_providers(source: &Source, providers: &[String]) -> Vec<String> {
    if !source.path.starts_with("host/") {
        return Vec::new();
    }
    let mut text = source.text.to_lowercase();
    for meaning in OTHER_MEANINGS {
        text = text.replace(meaning, "");
    }
    let named = providers.iter().filter(|provider| words(&text).any(|word| word == **provider));
    named.map(|provider| format!("{} names the provider {provider}", source.path)).collect()
}

fn violations(sources: &[Source]) -> Vec<String> {
    let providers = providers();
    assert!(providers.len() > 20, "only {providers:?} have plugins");
    sources
        .iter()
        .flat_map(|source| [names_reserved(source), runs_against(source), names_providers(source, &providers)].concat())
        .collect()
}

fn read(root: &Path, directory: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" {
            read(root, &path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "build.rs" {
            let text = fs::read_to_string(&path).expect("a source");
            let path = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
}

fn planted(path: &str, text: &str) -> Vec<String> {
    violations(&[Source { path: path.to_owned(), text: text.to_owned() }])
}

#[test]
fn the_sources_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root");
    let mut sources = Vec::new();
    read(root, &root.join("host"), &mut sources);

    let found = violations(&sources);

    assert!(sources.len() > 100, "only {} sources were read", sources.len());
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_library_in_the_wrong_place_is_found() {
    assert_eq!(planted("host/src/connect/begin.rs", "use axum::Router;"), ["host/src/connect/begin.rs names axum"]);
    assert_eq!(
        planted("host/src/gateway/mod.rs", "reqwest::Client::builder()"),
        ["host/src/gateway/mod.rs names reqwest"]
    );
    assert_eq!(planted("host/src/app.rs", "fn engine() -> wasmtime::Engine"), ["host/src/app.rs names wasmtime"]);
    assert_eq!(planted("host/src/cli/mod.rs", "std::env::var(\"PORT\")"), ["host/src/cli/mod.rs names var"]);
    assert_eq!(
        planted("host/oauth/src/token.rs", "use tokio::time::Instant;"),
        ["host/oauth/src/token.rs names tokio"]
    );
}

#[test]
fn a_library_in_its_place_and_in_comments_is_no_fault() {
    assert!(planted("host/src/serve/router.rs", "use axum::Router;").is_empty());
    assert!(planted("host/src/gateway/upstream/http.rs", "use reqwest::Client;").is_empty());
    assert!(planted("host/src/lib.rs", "//! Only `serve` names axum.").is_empty());
}

#[test]
fn a_use_against_the_direction_is_found() {
    assert_eq!(
        planted("host/src/connect/hub.rs", "use crate::gateway::Gateway;"),
        ["host/src/connect/hub.rs uses gateway"]
    );
    assert_eq!(planted("host/src/store/mod.rs", "use crate::egress::Egress;"), ["host/src/store/mod.rs uses egress"]);
    assert_eq!(planted("host/src/settings/file.rs", "crate::app::App"), ["host/src/settings/file.rs uses app"]);
    assert!(planted("host/src/connect/hub.rs", "use crate::store::Store;").is_empty());
}

#[test]
fn a_module_without_a_place_is_found() {
    assert_eq!(planted("host/src/utils.rs", ""), ["host/src/utils.rs is a module that has no place in the order"]);
}

#[test]
fn a_providers_name_in_the_host_is_found() {
    assert_eq!(planted("host/src/app.rs", "// as Linear does"), ["host/src/app.rs names the provider linear"]);
    assert!(planted("host/src/app.rs", "// in linear time, in Linear memory").is_empty());
    assert!(planted("plugins/linear/src/lib.rs", "struct Linear;").is_empty());
}
