//! One login for several entries: where address, issuer, client, resource and account are the same, one grant serves them all.
//! Two grants would be worse than one: many providers end the older one.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey};

use super::address::address_of;
use super::begin::{Prepared, prepare, wanted_scopes};
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::{Change, Hub};
use super::lessons;
use super::status::Status;

/// Takes over the grant of another server, if there is one that does. True: the server has a grant now.
pub(super) async fn adopt(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    client: &Client,
) -> Result<bool, ConnectError> {
    let store = &hub.parts.store;
    if entry.server.oauth.grant.is_of_machine() || hub.grant(entry).await?.is_some() {
        return Ok(false);
    }
    let wanted = wanted_scopes(hub, entry, discovered, client).await?;
    let resource = lessons::resource(hub, entry, discovered).await?;
    for (key, stored) in store.grants(discovered.metadata.issuer.as_str()).await? {
        let grant = &stored.value;
        let is_same = grant.client_id == client.id && grant.resource == resource && covers(grant, &wanted);
        if is_same && may_share(entry, &key, grant) {
            store.share(&entry.key, &key, grant.binding()).await?;
            entry.update(|state| (state.ended, state.forced) = (None, None));
            let action = entry.journal.begin(Stage::Authorization, format!("the login of {}", name_of(&key)));
            action.done("it is shared: address, issuer, client and resource are the same");
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same person's same account at the same address. Two servers of one host are two servers: either could claim a
/// resource that covers both, and would then be handed the other's token.
fn may_share(entry: &Entry, key: &GrantKey, grant: &Grant) -> bool {
    let is_own = key.owner == entry.key.owner && key.account == entry.key.account && key.server != entry.key.server;
    is_own && entry.address.as_ref() == Some(&grant.address)
}

fn covers(grant: &Grant, wanted: &[String]) -> bool {
    let has = grant.granted_scopes.as_ref().unwrap_or(&grant.requested_scopes);
    wanted.iter().all(|scope| has.contains(scope))
}

/// The server of a key, as the settings name it.
fn name_of(key: &GrantKey) -> String {
    if key.account == crate::settings::DEFAULT_ACCOUNT {
        key.server.clone()
    } else {
        format!("{}@{}", key.server, key.account)
    }
}

/// Offers a fresh grant to the servers that wait for a login.
pub(super) async fn offer(hub: &Hub, issuer: &str) {
    for other in hub.entries() {
        if let Err(error) = offer_to(hub, &other, issuer).await {
            tracing::debug!(server.name = other.name(), "{}", other.shown("the login is not shared", &error));
        }
    }
}

async fn offer_to(hub: &Hub, other: &Entry, issuer: &str) -> Result<(), ConnectError> {
    let state = other.state();
    let waits = state.status == Status::LoginRequired
        && state.discovered.is_some_and(|discovered| discovered.metadata.issuer.as_str() == issuer);
    // Whoever works on it asks for its grant afterwards anyway.
    let Ok(_one_at_a_time) = other.flow.try_lock() else { return Ok(()) };
    if waits
        && let Prepared::Ready(discovered, client) = prepare(hub, other).await?
        && adopt(hub, other, &discovered, &client).await?
    {
        other.set_status(Status::Connecting, None);
        hub.tickets.close(other.name());
        hub.tell(Change::Granted(other.name().to_owned()));
    }
    Ok(())
}

/// The servers that lose their login with this one, by name.
pub(super) async fn sharers(hub: &Hub, entry: &Entry) -> Result<Vec<String>, ConnectError> {
    Ok(hub.parts.store.sharers(&entry.key, &address_of(entry)?).await?.iter().map(name_of).collect())
}
