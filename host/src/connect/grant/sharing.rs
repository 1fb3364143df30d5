//! One login for several servers. If address, issuer, client, resource and account are the same, one grant serves all
//! of them. Two grants would be worse than one, because many providers end the older one.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey};

use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::links;
use crate::connect::core::parts::{Change, Core};
use crate::connect::core::state::ServerState;
use crate::connect::discovery::learned;
use crate::connect::prepare::preparation::{Prepared, prepare};
use crate::connect::prepare::scopes::wanted_scopes;

/// Takes over the grant of another server, if one fits. Returns whether the server has a grant now.
#[tracing::instrument(name = "grant.adopt", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn adopt(at: AtIssuer<'_>, client: &Client) -> Result<bool, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let store = &core.parts.store;
    if entry.server.oauth.grant.is_unattended() || core.grant(entry).await?.is_some() {
        return Ok(false);
    }
    let wanted = wanted_scopes(at, client).await?;
    let resource = learned::resource(at).await?;
    for (key, stored) in store.grants(discovered.metadata.issuer.as_str()).await? {
        let grant = &stored.value;
        let is_same = grant.client_id == client.id && grant.resource == resource && covers(grant, &wanted);
        if is_same && may_share(entry, &key, grant) {
            store.share(&entry.key, &key, grant.binding()).await?;
            entry.remember(|memory| (memory.ended, memory.refreshed_by_force) = (None, None));
            let action = entry.journal.begin(Stage::Authorization, format!("the login of {}", name_of(&key)));
            action.done("it is shared: address, issuer, client and resource are the same");
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether both servers use the same account of the same person at the same address. Two servers on one host are two
/// servers: either of them could claim a resource that covers both, and would then receive the token of the other.
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

/// Offers a new grant to the servers that wait for a login at the same issuer.
pub(crate) async fn offer(core: &Core, issuer: &str) {
    for other in core.entries() {
        if let Err(error) = offer_to(core, &other, issuer).await {
            tracing::debug!(server.name = other.name(), "{}", other.shown("the login is not shared", &error));
        }
    }
}

async fn offer_to(core: &Core, other: &Entry, issuer: &str) -> Result<(), ConnectError> {
    let waits = matches!(other.state(), ServerState::LoginRequired { .. }) && other.discovered_at(issuer).is_some();
    // A step of the other login may be in progress. It looks for its grant afterwards, so not waiting loses nothing.
    // Waiting could last forever, because that step may be offering its own grant to this server.
    let Ok(_one_at_a_time) = other.flow.try_lock() else { return Ok(()) };
    if waits
        && let Prepared::Ready(discovered, client) = prepare(core, other).await?
        && adopt(AtIssuer { core, entry: other, discovered: &discovered }, &client).await?
    {
        other.connecting();
        links::close(core, other).await;
        core.tell(Change::Granted(other.name().to_owned()));
    }
    Ok(())
}

/// The names of the servers that lose their login together with this one.
pub(crate) async fn sharers(core: &Core, entry: &Entry) -> Result<Vec<String>, ConnectError> {
    Ok(core.parts.store.sharers(&entry.key, &address_of(entry)?).await?.iter().map(name_of).collect())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::clock::Clock;
    use crate::connect::grant::samples::grant;
    use crate::egress::Redaction;
    use crate::settings::Server;

    fn entry(url: &str) -> Entry {
        Entry::new(Server::examined(url.parse().expect("url")), Clock::of(|| UNIX_EPOCH), &Redaction::default())
    }

    fn key(server: &str, account: &str) -> GrantKey {
        GrantKey { account: account.into(), ..GrantKey::of_server(server.to_owned()) }
    }

    #[test]
    fn only_the_same_account_at_the_same_address_shares_a_login() {
        let (grant, here) = (grant(None, None), entry("https://a.example/"));
        let account = here.key.account.clone();

        assert!(may_share(&here, &key("other", account.as_str()), &grant));
        assert!(!may_share(&here, &key(&here.key.server, &account), &grant), "its own");
        assert!(!may_share(&here, &key("other", "work"), &grant), "another account");
        assert!(!may_share(&entry("https://a.example/mcp"), &key("other", &account), &grant), "another address");
    }

    #[test]
    fn a_grant_with_too_few_scopes_is_not_shared() {
        let mut grant = grant(None, None);
        grant.requested_scopes = vec!["read".into()];

        assert!(covers(&grant, &["read".to_owned()]));
        assert!(!covers(&grant, &["read".to_owned(), "write".to_owned()]));
        grant.granted_scopes = Some(Vec::new());
        assert!(!covers(&grant, &["read".to_owned()]), "what was granted counts");
    }
}
