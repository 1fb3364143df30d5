//! A directory that people drop plugins into.

use std::path::{Path, PathBuf};

use crate::catalogue::{Added, Catalogue};
use crate::error::LoadError;
use crate::host::PluginHost;
use crate::plugin::{Origin, Plugin};

/// Loads every `*.wasm` of a directory, in the order of names, and says how many now serve. A file that fails is noted in
/// the catalogue and stops nothing; a directory that is not there holds none.
pub async fn load_directory(host: &PluginHost, catalogue: &Catalogue, dir: &Path) -> usize {
    let mut serving = 0;
    for batch in components(dir).await.chunks(AT_A_TIME) {
        let loading = batch.iter().cloned().map(|path| {
            let host = host.clone();
            (path.clone(), tokio::spawn(async move { load_file(&host, &path).await }))
        });
        for (path, loaded) in loading.collect::<Vec<_>>() {
            let panicked = |_| Err(LoadError::Unreadable { reason: "loading it panicked".to_owned() });
            serving += usize::from(add(catalogue, path, loaded.await.unwrap_or_else(panicked)));
        }
    }
    serving
}

/// Files that are read and checked at a time.
const AT_A_TIME: usize = 4;

/// Adds what came of a file; whether it serves.
fn add(catalogue: &Catalogue, path: PathBuf, loaded: Result<Plugin, LoadError>) -> bool {
    match loaded {
        Ok(plugin) => announce(&path, &catalogue.add(plugin)),
        Err(error) => {
            tracing::warn!(plugin.origin = %path.display(), "{} {error}", path.display());
            catalogue.add_failed(Origin::File(path), error);
            false
        }
    }
}

/// Says what became of a file; whether it serves.
fn announce(path: &Path, added: &Added) -> bool {
    let path = path.display();
    match added {
        Added::New => tracing::info!(plugin.origin = %path, "loaded the plugin {path}"),
        Added::Replaces { id } => tracing::info!(plugin.id = id, "loaded the plugin {id} again from {path}"),
        Added::Overrides { id } => tracing::info!(plugin.id = id, "{path} serves in place of the bundled plugin {id}"),
        Added::Overridden { id } => tracing::info!(plugin.id = id, "another plugin serves in place of {path}"),
        Added::Refused { sentence } => tracing::warn!(plugin.origin = %path, "{path} {sentence}"),
    }
    match added {
        Added::New | Added::Replaces { .. } | Added::Overrides { .. } => true,
        Added::Overridden { .. } | Added::Refused { .. } => false,
    }
}

async fn load_file(host: &PluginHost, path: &Path) -> Result<Plugin, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::Unreadable { reason: error.to_string() };
    let limit = host.file_bytes();
    let metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::Unreadable { reason: "it is not a regular file".to_owned() });
    }
    if usize::try_from(metadata.len()).map_or(true, |size| size > limit) {
        return Err(LoadError::TooLarge { limit });
    }
    let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
    host.load(Origin::File(path.to_owned()), bytes).await
}

/// Files of a directory that are named like components, by name.
async fn components(dir: &Path) -> Vec<PathBuf> {
    let Ok(mut entries) = tokio::fs::read_dir(dir).await else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    found
}
