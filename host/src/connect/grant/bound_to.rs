//! What a stored grant is bound to: its issuer's metadata, and its client.

use std::sync::Arc;

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantOrigin};

use crate::connect::client::{document, identity, redirect_uris};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::discovery::issuer_binding::Attendance;
use crate::connect::discovery::{learned, search};
use crate::store::Stored;

/// Whether a person was at the issuer when the grant was made. A login was; a grant that the person wrote says nothing
/// about an issuer.
pub(crate) const fn attendance_of(stored: &Stored<Grant>) -> Attendance {
    match stored.value.origin {
        GrantOrigin::Preset => Attendance::Unattended,
        GrantOrigin::Issuer(_) => Attendance::Person,
    }
}

/// The metadata of a grant's issuer. It is looked up again only when it is no longer fresh.
pub(crate) async fn metadata_of(
    core: &Core,
    entry: &Entry,
    issuer: Option<&str>,
) -> Result<Arc<Discovered>, ConnectError> {
    let plugin_epoch = core.plugin_epoch();
    let Some(issuer) = issuer else {
        if let Some(known) = entry.memory().discovered {
            return Ok(known);
        }
        let found = Arc::new(search::discover(core, entry, None).await?);
        core.remember(entry, plugin_epoch, |memory| memory.discovered = Some(found.clone()));
        return Ok(found);
    };
    let known = entry.discovered_at(issuer);
    if let Some(known) = known.clone().filter(|known| known.fresh_until > core.now()) {
        return Ok(known);
    }
    match (search::of_issuer(core, entry, issuer).await, known) {
        (Ok(found), _) => {
            let found = Arc::new(found);
            core.remember(entry, plugin_epoch, |memory| memory.of_grant = Some(found.clone()));
            Ok(found)
        }
        // Metadata from an hour ago is better than no refresh.
        (Err(_), Some(stale)) => Ok(stale),
        (Err(error), None) => Err(error),
    }
}

/// The client that a grant was issued to, if it still exists.
pub(crate) async fn client_of(at: AtIssuer<'_>, grant: &Grant) -> Result<Option<Client>, ConnectError> {
    client_with_id(at, grant.client_id.as_deref()).await
}

/// The client with this id at an issuer: the configured one, the one of the hub's metadata document, or a registered
/// one. A grant that a person wrote names no client, so the configured one is used.
pub(crate) async fn client_with_id(at: AtIssuer<'_>, id: Option<&str>) -> Result<Option<Client>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let redirect_uri = redirect_uris::preferred(core, entry, discovered.provider.profile());
    let configured = identity::configured(entry, discovered, &redirect_uri);
    let document = document::of_issuer(core, &discovered.metadata, &redirect_uri).ok();
    let client = match (configured, document) {
        (Some(client), _) => Some(client),
        (None, Some(document)) if id == Some(document.url.as_str()) => {
            Some(document::of_document(&document, discovered))
        }
        (None, _) => {
            let all = core.parts.store.clients(discovered.metadata.issuer.as_str()).await?;
            all.into_iter().map(|(_, client)| client).find(|client| client.id.as_deref() == id)
        }
    };
    match client.filter(|client| id.is_none() || client.id.as_deref() == id) {
        Some(client) => Ok(Some(learned::authenticating(core, entry, client).await?)),
        None => Ok(None),
    }
}
