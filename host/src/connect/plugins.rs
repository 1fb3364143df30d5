//! What the loader of plugins asks: which plugins from files may serve, and which servers they serve.

use async_trait::async_trait;
use mcphub_plugins::{Judge, Plugin};

use super::Connector;
use super::trust::{choice, waiting};

impl Connector {
    /// Records that a person approved a plugin from a file. The error says why it cannot be stored.
    pub async fn approve(&self, plugin: &Plugin) -> Result<(), String> {
        waiting::approve(&self.core, plugin).await.map_err(|error| error.to_string())
    }

    /// The names of the servers that a plugin serves.
    pub async fn servers_of(&self, plugin: &Plugin) -> Vec<String> {
        waiting::servers_of(&self.core, plugin).await.unwrap_or_default()
    }

    /// The names of the servers that a plugin serves once a person has approved it.
    pub async fn servers_wanted_by(&self, plugin: &Plugin) -> Vec<String> {
        waiting::servers_wanted_by(&self.core, plugin).await.unwrap_or_default()
    }

    /// Notes that other plugins serve from now on. What was found with the earlier ones is forgotten.
    pub fn plugins_changed(&self) {
        choice::plugins_changed(&self.core);
    }
}

/// A plugin from a file waits for a person if it names more hosts than before, or if it would take over a server of the
/// settings from another plugin.
#[async_trait]
impl Judge for Connector {
    async fn knows(&self, plugin: &Plugin) -> bool {
        // A plugin that cannot be looked up is judged, and the judgement says why.
        waiting::is_known(&self.core, plugin).await.unwrap_or(false)
    }

    async fn reasons_to_wait(&self, plugin: &Plugin) -> Vec<String> {
        match Box::pin(waiting::reasons_to_wait(&self.core, plugin)).await {
            Ok(reasons) if reasons.is_empty() => {
                waiting::admit(&self.core, plugin).await.err().map(|error| error.to_string()).into_iter().collect()
            }
            Ok(reasons) => reasons,
            Err(error) => vec![error.to_string()],
        }
    }

    async fn forget(&self, plugin: &Plugin) {
        if let Err(error) = waiting::forget(&self.core, plugin).await {
            tracing::warn!(plugin.id = plugin.id(), "it is not written down that {plugin} is gone: {error}");
        }
    }
}
