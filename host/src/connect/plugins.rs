//! What a change among the plugins means for the logins there are.

use mcphub_oauth::profile::{HostPattern, Target};
use mcphub_plugins::{Catalogue, Plugin};

use super::entry::Entry;
use super::hub::Hub;
use crate::store::{StoreError, Trusted};

/// Why a plugin from a file must not serve before a person has said so; nothing: it may.
pub(super) async fn reasons_to_wait(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    if trusted.as_ref().is_some_and(|trusted| trusted.sha256 == plugin.sha256()) {
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    let new = new_hosts(hub, plugin, trusted.as_ref());
    if !new.is_empty() {
        reasons.push(format!("it names hosts that it did not name before: {}", new.join(", ")));
    }
    let taken = taken_over(hub, plugin).await?;
    if !taken.is_empty() {
        reasons.push(format!("it would serve {}, which {} logged in", taken.join(" and "), are(taken.len())));
    }
    Ok(reasons)
}

/// Hosts that neither the last trusted plugin of this id named, nor the one that serves under it, nor the one that serves
/// from this file.
fn new_hosts(hub: &Hub, plugin: &Plugin, trusted: Option<&Trusted>) -> Vec<String> {
    let catalogue = &hub.parts.catalogue;
    let before = catalogue.by_id(plugin.id()).or_else(|| catalogue.from(plugin.origin()));
    if trusted.is_none() && before.is_none() {
        return Vec::new();
    }
    let listed = trusted.map(|trusted| trusted.hosts.clone()).unwrap_or_default();
    let patterns = before.map(|before| before.profile().identity.hosts.clone()).unwrap_or_default();
    let is_known =
        |host: &HostPattern| listed.contains(&host.to_string()) || patterns.iter().any(|known| known.covers(host));
    plugin.profile().identity.hosts.iter().filter(|host| !is_known(host)).map(ToString::to_string).collect()
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Whether exactly this file was let serve before.
pub(super) async fn is_known(hub: &Hub, plugin: &Plugin) -> Result<bool, StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    Ok(trusted.is_some_and(|trusted| trusted.sha256 == plugin.sha256()))
}

/// Lets a plugin serve, now and after a restart.
pub(super) async fn trust(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    remember(hub, plugin, plugin.sha256()).await
}

/// Its file is gone: the same bytes may come again when somebody has logged in without it. The hosts stay known.
pub(super) async fn forget(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    if is_known(hub, plugin).await? { remember(hub, plugin, "").await } else { Ok(()) }
}

async fn remember(hub: &Hub, plugin: &Plugin, sha256: &str) -> Result<(), StoreError> {
    let trusted = Trusted { id: plugin.id().to_owned(), sha256: sha256.to_owned(), hosts: hosts(plugin) };
    if hub.parts.store.trusted(plugin.id()).await?.as_ref() == Some(&trusted) {
        return Ok(());
    }
    hub.parts.store.trust(&trusted).await
}

fn hosts(plugin: &Plugin) -> Vec<String> {
    plugin.profile().identity.hosts.iter().map(ToString::to_string).collect()
}

/// Servers with a grant that another plugin serves now and this one would serve.
async fn taken_over(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let then = hub.parts.catalogue.with(plugin.clone());
    let mut taken = Vec::new();
    for entry in hub.entries() {
        if is_taken_over(hub, &entry, plugin, &then).await? {
            taken.push(entry.name().to_owned());
        }
    }
    Ok(taken)
}

async fn is_taken_over(hub: &Hub, entry: &Entry, plugin: &Plugin, then: &Catalogue) -> Result<bool, StoreError> {
    let (Some(grant), Some(server)) = (hub.grant(entry).await?, entry.url()) else { return Ok(false) };
    let named = entry.server.oauth.provider.as_deref();
    // A login first asks by the server alone.
    let issuer = (!grant.value.issuer.is_empty()).then_some(grant.value.issuer.as_str());
    for issuer in [None, issuer] {
        let target = Target { server, issuer };
        let would_serve = then.choose(target, None, named).await;
        if would_serve.map_or(true, |chosen| chosen.plugin.sha256() != plugin.sha256()) {
            continue;
        }
        let now = hub.parts.catalogue.choose(target, None, named).await;
        let identity = |of: &Plugin| (of.origin().clone(), of.id().to_owned());
        if now.is_ok_and(|chosen| identity(&chosen.plugin) != identity(plugin)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Forgets what was found out with the plugins from before. Sign-ins that are under way finish on the plugin they began
/// with.
pub(super) fn replugged(hub: &Hub) {
    hub.plug();
    for entry in hub.entries() {
        entry.update(|state| (state.discovered, state.of_grant) = (None, None));
    }
}
