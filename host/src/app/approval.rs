//! A plugin that waits for a person's approval, and the file that the person looked at.
//!
//! Apart, because approval is the one place where a plugin starts to serve at a person's word.

use mcphub_plugins::{Added, Approved};

use super::parts::App;

/// Why a plugin was not approved, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// No plugin with this id waits.
    #[error("no plugin {0:?} waits to be approved; `mcphub plugins list` shows which do")]
    NoneWaits(String),
    /// The file has changed since the person looked at it.
    #[error(
        "the file of plugin {id:?} that waits has the digest {sha256}, which is not the one you looked at; look again with `mcphub plugins approve {id}`"
    )]
    OtherFile {
        /// The id of the plugin.
        id: String,
        /// The SHA-256 digest of the file that waits now.
        sha256: String,
    },
    /// The plugin cannot serve; the sentence says why.
    #[error("{0}")]
    Refused(String),
    /// The plugin serves, but the approval cannot be stored.
    #[error("{plugin} serves until the hub is restarted, when it waits again: {problem}")]
    Forgotten {
        /// The plugin whose approval is lost at a restart.
        plugin: String,
        /// Why it cannot be stored.
        problem: String,
    },
}

impl App {
    /// Lets the waiting plugin with this id serve, if its file still has this SHA-256 digest. Returns a sentence for the person.
    pub async fn approve(&self, id: &str, sha256: &str) -> Result<String, ApprovalError> {
        self.expect_unchanged(id, sha256).await?;
        let (plugin, added) = match self.catalogue.approve(id, sha256) {
            Approved::Yes(plugin, added) => (plugin, added),
            Approved::OtherFile { sha256 } => return Err(ApprovalError::OtherFile { id: id.to_owned(), sha256 }),
            Approved::NoneWaits => return Err(ApprovalError::NoneWaits(id.to_owned())),
        };
        if let Added::Refused { sentence } = added {
            return Err(ApprovalError::Refused(format!("{} {sentence}", plugin.origin())));
        }
        // Before `replugged`: which servers the plugin wants is known from the discovery with the plugins so far.
        let remembered = self.connector.approve(&plugin).await;
        self.connector.plugins_changed();
        tracing::info!(plugin.id = id, "{plugin:#} was approved and serves");
        match remembered {
            Ok(()) => Ok(format!("{plugin:#} serves")),
            Err(problem) => Err(ApprovalError::Forgotten { plugin: plugin.to_string(), problem }),
        }
    }

    /// Refuses where the file has changed since the plugin was loaded: the next load would serve a build that nobody saw.
    async fn expect_unchanged(&self, id: &str, sha256: &str) -> Result<(), ApprovalError> {
        let Some(plugin) = self.catalogue.waiting(id, sha256) else { return Ok(()) };
        match plugin.digest_of_file().await {
            Some(now) if now == sha256 => Ok(()),
            Some(now) => Err(ApprovalError::OtherFile { id: id.to_owned(), sha256: now }),
            None => Err(ApprovalError::NoneWaits(id.to_owned())),
        }
    }
}
