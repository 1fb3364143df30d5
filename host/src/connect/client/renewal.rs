//! Renews a registered secret before it expires, if the issuer lets the client do so (RFC 7592). The client stays the
//! same, and so do all grants that are bound to it.

use std::time::Duration;

use mcphub_oauth::client::Client;
use mcphub_oauth::management;
use mcphub_oauth::site::Site;
use url::Url;

use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::egress::without_query;

/// How long before its end a secret is renewed while a grant is in use.
const MARGIN: Duration = Duration::from_hours(1);

/// The client for a refresh, with its secret renewed in time. A caller that had to wait gets the result of the renewal
/// it waited for.
pub(crate) async fn in_time(at: AtIssuer<'_>, client: Client) -> Result<Client, ConnectError> {
    let AtIssuer { core, discovered, .. } = at;
    if lasts(core, &client, MARGIN) || record(discovered, &client).is_none() {
        return Ok(client);
    }
    let _one_at_a_time = core.registering(&client.issuer).await;
    // The secret may have been renewed while this call waited, so the store is read again.
    let all = core.parts.store.clients(&client.issuer).await?;
    let newest = all.into_iter().map(|(_, known)| known).find(|known| known.id == client.id).unwrap_or(client);
    if lasts(core, &newest, MARGIN) {
        return Ok(newest);
    }
    Ok(renewed(at, &newest).await?.unwrap_or(newest))
}

/// Whether the secret stays valid for at least `margin`.
pub(crate) fn lasts(core: &Core, client: &Client, margin: Duration) -> bool {
    client.secret_expires_at.is_none_or(|end| end > core.now() + margin)
}

/// The client with a new secret. `None` means that the issuer gave none. The caller holds [`Core::registering`].
#[tracing::instrument(name = "client.renew", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn renewed(at: AtIssuer<'_>, client: &Client) -> Result<Option<Client>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let Some(endpoint) = record(discovered, client) else {
        return Ok(None);
    };
    let action = entry.journal.begin(Stage::Registration, format!("PUT {}", without_query(&endpoint)));
    let remedy = || Some("The hub goes on with the old secret, and registers anew when that is refused.".to_owned());
    let request =
        management::request(&endpoint, client).map_err(|_| mcphub_oauth::BuildError::Header("authorization".into()))?;
    let response = match core.parts.egress.send_to_owner(request, discovered.policy).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), remedy());
            return Ok(None);
        }
    };
    match management::accept(client, &response) {
        Ok(renewed) => {
            replace(core, &renewed).await?;
            action.done(format!("client {}, its secret renewed", renewed.name()));
            Ok(Some(renewed))
        }
        Err(error) => {
            action.failed(error.to_string(), remedy());
            Ok(None)
        }
    }
}

/// The address of the client's registration record, if it is at the site of the issuer or of its registration endpoint.
/// The token for that record may be enough to change the client, so it is sent nowhere else.
fn record(discovered: &Discovered, client: &Client) -> Option<Url> {
    let endpoint = management::endpoint(client)?;
    let metadata = &discovered.metadata;
    let issuer = metadata.issuer.url();
    let own = issuer.iter().chain(&metadata.registration_endpoint);
    let site = Site::of(&endpoint);
    let is_own = site.is_some() && own.into_iter().any(|url| Site::of(url) == site);
    if !is_own {
        tracing::debug!("{} is no place of the issuer {}", without_query(&endpoint), metadata.issuer);
    }
    is_own.then_some(endpoint)
}

/// Stores the client in place of what it was, whichever servers share it.
async fn replace(core: &Core, client: &Client) -> Result<(), ConnectError> {
    for (server, known) in core.parts.store.clients(&client.issuer).await? {
        if known.id == client.id {
            core.parts.store.put_client(&server, client).await?;
        }
    }
    Ok(())
}
