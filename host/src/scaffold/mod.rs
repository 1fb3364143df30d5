//! New plugins: a project that builds, passes its tests, and serves.
//!
//! The files come from `plugins/`: a template for each language, or a plugin that is started from: a
//! bundled one, or a worked one of `plugins/examples`.
//!
//! | what | file |
//! |---|---|
//! | which files | `files` |
//! | parts of a template | `template` |
//! | a Rust project around the SDK | `rust` |
//! | the plugin that is started from | `start` |
//! | its profile in another language | `translate`, `layout` |
//! | what discovery says | `found` |
//! | the first recorded login | `first_case` |

mod files;
mod first_case;
mod found;
mod layout;
mod rust;
mod start;
mod template;
mod translate;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use files::files;
pub use found::{Found, Listener};
pub use start::Start;

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// With the SDK.
    Rust,
    /// With `componentize-js`.
    JavaScript,
    /// With `componentize-py`.
    Python,
}

impl Language {
    /// Where a project has its source.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::JavaScript => "src/plugin.js",
            Self::Python => "plugin.py",
        }
    }

    /// What `--lang` says.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }
}

/// A plugin that is to be written.
#[derive(Debug)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// What it is written in.
    pub language: Language,
    /// The plugin that it starts from.
    pub like: Option<Start>,
    /// What was found at a server.
    pub found: Option<Found>,
}

/// Why there is no project. `Display` is a sentence with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The name is no id.
    #[error("{0:?} is no plugin id; use 2 to 40 lower-case letters, digits and hyphens, a letter first")]
    Id(String),
    /// No such plugin.
    #[error("there is no plugin {name:?} to start from; there are {}", known.join(", "))]
    Like {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// It has functions, which cannot be translated.
    #[error("{name} is more than data, so --like {name} is for --lang {}", language.flag())]
    OtherLanguage {
        /// The plugin that was to be started from.
        name: String,
        /// What it is written in.
        language: Language,
    },
    /// It does not answer.
    #[error("the bundled plugin {name} {reason}")]
    Bundled {
        /// The bundled plugin.
        name: String,
        /// Why not.
        reason: String,
    },
    /// Nothing to start from at the server.
    #[error("{0} publishes no authorization server metadata; leave --from-doctor out and write the endpoints by hand")]
    NothingFound(String),
    /// The directory is taken.
    #[error("{} is there already and is not empty; choose another --dir", .0.display())]
    Taken(PathBuf),
    /// The first case cannot be written down.
    #[error(transparent)]
    Case(#[from] crate::rehearse::CaseError),
    /// The workspace's settings.
    #[error("the hub was built without the sources of its SDK ({0})")]
    Sources(String),
    /// The disk.
    #[error("{} cannot be written: {cause}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

/// Writes the files into a directory that is new or empty.
pub fn write(directory: &Path, files: &BTreeMap<PathBuf, String>) -> Result<(), ScaffoldError> {
    if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ScaffoldError::Taken(directory.to_owned()));
    }
    for (name, text) in files {
        let path = directory.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|cause| ScaffoldError::Write { path, cause })?;
    }
    Ok(())
}
