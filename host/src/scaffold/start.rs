//! The plugin that a project starts from: a bundled one, or a worked one in another language.

use std::path::{Path, PathBuf};

use mcphub_plugins::{DataPart, Origin, PluginHost};

use super::{Language, ScaffoldError};
use crate::bundled::{BUNDLED, SOURCES};

/// Where the worked plugins are, a directory each.
const WORKED: &str = "plugins/examples/";

/// What it says and what it is made of.
#[derive(Debug)]
pub struct Start {
    pub(super) name: String,
    /// What its sources are written in.
    pub(super) language: Language,
    /// Its profile, where it is bundled.
    pub(super) parts: Vec<DataPart>,
    /// Whether the plugin is only a profile, so that it can be written in any language.
    pub(super) is_data: bool,
}

impl Start {
    /// Asks a bundled plugin, or takes a worked one.
    pub async fn at(name: &str, host: &PluginHost) -> Result<Self, ScaffoldError> {
        let Some((_, bytes)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) else {
            return Self::worked(name);
        };
        let broken = |reason: String| ScaffoldError::Bundled { name: name.to_owned(), reason };
        let loaded = host.load(Origin::Bundled, bytes.to_vec()).await;
        let plugin = loaded.map_err(|error| broken(error.to_string()))?;
        let mut parts = plugin.data().await.map_err(|error| broken(error.to_string()))?;
        parts.sort_by_key(|part| place(&part.interface));
        let mut interfaces = plugin
            .exports()
            .iter()
            .filter_map(|export| Some(export.strip_prefix("mcphub:provider/")?.split_once('@')?.0));
        let is_data = interfaces.all(|interface| parts.iter().any(|part| part.interface == interface));
        Ok(Self { name: name.to_owned(), language: Language::Rust, parts, is_data })
    }

    fn worked(name: &str) -> Result<Self, ScaffoldError> {
        let mut worked = worked().collect::<Vec<_>>();
        let Some((name, language)) = worked.iter().find(|(worked, _)| *worked == name).copied() else {
            worked.extend(BUNDLED.iter().map(|(name, _)| (*name, Language::Rust)));
            let mut known: Vec<String> = worked.into_iter().map(|(name, _)| name.to_owned()).collect();
            known.sort();
            return Err(ScaffoldError::Like { name: name.to_owned(), known });
        };
        Ok(Self { name: name.to_owned(), language, parts: Vec::new(), is_data: false })
    }

    /// Whether a project in this language can start from it.
    pub(super) fn is_for(&self, language: Language) -> bool {
        language == self.language || self.is_data
    }

    /// Its name for people, from its README's headline.
    pub(super) fn title(&self) -> &str {
        let headline = self.readme().lines().next().unwrap_or_default();
        headline.trim_start_matches("# ").split(" (").next().filter(|title| !title.is_empty()).unwrap_or(&self.name)
    }

    /// What its README says, without the headline and without how it is built.
    pub(super) fn facts(&self) -> &'static str {
        let facts = self.readme().split_once('\n').map_or("", |(_, facts)| facts);
        facts.split("\n## ").next().unwrap_or_default().trim()
    }

    fn readme(&self) -> &'static str {
        self.sources().find(|(path, _)| path == Path::new("README.md")).map_or("", |(_, text)| text)
    }

    /// Its files, by their paths in it.
    pub(super) fn sources(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        let above = if self.language == Language::Rust { "plugins/" } else { WORKED };
        let directory = format!("{above}{}/", self.name);
        SOURCES.iter().filter_map(move |(path, text)| Some((PathBuf::from(path.strip_prefix(&directory)?), *text)))
    }
}

/// Names of the worked plugins, with what each is written in.
fn worked() -> impl Iterator<Item = (&'static str, Language)> {
    SOURCES.iter().filter_map(|(path, _)| {
        let (name, file) = path.strip_prefix(WORKED)?.split_once('/')?;
        let languages = [Language::JavaScript, Language::Python];
        languages.into_iter().find(|language| file == language.source()).map(|language| (name, language))
    })
}

/// Where the contract lists an interface.
fn place(interface: &str) -> Option<usize> {
    let (_, world) = SOURCES.iter().find(|(path, _)| *path == "wit/provider/v0.1/world.wit")?;
    world.find(&format!("export {interface};"))
}
