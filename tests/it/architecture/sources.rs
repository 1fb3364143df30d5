//! The sources of all crates, read once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::words::{Word, words_of};

/// The crates whose files may not need each other in a circle: the folder of their `lib.rs`.
pub(super) const CRATES: &[&str] =
    &["host/src/", "host/oauth/src/", "host/plugins/src/", "plugins/sdk/src/", "tests/src/"];

/// A file, by its path below the root of the repository.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// The words of the code, without comments, texts and test modules.
    pub(super) words: Vec<Word>,
}

static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let root = root();
    let mut found = Vec::new();
    for folder in ["host", "plugins/sdk/src", "tests/src"] {
        read(&root, &root.join(folder), &mut found);
    }
    found
});

/// All files of the host, its crates, the SDK and the library of the tests.
pub(super) fn all() -> &'static [Source] {
    &ALL
}

/// A file that only a test has.
pub(super) fn planted(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned(), words: words_of(text) }
}

/// The root of the repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root").to_owned()
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
            found.push(Source { words: words_of(&text), path, text });
        }
    }
}
