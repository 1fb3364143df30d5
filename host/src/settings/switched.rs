//! What the settings say of a server's tools, prompts and resources, by name.

use std::collections::BTreeSet;

use indexmap::IndexMap;

/// One tool's own settings, or a prompt's, or a resource's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolSetting {
    /// Whether it is shown.
    pub enabled: Option<bool>,
    /// The description that replaces the server's own.
    pub description: Option<String>,
}

/// What the settings say of a server's tools, or of its prompts, or of its resources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolSettings {
    by_name: IndexMap<String, ToolSetting>,
    /// The only ones that are shown, if not all are.
    only: Option<BTreeSet<String>>,
}

impl ToolSettings {
    /// Of these; `only` are shown, if it is given.
    pub(super) const fn new(by_name: IndexMap<String, ToolSetting>, only: Option<BTreeSet<String>>) -> Self {
        Self { by_name, only }
    }

    /// Whether that is shown which goes by the names for which `is_it` holds. What is switched off by any of them is not.
    pub fn shows(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let is_off = |(name, setting): (&String, &ToolSetting)| setting.enabled == Some(false) && is_it(name);
        self.only.as_ref().is_none_or(|only| only.iter().any(|name| is_it(name))) && !self.by_name.iter().any(is_off)
    }

    /// The description that replaces the server's own, for the first name that fits.
    pub fn description(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        let mut told = self.by_name.iter().filter(|(name, _)| is_it(name));
        told.find_map(|(_, setting)| setting.description.as_deref())
    }

    /// Sets what holds for a tool, replacing what was set before.
    pub fn insert(&mut self, tool: String, setting: ToolSetting) {
        self.by_name.insert(tool, setting);
    }

    /// Whether nothing is set for any tool.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.only.is_none()
    }

    /// The tools that are named, with what is set for them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &ToolSetting)> {
        self.by_name.iter()
    }

    /// All names that are written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().chain(self.only.iter().flatten()).map(String::as_str)
    }
}
