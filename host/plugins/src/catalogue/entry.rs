//! What the catalogue tells of its plugins.

use crate::origin::Origin;
use crate::plugin::Plugin;

/// What became of a plugin that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It serves.
    New,
    /// It serves in place of an earlier one from the same file.
    Replaces {
        /// Its id.
        id: String,
    },
    /// It serves in place of a bundled one.
    Overrides {
        /// The id of both.
        id: String,
    },
    /// It is bundled, and a dropped-in one serves in its place.
    Overridden {
        /// The id of both.
        id: String,
    },
    /// Another file has its id.
    Refused {
        /// What is wrong and what to do; continues a sentence that begins with the file's name.
        sentence: String,
    },
}

/// What became of a person's word for a plugin.
#[derive(Debug, Clone)]
#[must_use]
pub enum Approved {
    /// It was taken.
    Yes(Plugin, Added),
    /// Another file waits than the one that was looked at.
    OtherFile {
        /// Digest of the one that waits.
        sha256: String,
    },
    /// No plugin of that id waits.
    NoneWaits,
}

/// What a file was that is gone.
#[derive(Debug, Clone)]
pub struct Removed {
    /// The plugin that served from it.
    pub served: Option<Plugin>,
    /// Whether one from it waited.
    pub waited: bool,
}

/// One line of a list of plugins.
#[derive(Debug, Clone)]
pub enum Entry {
    /// It serves.
    Ready {
        /// The plugin.
        plugin: Plugin,
        /// Ids of those in whose place; its own where that is a bundled one.
        overrides: Vec<String>,
    },
    /// It is bundled, and a dropped-in one of its id serves in its place.
    Overridden {
        /// The plugin.
        plugin: Plugin,
    },
    /// It serves once a person has said so.
    Waiting {
        /// The plugin.
        plugin: Plugin,
        /// Ids of those in whose place it would serve.
        overrides: Vec<String>,
        /// Why it waits.
        reasons: Vec<String>,
    },
    /// It could not be loaded.
    Failed {
        /// Where it is.
        origin: Origin,
        /// Why, and what to do; continues a sentence that begins with the file's name.
        sentence: String,
    },
}
