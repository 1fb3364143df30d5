//! Writes what a person gave into the server's entry in the settings, and applies it at once.

use mcphub_oauth::profile::Pair;

use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, SetupError};
use crate::connect::core::parts::Core;
use crate::settings::{DEFAULT_ACCOUNT, Environment, SettingsError};
use crate::store::StoreError;

/// Writes members of `oauth` into the server's entry.
pub(crate) async fn write(core: &Core, entry: &Entry, members: Vec<Pair>) -> Result<(), ConnectError> {
    // A placeholder would be filled from the hub's environment, which the person who fills in a form must not read.
    let is_placeholder = |value: &str| Environment::default().fill(value) != value;
    if let Some((member, _)) = members.iter().find(|(_, value)| is_placeholder(value)) {
        return Err(SetupError::Placeholder { member: member.clone() }.into());
    }
    let settings = core.parts.settings.clone();
    let name = entry.server.entry.clone();
    changed(core, move || settings.set_oauth(&name, &members)).await
}

/// Keeps the answers that a person gave during a login, so that the next login does not ask again. Another account may
/// need another answer, so the answer of an added account stays with its grant.
pub(crate) async fn remember(core: &Core, entry: &Entry, answers: &[Pair]) {
    if answers.is_empty() || entry.server.account != DEFAULT_ACCOUNT {
        return;
    }
    let members = answers.iter().map(|(key, value)| (format!("inputs.{key}"), value.clone())).collect();
    if let Err(error) = write(core, entry, members).await {
        tracing::warn!(server.name = entry.name(), "{}", entry.shown("the answer is not kept", &error));
    }
}

/// Adds an account to a server. It can be used at once.
pub(crate) async fn add_account(core: &Core, server: &str, account: &str) -> Result<(), ConnectError> {
    let settings = core.parts.settings.clone();
    let (server, account) = (server.to_owned(), account.to_owned());
    changed(core, move || settings.add_account(&server, &account)).await
}

/// Changes the settings and applies them. The watcher of the file does the same a moment later.
async fn changed(
    core: &Core,
    change: impl FnOnce() -> Result<(), SettingsError> + Send + 'static,
) -> Result<(), ConnectError> {
    let settings = core.parts.settings.clone();
    let loaded = tokio::task::spawn_blocking(move || {
        change()?;
        settings.load()
    });
    let loaded = loaded.await.map_err(|_| StoreError::Aborted)??;
    core.set(loaded.settings.usable());
    Ok(())
}
