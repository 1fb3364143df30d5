//! What the API and the commands show of a hub: every server and every plugin, those that cannot be used included.

use mcphub_plugins::{CatalogueEntry, Origin, Plugin};
use serde::Serialize;

use super::parts::App;
use crate::connect::ServerView;
use crate::settings::{ServerEntry, SettingsFault};

/// A plugin as the API and the commands show it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum PluginView {
    /// It was loaded, whether it serves or not.
    Loaded(Box<LoadedPluginView>),
    /// It could not be loaded.
    Failed {
        /// The status, which is always `failed`.
        status: &'static str,
        /// Where the plugin comes from.
        origin: String,
        /// Why it could not be loaded, with a remedy.
        problem: String,
    },
}

/// What a loaded plugin says about itself, and what the hub does with it.
#[derive(Debug, Serialize)]
pub struct LoadedPluginView {
    id: String,
    title: String,
    version: String,
    status: &'static str,
    origin: String,
    contract: String,
    sha256: String,
    matches: Vec<String>,
    overrides: Vec<String>,
    hosts: Vec<String>,
    reasons: Vec<String>,
    servers: Vec<String>,
    description: String,
    homepage: Option<String>,
}

impl App {
    /// All servers in the order of the settings, including those that cannot be used.
    pub async fn views(&self) -> Vec<ServerView> {
        let mut views = Vec::new();
        for (name, entry) in &self.in_force().loaded.settings.servers {
            match entry {
                ServerEntry::Usable(server) => {
                    let others = server.oauth.accounts.iter().map(|account| server.of_account(account).name);
                    for name in [name.clone()].into_iter().chain(others) {
                        let view = self.connector.view(&name).await;
                        let (notes, lists) = (self.gateway.notes(&name), self.gateway.lists(&name));
                        views.extend(view.map(|view| ServerView { notes, lists, ..view }));
                    }
                }
                ServerEntry::Faulty(faults) => views.push(ServerView::unusable(name.clone(), sentences(faults))),
                ServerEntry::Unsupported(sentence) => {
                    views.push(ServerView::unusable(name.clone(), sentence.clone()));
                }
            }
        }
        views
    }

    /// All plugins, including those that could not be loaded.
    pub async fn plugins(&self) -> Vec<PluginView> {
        let mut views = Vec::new();
        for entry in self.catalogue.entries() {
            let servers = match &entry {
                CatalogueEntry::Ready { plugin, .. } if *plugin.origin() != Origin::Bundled => {
                    self.connector.servers_of(plugin).await
                }
                CatalogueEntry::Waiting { plugin, .. } => self.connector.servers_wanted_by(plugin).await,
                CatalogueEntry::Ready { .. } | CatalogueEntry::Overridden { .. } | CatalogueEntry::Failed { .. } => {
                    Vec::new()
                }
            };
            views.push(plugin_view(&entry, servers));
        }
        views
    }
}

fn plugin_view(entry: &CatalogueEntry, servers: Vec<String>) -> PluginView {
    match entry {
        CatalogueEntry::Ready { plugin, overrides } => {
            let view = loaded(plugin, "ready", servers);
            PluginView::Loaded(Box::new(LoadedPluginView { overrides: overrides.clone(), ..view }))
        }
        CatalogueEntry::Overridden { plugin } => PluginView::Loaded(Box::new(loaded(plugin, "overridden", servers))),
        CatalogueEntry::Waiting { plugin, overrides, reasons } => {
            let view = loaded(plugin, "waits to be approved", servers);
            let (overrides, reasons) = (overrides.clone(), reasons.clone());
            PluginView::Loaded(Box::new(LoadedPluginView { overrides, reasons, ..view }))
        }
        CatalogueEntry::Failed { origin, sentence } => {
            PluginView::Failed { status: "failed", origin: origin.to_string(), problem: sentence.clone() }
        }
    }
}

fn loaded(plugin: &Plugin, status: &'static str, servers: Vec<String>) -> LoadedPluginView {
    let identity = &plugin.profile().identity;
    LoadedPluginView {
        id: identity.id.clone(),
        title: identity.title.clone(),
        version: identity.version.clone(),
        status,
        origin: plugin.origin().to_string(),
        contract: plugin.contract().to_string(),
        sha256: plugin.sha256().to_string(),
        matches: plugin.matches(),
        overrides: Vec::new(),
        hosts: identity.hosts.iter().map(ToString::to_string).collect(),
        reasons: Vec::new(),
        servers,
        description: identity.description.clone(),
        homepage: identity.homepage.clone(),
    }
}

fn sentences(faults: &[SettingsFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
