//! What the catalogue tells of its plugins.

use crate::origin::Origin;
use crate::plugin::Plugin;

/// What became of a plugin that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It serves, and no plugin of its id did before.
    New,
    /// It serves in place of an earlier one from the same file.
    Replaces {
        /// The id of the plugin.
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
    /// It was taken, and this became of it.
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
pub enum CatalogueEntry {
    /// It serves the servers that it matches.
    Ready {
        /// The plugin as it was loaded.
        plugin: Plugin,
        /// Ids of those in whose place; its own where that is a bundled one.
        overrides: Vec<String>,
    },
    /// It is bundled, and a dropped-in one of its id serves in its place.
    Overridden {
        /// The plugin as it was loaded.
        plugin: Plugin,
    },
    /// It serves once a person has said so.
    Waiting {
        /// The plugin as it was loaded.
        plugin: Plugin,
        /// Ids of those in whose place it would serve.
        overrides: Vec<String>,
        /// What a person is to look at before it serves.
        reasons: Vec<String>,
    },
    /// It could not be loaded.
    Failed {
        /// Where the file is.
        origin: Origin,
        /// Why, and what to do; continues a sentence that begins with the file's name.
        sentence: String,
    },
}
