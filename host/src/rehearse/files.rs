//! Cases in files.

use std::path::{Path, PathBuf};

use mcphub_plugins::Catalogue;

use super::case::Case;
use super::replay::replay;

/// The files themselves, and the `.toml` files of the directories, sorted. Err: a sentence with a remedy.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let mut found: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        found.sort();
        files.extend(found);
    }
    if files.is_empty() {
        let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(format!(
            "there is no case (*.toml) in {}; write one, or record one with: mcphub auth login SERVER --record DIR",
            named.join(", ")
        ));
    }
    Ok(files)
}

/// Plays the case in a file, which the plugin `provider` must serve. Ok: its title; Err: what was wrong, a sentence each.
pub async fn play_file(path: &Path, catalogue: Catalogue, provider: &str) -> Result<String, Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![format!("it cannot be read: {error}")])?;
    let case = Case::parse(&text).map_err(|error| vec![error.to_string()])?;
    let faults = replay(&case, catalogue, provider).await.map_err(|error| vec![error.to_string()])?;
    if faults.is_empty() { Ok(case.title) } else { Err(faults) }
}
