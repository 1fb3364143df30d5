//! New plugins: a project that builds, passes its tests, and serves.
//!
//! The files come from `plugins/`, embedded in the binary: a template for each language, or the plugin that the person starts
//! from. May use `cases`, `egress` and `bundled`. It writes only into the folder of the new project, and either all of it or
//! nothing.
//!
//! | what | where |
//! |---|---|
//! | which files a project has | `files` |
//! | the parts of a template | `template` |
//! | a Rust project around the SDK | `rust` |
//! | the plugin to start from | `start` |
//! | its profile in another language | `translate`, `layout` |
//! | what discovery found | `found` |
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
pub use found::{FoundLogin, Listener};
pub use start::Start;

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the SDK.
    Rust,
    /// JavaScript, built into a component with `componentize-js`.
    JavaScript,
    /// Python, built into a component with `componentize-py`.
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

    /// The value of `--lang` for this language.
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
pub struct ProjectDraft {
    /// The id of the plugin.
    pub id: String,
    /// What it is written in.
    pub language: Language,
    /// The plugin that it starts from.
    pub like: Option<Start>,
    /// What was found at a server.
    pub found: Option<FoundLogin>,
}

/// Why there is no project. `Display` is a sentence with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The name is no id.
    #[error("{0:?} is not a plugin id; use 2 to 40 lower-case letters, digits and hyphens, a letter first")]
    Id(String),
    /// There is no plugin of this name to start from.
    #[error("there is no plugin {name:?} to start from; there are {}", known.join(", "))]
    Like {
        /// What was asked for.
        name: String,
        /// The plugins that there are.
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
    #[error("the bundled plugin {name} {reason}; build the hub again from a whole checkout")]
    Bundled {
        /// The name of the bundled plugin.
        name: String,
        /// Why it cannot be used, as part of the sentence.
        reason: String,
    },
    /// Nothing to start from at the server.
    #[error("{0} publishes no authorization server metadata; leave --from-doctor out and write the endpoints by hand")]
    NothingFound(String),
    /// URLs take names of hosts that source text and rules cannot hold.
    #[error("{0:?} is not a host that a plugin can match; look at the URL behind --from-doctor")]
    Host(String),
    /// The directory is taken.
    #[error("{} is there already and is not empty; choose another --dir", .0.display())]
    Taken(PathBuf),
    /// The first case cannot be written down.
    #[error("{0}; leave --from-doctor out and record a login instead")]
    Case(#[from] crate::cases::CaseError),
    /// The binary does not contain the sources of the SDK.
    #[error("the hub was built without the sources of its SDK ({0}); build it again from a whole checkout")]
    Sources(String),
    /// The project cannot be written.
    #[error("{} cannot be written ({cause}); choose another --dir", path.display())]
    Write {
        /// The file or folder that cannot be written.
        path: PathBuf,
        /// What the system said about it.
        cause: io::Error,
    },
}

/// Writes the files into a directory that is new or empty: all of them or none.
pub fn write(directory: &Path, files: &BTreeMap<PathBuf, String>) -> Result<(), ScaffoldError> {
    if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ScaffoldError::Taken(directory.to_owned()));
    }
    let failed = |path: &Path, cause| ScaffoldError::Write { path: path.to_owned(), cause };
    let parent = directory.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let place = if directory.is_dir() { directory } else { parent };
    std::fs::create_dir_all(place).map_err(|cause| failed(place, cause))?;
    let beside = tempfile::Builder::new().prefix(".mcphub-new-").tempdir_in(place);
    let beside = beside.map_err(|cause| failed(place, cause))?;
    let draft = beside.path().join("project");
    for (name, text) in files {
        let path = draft.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|cause| failed(&directory.join(name), cause))?;
    }
    moved(&draft, directory).map_err(|cause| failed(directory, cause))
}

/// Moves a directory to a free place. Where an empty directory is there already, only its content is moved, because a
/// person may have made it.
fn moved(draft: &Path, directory: &Path) -> io::Result<()> {
    if !directory.is_dir() {
        return std::fs::rename(draft, directory);
    }
    for entry in draft.read_dir()? {
        let entry = entry?;
        std::fs::rename(entry.path(), directory.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_cannot_be_written_leaves_nothing_behind() {
        let place = tempfile::tempdir().expect("a directory");
        // A file where a directory has to be.
        let files = BTreeMap::from([("a".into(), String::new()), ("a/b".into(), String::new())]);

        let error = write(&place.path().join("acme"), &files).expect_err("refused").to_string();

        assert!(error.contains("acme/a/b cannot be written (") && error.ends_with("choose another --dir"), "{error}");
        assert_eq!(place.path().read_dir().expect("a directory").count(), 0);
    }

    #[test]
    fn an_empty_directory_is_filled() {
        let place = tempfile::tempdir().expect("a directory");
        let files = BTreeMap::from([("src/lib.rs".into(), "//! Text.".to_owned())]);

        write(place.path(), &files).expect("written");

        assert_eq!(std::fs::read_to_string(place.path().join("src/lib.rs")).expect("text"), "//! Text.");
    }
}
