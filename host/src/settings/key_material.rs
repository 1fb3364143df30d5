//! Keys and assertions of the settings: written in the file, or in a file of their own that another program may renew.

use std::io;
use std::path::{Path, PathBuf};

use crate::regular;

/// A larger file holds no key and no assertion. In bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A secret text, or the name of the file that holds it and may be renewed by others. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// The text of the secret itself.
    Text(String),
    /// The file, relative to the settings.
    File(PathBuf),
}

impl Material {
    /// A key or a token where it looks like one, else the name of a file.
    #[must_use]
    pub fn of(text: String) -> Self {
        let is_jwt = text.split('.').count() == 3 && text.starts_with("eyJ");
        if is_jwt || text.starts_with("-----BEGIN") || text.starts_with('{') {
            Self::Text(text)
        } else {
            Self::File(text.into())
        }
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text([redacted])"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// A file that should hold a key or an assertion, and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {path} cannot be read ({problem})", path = path.display())]
pub struct KeyMaterialError {
    key: &'static str,
    path: PathBuf,
    problem: String,
}

/// The text of a key or an assertion. `key` is the setting that names it, for the error; `settings` is the settings file.
///
/// A file is read on every call, because workload tokens are renewed in place. A relative path is relative to that file.
pub(crate) async fn read(settings: &Path, key: &'static str, material: &Material) -> Result<String, KeyMaterialError> {
    let path = match material {
        Material::Text(text) => return Ok(text.clone()),
        Material::File(path) => settings.parent().map_or_else(PathBuf::new, Path::to_owned).join(path),
    };
    let unreadable = |problem: String| KeyMaterialError { key, path: path.clone(), problem };
    let file = path.clone();
    let read = tokio::task::spawn_blocking(move || regular::read(&file, MAX_BYTES)).await;
    let bytes = read.map_err(io::Error::other).flatten().map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    Ok(text.trim().to_owned())
}
