//! The bundled plugin that a project starts from.

use std::path::PathBuf;

use mcphub_plugins::{Data, Origin, Part, PluginHost};

use super::ScaffoldError;
use crate::bundled::{BUNDLED, SOURCES};

/// What it says and what it is made of.
#[derive(Debug)]
pub struct Start {
    pub(super) name: String,
    /// Its profile.
    pub(super) parts: Vec<Part>,
    /// The hooks that it has besides.
    pub(super) hooks: Vec<String>,
}

impl Start {
    /// Asks a bundled plugin.
    pub async fn at(name: &str, host: &PluginHost) -> Result<Self, ScaffoldError> {
        let Some((_, bytes)) = BUNDLED.iter().find(|(bundled, _)| *bundled == name) else {
            let known = BUNDLED.iter().map(|(name, _)| (*name).to_owned()).collect();
            return Err(ScaffoldError::Like { name: name.to_owned(), known });
        };
        let broken = |reason: String| ScaffoldError::Bundled { name: name.to_owned(), reason };
        let loaded = host.load(Origin::Bundled, bytes.to_vec()).await;
        let plugin = loaded.map_err(|error| broken(error.to_string()))?;
        let mut parts = plugin.data().await.map_err(|error| broken(error.to_string()))?;
        parts.sort_by_key(|part| place(&part.interface));
        let interface = |export: &String| Some(export.strip_prefix("mcphub:provider/")?.split_once('@')?.0.to_owned());
        let is_hook = |interface: &String| parts.iter().all(|part| part.interface != *interface);
        let mut hooks: Vec<String> = plugin.exports().iter().filter_map(interface).filter(is_hook).collect();
        hooks.sort_by_key(|hook| place(hook));
        Ok(Self { name: name.to_owned(), parts, hooks })
    }

    /// Its name for people.
    pub(super) fn title(&self) -> &str {
        let identity = self.parts.iter().find(|part| part.interface == "identity").map(|part| &part.answer);
        let Some(Data::Record(fields)) = identity else { return &self.name };
        match fields.iter().find(|(field, _)| field == "title") {
            Some((_, Data::Text(title))) => title,
            _ => &self.name,
        }
    }

    /// What its README says, without the headline.
    pub(super) fn facts(&self) -> &'static str {
        let readme = self.sources().find(|(path, _)| path.as_os_str() == "README.md").map_or("", |(_, text)| text);
        readme.split_once('\n').map_or("", |(_, facts)| facts.trim())
    }

    /// Its files, by their paths in it.
    pub(super) fn sources(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        let directory = format!("plugins/{}/", self.name);
        SOURCES.iter().filter_map(move |(path, text)| Some((PathBuf::from(path.strip_prefix(&directory)?), *text)))
    }
}

/// Where the contract lists an interface.
fn place(interface: &str) -> Option<usize> {
    let (_, world) = SOURCES.iter().find(|(path, _)| *path == "wit/provider/v0.1/world.wit")?;
    world.find(&format!("export {interface};"))
}
