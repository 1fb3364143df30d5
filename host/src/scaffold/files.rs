//! Which files a project has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::template::{Filling, fill};
use super::{Draft, Language, ScaffoldError, first_case, rust};
use crate::bundled::{BUNDLED, SOURCES};

/// The files of a new project, by their paths in it.
pub fn files(draft: &Draft) -> Result<BTreeMap<PathBuf, String>, ScaffoldError> {
    if !is_id(&draft.id) {
        return Err(ScaffoldError::Id(draft.id.clone()));
    }
    if let Some(like) = &draft.like {
        check_start(draft, like)?;
    }
    let host = draft.found.as_ref().map_or_else(|| format!("mcp.{}.example", draft.id), super::Found::host);
    let scopes = draft.found.as_ref().map(|found| found.scopes.clone()).unwrap_or_default();
    let (title, type_name) = (words(&draft.id).join(" "), words(&draft.id).concat());
    let parts = parts(draft);
    let filling =
        Filling { id: &draft.id, title: &title, type_name: &type_name, host: &host, scopes: &scopes, parts: &parts };
    let mut files = match draft.language {
        Language::Rust => rust_files(draft, &filling)?,
        Language::JavaScript => javascript_files(&filling),
        Language::Python => python_files(&filling),
    };
    match &draft.like {
        Some(like) => files.extend(started_from(draft, like)),
        None => {
            let case = first_case::of(&host, draft.found.as_ref()).map_err(|_| ScaffoldError::Id(draft.id.clone()))?;
            files.insert("cases/login.toml".into(), case.to_text()?);
        }
    }
    files.insert(".gitignore".into(), "/target\n/node_modules\n/build\n__pycache__\n*.wasm\n".to_owned());
    Ok(files)
}

fn parts(draft: &Draft) -> Vec<&'static str> {
    let Some(found) = &draft.found else { return Vec::new() };
    let guide = (!found.registers).then_some("guide");
    let pkce = (!found.lists_s256).then_some("pkce");
    let scopes = (!found.scopes.is_empty()).then_some("scopes");
    [guide, pkce, scopes].into_iter().flatten().collect()
}

fn rust_files(draft: &Draft, filling: &Filling<'_>) -> Result<BTreeMap<PathBuf, String>, ScaffoldError> {
    let component = format!("target/wasm32-wasip2/release/{}.wasm", filling.id.replace('-', "_"));
    let mut files: BTreeMap<PathBuf, String> = rust::vendored().collect();
    files.insert("Cargo.toml".into(), rust::manifest(filling.id, draft.like.as_deref())?);
    files.insert("rust-toolchain.toml".into(), rust::toolchain()?);
    files.insert("src/lib.rs".into(), fill(source("templates/rust/src/lib.rs"), filling));
    let build = "cargo test\ncargo build --release --target wasm32-wasip2";
    files.insert("README.md".into(), readme(filling, build, &component));
    Ok(files)
}

fn javascript_files(filling: &Filling<'_>) -> BTreeMap<PathBuf, String> {
    let mut files = contract(filling);
    for name in ["src/plugin.js", "src/mcphub.js", "test/plugin.test.js", "package.json"] {
        files.insert(name.into(), fill(source(&format!("templates/javascript/{name}")), filling));
    }
    let build = "npm install\nnpm test\nnpm run build";
    files.insert("README.md".into(), readme(filling, build, &format!("{}.wasm", filling.id)));
    files
}

fn python_files(filling: &Filling<'_>) -> BTreeMap<PathBuf, String> {
    let mut files = contract(filling);
    for name in ["plugin.py", "mcphub.py", "test_plugin.py", "requirements.txt"] {
        files.insert(name.into(), fill(source(&format!("templates/python/{name}")), filling));
    }
    let file = format!("{}.wasm", filling.id);
    let build = format!(
        "python3 -m venv build/venv && . build/venv/bin/activate && pip install -r requirements.txt\n\
         componentize-py -d wit -w plugin bindings build/bindings\n\
         PYTHONPATH=build/bindings python3 -m unittest\n\
         componentize-py -d wit -w plugin componentize --stub-wasi plugin -o {file}"
    );
    files.insert("README.md".into(), readme(filling, &build, &file));
    files
}

/// The contract as a package beside the plugin's own world.
fn contract(filling: &Filling<'_>) -> BTreeMap<PathBuf, String> {
    let package = SOURCES.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("wit/provider/v0.1/")?;
        Some((PathBuf::from(format!("wit/deps/mcphub-provider/{name}")), (*text).to_owned()))
    });
    let world = ("wit/plugin.wit".into(), fill(source("templates/plugin.wit"), filling));
    package.chain([world]).collect()
}

/// The sources and cases of a bundled plugin, with another id.
fn started_from<'a>(draft: &'a Draft, like: &'a str) -> impl Iterator<Item = (PathBuf, String)> + 'a {
    let (before, after) = (format!("{like:?}"), format!("{:?}", draft.id));
    SOURCES.iter().filter_map(move |(path, text)| {
        let name = path.strip_prefix(&format!("plugins/{like}/"))?;
        let is_kept = name.starts_with("src/") || name.starts_with("cases/");
        is_kept.then(|| (PathBuf::from(name), text.replacen(&before, &after, 1)))
    })
}

fn check_start(draft: &Draft, like: &str) -> Result<(), ScaffoldError> {
    if !BUNDLED.iter().any(|(name, _)| *name == like) {
        let known = BUNDLED.iter().map(|(name, _)| (*name).to_owned()).collect();
        return Err(ScaffoldError::Like { name: like.to_owned(), known });
    }
    if draft.language != Language::Rust {
        return Err(ScaffoldError::OtherLanguage(like.to_owned()));
    }
    Ok(())
}

fn readme(filling: &Filling<'_>, build: &str, file: &str) -> String {
    fill(source("templates/README.md"), filling).replace("@BUILD@", build).replace("@FILE@", file)
}

fn source(path: &str) -> &'static str {
    let found = SOURCES.iter().find(|(name, _)| name.strip_prefix("plugins/") == Some(path));
    found.map_or("", |(_, text)| text)
}

/// The id's words, each with a capital letter.
fn words(id: &str) -> Vec<String> {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    id.split('-').filter_map(capital).collect()
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=40).contains(&id.len()) && id.starts_with(|first: char| first.is_ascii_lowercase()) && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, language: Language, like: Option<&str>) -> Draft {
        Draft { id: id.to_owned(), language, like: like.map(str::to_owned), found: None }
    }

    #[test]
    fn names_that_are_no_ids_are_refused() {
        for id in ["", "a", "Acme", "1acme", "ac me", "../acme"] {
            assert!(matches!(files(&draft(id, Language::Rust, None)), Err(ScaffoldError::Id(_))), "{id}");
        }
    }

    #[test]
    fn a_plugin_that_is_not_bundled_is_no_start_and_those_that_are_are_named() {
        let error = files(&draft("acme", Language::Rust, Some("nobody"))).expect_err("refused").to_string();

        assert!(error.starts_with("there is no bundled plugin \"nobody\" to start from; there are "), "{error}");
        assert!(error.contains("rfc8414"), "{error}");
    }

    #[test]
    fn every_file_of_a_project_has_its_own_name_in_it_and_no_mark() {
        for language in [Language::Rust, Language::JavaScript, Language::Python] {
            for (path, text) in files(&draft("my-tool", language, None)).expect("files") {
                let foreign =
                    path.starts_with("vendor") || path.starts_with("wit/provider") || path.starts_with("wit/deps");
                assert!(!text.is_empty(), "{}", path.display());
                assert!(foreign || !text.to_lowercase().contains("acme"), "{}", path.display());
                assert!(foreign || !text.contains("[/"), "{}", path.display());
            }
        }
    }

    #[test]
    fn a_start_from_a_bundled_plugin_has_its_source_and_cases_under_the_new_id() {
        let files = files(&draft("my-tool", Language::Rust, Some("rfc8414"))).expect("files");

        let source = files.get(&PathBuf::from("src/lib.rs")).expect("source");
        assert!(source.contains("id: \"my-tool\""), "{source}");
        assert!(files.contains_key(&PathBuf::from("cases/login.toml")));
    }
}
