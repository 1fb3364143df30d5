//! What a person fills into the set-up form: checked, written into their entry of the settings, and used at once.

use std::sync::Arc;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::profile::Pair;

use super::begin::{Begin, Prepared, begin, prepare};
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::guide::{self, GuidePage, read_form};
use super::hub::Hub;
use crate::settings::{DEFAULT_ACCOUNT, Environment, SettingsError};

/// Takes the form. One that does not fit comes back with the guide and a complaint; nothing is written then.
pub(super) async fn provide(
    hub: &Hub,
    entry: &Arc<Entry>,
    (ticket, browser): (&str, &BrowserId),
    form: Vec<Pair>,
) -> Result<Begin, ConnectError> {
    let page = match pending(hub, entry).await? {
        (discovered, Some(why)) => guide::page(hub, entry, &discovered, ticket, why).await?,
        // A link starts a login; it does not change what the settings say.
        (_, None) => {
            let reason = "it is set up already; change its entry in the settings, or run mcphub auth setup".to_owned();
            return Err(ConnectError::NotLoggedIn { server: entry.name().to_owned(), reason });
        }
    };
    let members = match read_form(&page, &form) {
        Ok(members) => members,
        Err(ConnectError::Form(complaint)) => {
            let shown = form.into_iter().filter(|(name, _)| !page.is_secret(name));
            let values = shown.chain(page.values.clone()).collect();
            return Ok(Begin::Guide(Box::new(GuidePage { complaint: Some(complaint), values, ..page })));
        }
        Err(error) => return Err(error),
    };
    write(hub, entry, members).await?;
    let entry = hub.entry(entry.name())?;
    begin(hub, &entry, ticket, browser).await
}

/// The guide, whether it is needed or only asked for.
pub(super) async fn page(hub: &Hub, entry: &Entry, ticket: &str) -> Result<GuidePage, ConnectError> {
    let (discovered, why) = pending(hub, entry).await?;
    let why = why.unwrap_or_else(|| "the client is replaced".to_owned());
    guide::page(hub, entry, &discovered, ticket, why).await
}

/// What is known of the login, and why a person must set something up; none: nothing is missing.
async fn pending(hub: &Hub, entry: &Entry) -> Result<(Arc<Discovered>, Option<String>), ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    Ok(match prepare(hub, entry).await? {
        Prepared::Setup(discovered, why) => (discovered, Some(why)),
        Prepared::Ready(discovered, _) => (discovered, None),
    })
}

/// Takes what a person gave at a terminal. A form that does not fit is an error, and nothing is written.
pub(super) async fn take(hub: &Hub, entry: &Entry, form: &[Pair]) -> Result<(), ConnectError> {
    let members = read_form(&page(hub, entry, "").await?, form)?;
    write(hub, entry, members).await
}

/// Keeps what a person answered during a login, so that the next one does not ask again. Another account may mean another
/// answer: that one stays with its grant.
pub(super) async fn remember(hub: &Hub, entry: &Entry, answers: &[Pair]) {
    if answers.is_empty() || entry.server.account != DEFAULT_ACCOUNT {
        return;
    }
    let members = answers.iter().map(|(key, value)| (format!("inputs.{key}"), value.clone())).collect();
    if let Err(error) = write(hub, entry, members).await {
        tracing::warn!(server.name = entry.name(), "{}", entry.shown("the answer is not kept", &error));
    }
}

async fn write(hub: &Hub, entry: &Entry, members: Vec<Pair>) -> Result<(), ConnectError> {
    // A placeholder would be filled from the hub's environment, which is nobody's who fills in a form.
    let is_placeholder = |value: &str| Environment::default().fill(value) != value;
    if let Some((member, _)) = members.iter().find(|(_, value)| is_placeholder(value)) {
        let sentence = format!("oauth.{member} holds a placeholder; write the value itself, or edit the settings file");
        return Err(ConnectError::Form(sentence));
    }
    let settings = hub.parts.settings.clone();
    let name = entry.server.entry.clone();
    changed(hub, move || settings.set_oauth(&name, &members)).await
}

/// One more account of a server, which is there at once.
pub(super) async fn add_account(hub: &Hub, server: &str, account: &str) -> Result<(), ConnectError> {
    let settings = hub.parts.settings.clone();
    let (server, account) = (server.to_owned(), account.to_owned());
    changed(hub, move || settings.add_account(&server, &account)).await
}

/// Changes the settings and takes over what they say then; the watching of the file comes to the same.
async fn changed(
    hub: &Hub,
    change: impl FnOnce() -> Result<(), SettingsError> + Send + 'static,
) -> Result<(), ConnectError> {
    let settings = hub.parts.settings.clone();
    let loaded = tokio::task::spawn_blocking(move || {
        change()?;
        settings.load()
    });
    let loaded = loaded.await.map_err(|_| ConnectError::Form("the settings were not written".into()))?;
    let loaded = loaded.map_err(|error| ConnectError::Form(error.to_string()))?;
    hub.set(loaded.settings.usable());
    Ok(())
}
