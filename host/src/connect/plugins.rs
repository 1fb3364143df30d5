//! The doors for plugins from files: who may serve, and what they serve.

use async_trait::async_trait;
use mcphub_plugins::{Judge, Plugin};

use super::Connector;
use super::trust::{choice, waiting};

impl Connector {
    /// Remembers that a person approved a plugin from a file. Err: why that cannot be written down.
    pub async fn approve(&self, plugin: &Plugin) -> Result<(), String> {
        waiting::approve(&self.core, plugin).await.map_err(|error| error.to_string())
    }

    /// Names of the servers that a plugin serves.
    pub async fn servers_of(&self, plugin: &Plugin) -> Vec<String> {
        waiting::servers_of(&self.core, plugin).await.unwrap_or_default()
    }

    /// Names of the servers that a plugin serves once a person has approved it.
    pub async fn servers_wanted_by(&self, plugin: &Plugin) -> Vec<String> {
        waiting::servers_wanted_by(&self.core, plugin).await.unwrap_or_default()
    }

    /// Other plugins serve from now on: what was found out with the earlier ones is forgotten.
    pub fn plugins_changed(&self) {
        choice::plugins_changed(&self.core);
    }
}

/// A plugin from a file waits for a person if it names more hosts than before, or would serve a server of the settings in another
/// plugin's place.
#[async_trait]
impl Judge for Connector {
    async fn knows(&self, plugin: &Plugin) -> bool {
        // One that cannot be looked up is judged, and the judgement says why.
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
