//! Where a plugin comes from.

use std::fmt;
use std::path::PathBuf;

use crate::check::text;

/// Where a plugin is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It came with the hub.
    Bundled,
    /// A person dropped it in.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => f.write_str("bundled"),
            Self::File(path) => f.write_str(&text::printable(&path.display().to_string())),
        }
    }
}
