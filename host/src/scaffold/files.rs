//! Which files a project has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::template::{Filling, fill};
use super::{Language, ProjectDraft, ScaffoldError, Start, first_case, rust, translate};
use crate::bundled::SOURCES;

/// The files of a new project, by their paths in it.
pub fn files(draft: &ProjectDraft) -> Result<BTreeMap<PathBuf, String>, ScaffoldError> {
    if !is_id(&draft.id) {
        return Err(ScaffoldError::Id(draft.id.clone()));
    }
    if let Some(start) = draft.like.as_ref().filter(|start| !start.is_for(draft.language)) {
        return Err(ScaffoldError::OtherLanguage { name: start.name.clone(), language: start.language });
    }
    let host = draft.found.as_ref().map_or_else(|| invented_host(&draft.id), super::FoundLogin::host);
    let scopes = draft.found.as_ref().map(|found| found.scopes.clone()).unwrap_or_default();
    let (title, type_name) = (words(&draft.id).join(" "), words(&draft.id).concat() + "Plugin");
    let parts = parts(draft);
    let filling =
        Filling { id: &draft.id, title: &title, type_name: &type_name, host: &host, scopes: &scopes, parts: &parts };
    let mut files = match draft.language {
        Language::Rust => rust_files(draft, &filling)?,
        Language::JavaScript => javascript_files(&filling, draft.like.as_ref()),
        Language::Python => python_files(&filling, draft.like.as_ref()),
    };
    match &draft.like {
        Some(start) => files.extend(started_from(draft, start)),
        None => {
            let case = first_case::of(&host, draft.found.as_ref()).map_err(|_| ScaffoldError::Id(draft.id.clone()))?;
            files.insert("cases/login.toml".into(), case.to_text()?);
        }
    }
    files.insert(".gitignore".into(), "/target\n/node_modules\n/build\n__pycache__\n*.wasm\n".to_owned());
    Ok(files)
}

fn parts(draft: &ProjectDraft) -> Vec<&'static str> {
    if draft.like.is_some() {
        return vec!["started"];
    }
    let Some(found) = &draft.found else { return vec!["fresh"] };
    let guide = (!found.registers).then_some("guide");
    let pkce = (!found.lists_s256).then_some("pkce");
    let scopes = (!found.scopes.is_empty()).then_some("scopes");
    [Some("fresh"), guide, pkce, scopes].into_iter().flatten().collect()
}

fn rust_files(draft: &ProjectDraft, filling: &Filling<'_>) -> Result<BTreeMap<PathBuf, String>, ScaffoldError> {
    let component = format!("target/wasm32-wasip2/release/{}.wasm", rust::package(filling.id).replace('-', "_"));
    let mut files: BTreeMap<PathBuf, String> = rust::vendored().collect();
    files
        .insert("Cargo.toml".into(), rust::manifest(filling.id, draft.like.as_ref().map(|start| start.name.as_str()))?);
    files.insert("rust-toolchain.toml".into(), rust::toolchain()?);
    files.insert("src/lib.rs".into(), fill(source("templates/rust/src/lib.rs"), filling));
    let build = "cargo test\ncargo build --release --target wasm32-wasip2";
    files.insert("README.md".into(), readme(filling, draft.like.as_ref(), build, &component));
    Ok(files)
}

fn javascript_files(filling: &Filling<'_>, start: Option<&Start>) -> BTreeMap<PathBuf, String> {
    let mut files = contract(filling, start);
    for name in ["src/plugin.js", "src/mcphub.js", "test/plugin.test.js", "package.json"] {
        files.insert(name.into(), fill(source(&format!("templates/javascript/{name}")), filling));
    }
    if let Some(start) = start.filter(|start| start.language != Language::JavaScript) {
        files.insert("src/plugin.js".into(), translate::javascript(start, filling.id));
    }
    let build = "npm install\nnpm test\nnpm run build";
    files.insert("README.md".into(), readme(filling, start, build, &format!("{}.wasm", filling.id)));
    files
}

fn python_files(filling: &Filling<'_>, start: Option<&Start>) -> BTreeMap<PathBuf, String> {
    let mut files = contract(filling, start);
    for name in ["plugin.py", "mcphub.py", "test_plugin.py", "requirements.txt"] {
        files.insert(name.into(), fill(source(&format!("templates/python/{name}")), filling));
    }
    if let Some(start) = start.filter(|start| start.language != Language::Python) {
        files.insert("plugin.py".into(), translate::python(start, filling.id));
    }
    let file = format!("{}.wasm", filling.id);
    let build = format!(
        "python3 -m venv build/venv && . build/venv/bin/activate && pip install -r requirements.txt\n\
         componentize-py -d wit -w plugin bindings build/bindings\n\
         PYTHONPATH=build/bindings python3 -m unittest\n\
         componentize-py -d wit -w plugin componentize --stub-wasi plugin -o {file}"
    );
    files.insert("README.md".into(), readme(filling, start, &build, &file));
    files
}

/// The contract as a package beside the plugin's own world.
fn contract(filling: &Filling<'_>, start: Option<&Start>) -> BTreeMap<PathBuf, String> {
    let package = SOURCES.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("wit/provider/v0.1/")?;
        Some((PathBuf::from(format!("wit/deps/mcphub-provider/{name}")), (*text).to_owned()))
    });
    let parts = start.map(|start| start.parts.as_slice()).unwrap_or_default();
    let exports = parts.iter().map(|part| format!("    export mcphub:provider/{}@0.1.0;\n", part.interface));
    let world = fill(source("templates/plugin.wit"), filling).replace("    @EXPORTS@\n", &exports.collect::<String>());
    package.chain([("wit/plugin.wit".into(), world)]).collect()
}

/// The cases of the plugin that is started from and, in its own language, its sources with another id.
fn started_from<'a>(draft: &'a ProjectDraft, start: &'a Start) -> impl Iterator<Item = (PathBuf, String)> + 'a {
    let (before, after) = (format!("{:?}", start.name), format!("{:?}", draft.id));
    let is_wanted = move |path: &PathBuf| match draft.language {
        _ if path.starts_with("cases") => true,
        Language::Rust => path.starts_with("src"),
        language => language == start.language && !path.ends_with("README.md"),
    };
    let files = start.sources().filter(move |(path, _)| is_wanted(path));
    files.map(move |(path, text)| (path, text.replacen(&before, &after, 1)))
}

fn readme(filling: &Filling<'_>, start: Option<&Start>, build: &str, file: &str) -> String {
    let text = fill(source("templates/README.md"), filling).replace("@BUILD@", build).replace("@FILE@", file);
    match start {
        Some(start) => {
            let named = text.replace("@LIKE@", &start.name).replace("@PROVIDER@", start.title());
            // In quotes it is what the settings name the plugin by.
            let facts = start.facts().replace(&format!("{:?}", start.name), &format!("{:?}", filling.id));
            named.replace("@FACTS@", &facts)
        }
        None => text,
    }
}

fn source(path: &str) -> &'static str {
    let found = SOURCES.iter().find(|(name, _)| name.strip_prefix("plugins/") == Some(path));
    found.map_or("", |(_, text)| text)
}

/// An example host for a provider that was not looked up. An id may have hyphens where a host may not.
fn invented_host(id: &str) -> String {
    format!("mcp.{}.example", words(id).join("-").to_lowercase())
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
    use mcphub_plugins::{Limits, PluginHost};

    use super::*;
    use crate::bundled::BUNDLED;

    fn draft(id: &str, language: Language) -> ProjectDraft {
        ProjectDraft { id: id.to_owned(), language, like: None, found: None }
    }

    async fn like(name: &str, language: Language) -> Result<BTreeMap<PathBuf, String>, ScaffoldError> {
        let host = PluginHost::new(None, Limits::default()).expect("a host");
        files(&ProjectDraft { like: Some(Start::at(name, &host).await?), ..draft("my-tool", language) })
    }

    fn text<'a>(files: &'a BTreeMap<PathBuf, String>, path: &str) -> &'a str {
        files.get(&PathBuf::from(path)).unwrap_or_else(|| panic!("{path} is not among {:?}", files.keys()))
    }

    #[test]
    fn names_that_are_no_ids_are_refused() {
        for id in ["", "a", "Acme", "1acme", "ac me", "../acme"] {
            assert!(matches!(files(&draft(id, Language::Rust)), Err(ScaffoldError::Id(_))), "{id}");
        }
    }

    #[tokio::test]
    async fn a_plugin_that_is_not_bundled_is_no_start_and_those_that_are_are_named() {
        let error = like("nobody", Language::Rust).await.expect_err("refused").to_string();

        assert!(error.starts_with("there is no plugin \"nobody\" to start from; there are "), "{error}");
        assert!(error.contains("rfc8414"), "{error}");
    }

    #[test]
    fn every_file_of_a_project_has_its_own_name_in_it_and_no_mark() {
        for language in [Language::Rust, Language::JavaScript, Language::Python] {
            for (path, text) in files(&draft("my-tool", language)).expect("files") {
                let foreign =
                    path.starts_with("vendor") || path.starts_with("wit/provider") || path.starts_with("wit/deps");
                assert!(!text.is_empty(), "{}", path.display());
                assert!(foreign || !text.to_lowercase().contains("acme"), "{}", path.display());
                assert!(foreign || !text.contains("[/"), "{}", path.display());
            }
        }
    }

    #[test]
    fn no_id_is_too_odd_for_the_tools_of_its_language() {
        let odd = ["self", "fn", "test", "core", "std", "provider", "guide", "vec", "mcphub-plugin", "xn--a", "a-"];
        for id in odd {
            let rust = files(&draft(id, Language::Rust)).expect(id);
            let javascript = files(&draft(id, Language::JavaScript)).expect(id);

            assert!(text(&rust, "Cargo.toml").starts_with(&format!("[package]\nname = \"{id}-provider\"\n")), "{id}");
            assert!(text(&rust, "src/lib.rs").contains("Plugin;\n"), "{id}");
            assert!(text(&javascript, "package.json").contains(&format!("\"name\": \"{id}-provider\"")), "{id}");
        }
    }

    #[test]
    fn a_host_that_is_made_up_is_a_host() {
        for (id, host) in [("acme-crm", "mcp.acme-crm.example"), ("xn--a", "mcp.xn-a.example"), ("a-", "mcp.a.example")]
        {
            assert_eq!(invented_host(id), host);
        }
    }

    #[tokio::test]
    async fn facts_name_the_new_plugin_where_settings_do() {
        let examples = [("threads", Language::JavaScript), ("zoho", Language::Python)];
        let bundled = BUNDLED.iter().map(|(name, _)| (*name, Language::Rust));
        let mut named = 0;
        for (name, language) in examples.into_iter().chain(bundled) {
            let readme = like(name, language).await.expect("files");
            let readme = text(&readme, "README.md");

            assert!(!readme.contains(&format!("{name:?}")), "{readme}");
            named += usize::from(readme.contains("\"my-tool\""));
        }
        assert!(named > examples.len(), "{named} name it");
    }

    #[tokio::test]
    async fn a_start_from_a_bundled_plugin_has_its_source_cases_and_facts_under_the_new_id() {
        for (name, _) in BUNDLED {
            let files = like(name, Language::Rust).await.expect("files");

            assert!(text(&files, "src/lib.rs").contains("\"my-tool\""), "{name}");
            assert!(files.keys().any(|path| path.starts_with("cases")), "{name}");
            let readme = text(&files, "README.md");
            assert!(readme.contains(&format!("what the plugin `{name}` does")), "{readme}");
            assert!(!readme.contains(['@', '[', ']']) && readme.contains("source"), "{readme}");
        }
    }

    #[tokio::test]
    async fn data_goes_into_any_language_and_functions_do_not() {
        for language in [Language::JavaScript, Language::Python] {
            let mut translated = 0;
            for (name, _) in BUNDLED {
                match like(name, language).await {
                    Ok(files) => {
                        let path = if language == Language::Python { "plugin.py" } else { "src/plugin.js" };
                        assert!(text(&files, path).contains("\"my-tool\""), "{name}");
                        let world = text(&files, "wit/plugin.wit");
                        assert!(world.contains("    export mcphub:provider/matching@0.1.0;\n"), "{world}");
                        translated += 1;
                    }
                    Err(ScaffoldError::OtherLanguage { language, .. }) => {
                        assert_eq!(language, Language::Rust, "{name}");
                    }
                    Err(error) => panic!("{name}: {error}"),
                }
            }
            assert!(translated > 20 && translated < BUNDLED.len(), "{translated}");
        }
    }
}
