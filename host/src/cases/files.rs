//! Cases in files: finds them, and plays each of them.

use std::path::{Path, PathBuf};

use mcphub_plugins::Catalogue;

use super::case::Case;
use super::replay::replay;
use crate::regular;

/// A longer file is not read. In bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The case files at these paths: a file stands for itself, a directory for its `.toml` files in order.
///
/// Every path must lead to at least one case. Otherwise the error is a sentence that names the paths without one and says
/// what to do.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let found = paths.iter().map(|path| below(path)).collect::<Result<Vec<_>, _>>()?;
    let empty: Vec<String> = paths
        .iter()
        .zip(&found)
        .filter(|(_, found)| found.is_empty())
        .map(|(path, _)| path.display().to_string())
        .collect();
    if !empty.is_empty() {
        return Err(format!(
            "there is no case (*.toml) in {}; write one, or record one with: mcphub auth login SERVER --record DIR",
            empty.join(", ")
        ));
    }
    Ok(found.concat())
}

/// The cases at one path. A path that does not exist has none.
fn below(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(if path.exists() { vec![path.to_owned()] } else { Vec::new() });
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| format!("{} cannot be read ({error}); make sure that you may read it", path.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    found.sort();
    Ok(found)
}

/// Plays the case in a file. The plugin `provider` must serve it. Returns the title of the case, or one sentence for each
/// thing that went wrong.
pub async fn play_file(path: &Path, catalogue: Catalogue, provider: &str) -> Result<String, Vec<String>> {
    let bytes = regular::read(path, MAX_BYTES).map_err(|error| {
        vec![format!("it cannot be read ({error}); make sure that it is text and that you may read it")]
    })?;
    let text = String::from_utf8(bytes).map_err(|_| vec!["it is not UTF-8 text; save it as UTF-8".to_owned()])?;
    let case = Case::parse(&text).map_err(|error| vec![error.to_string()])?;
    let faults = replay(&case, catalogue, provider).await.map_err(|error| vec![error.to_string()])?;
    if faults.is_empty() { Ok(case.title) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_the_files_that_are_named_and_those_of_directories_in_order() {
        let home = tempfile::tempdir().expect("a directory");
        for name in ["b.toml", "a.toml", "README.md"] {
            std::fs::write(home.path().join(name), "").expect("written");
        }
        let named = home.path().join("README.md");

        let found = files(&[home.path().to_owned(), named.clone()]).expect("cases");

        assert_eq!(found, [home.path().join("a.toml"), home.path().join("b.toml"), named]);
    }

    #[test]
    fn a_path_without_a_case_is_told_even_beside_one_that_has_some() {
        let home = tempfile::tempdir().expect("a directory");
        let (there, empty, missing) =
            (home.path().join("a.toml"), home.path().join("empty"), home.path().join("cases"));
        std::fs::write(&there, "").expect("written");
        std::fs::create_dir(&empty).expect("made");

        let told = files(&[there, empty.clone(), missing.clone()]).expect_err("no case");

        let named = format!("there is no case (*.toml) in {}, {}; write one", empty.display(), missing.display());
        assert!(told.starts_with(&named), "{told}");
    }
}
