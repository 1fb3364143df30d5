//! What a person fills into the set-up form: checked, written into their entry of the settings, and used at once.

use std::sync::Arc;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::profile::Pair;

use super::begin::{Begin, Prepared, begin, prepare};
use super::entry::Entry;
use super::error::ConnectError;
use super::guide::{self, read_form};
use super::hub::Hub;
use crate::settings::ServerEntry;

/// Takes the form. One that does not fit comes back with the guide and a complaint; nothing is written then.
pub(super) async fn provide(
    hub: &Hub,
    entry: &Arc<Entry>,
    (ticket, browser): (&str, &BrowserId),
    form: Vec<Pair>,
) -> Result<Begin, ConnectError> {
    let (discovered, why) = {
        let _one_at_a_time = entry.flow.lock().await;
        match prepare(hub, entry).await? {
            Prepared::Setup(discovered, why) => (discovered, why),
            Prepared::Ready(discovered, _) => (discovered, "the client is replaced".to_owned()),
        }
    };
    let page = guide::page(hub, entry, &discovered, ticket, why).await?;
    let members = match read_form(&page, &form) {
        Ok(members) => members,
        Err(ConnectError::Form(complaint)) => {
            let shown = form.into_iter().filter(|(name, _)| !page.is_secret(name));
            let values = shown.chain(page.values.clone()).collect();
            return Ok(Begin::Guide(Box::new(guide::GuidePage { complaint: Some(complaint), values, ..page })));
        }
        Err(error) => return Err(error),
    };
    let settings = hub.parts.settings.clone();
    let name = entry.name().to_owned();
    let server = tokio::task::spawn_blocking(move || {
        settings.set_oauth(&name, &members)?;
        settings.load().map(|loaded| loaded.settings.servers.get(&name).cloned())
    });
    let server = server.await.map_err(|_| ConnectError::Form("the settings were not written".into()))?;
    match server.map_err(|error| ConnectError::Form(error.to_string()))? {
        Some(ServerEntry::Usable(server)) => {
            let entry = hub.replace(*server);
            begin(hub, &entry, ticket, browser).await
        }
        Some(ServerEntry::Faulty(_) | ServerEntry::Unsupported(_)) | None => Err(ConnectError::NotLoggedIn {
            server: entry.name().to_owned(),
            reason: "its entry cannot be read after the change".to_owned(),
        }),
    }
}
