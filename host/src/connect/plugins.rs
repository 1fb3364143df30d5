//! What a change among the plugins means for the logins there are.

use mcphub_oauth::profile::Target;
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
    let known = trusted.map(|trusted| trusted.hosts);
    let known = known.or_else(|| hub.parts.catalogue.by_id(plugin.id()).map(|before| hosts(&before)));
    let new: Vec<String> =
        known.map_or_else(Vec::new, |known| hosts(plugin).into_iter().filter(|host| !known.contains(host)).collect());
    if !new.is_empty() {
        reasons.push(format!("it names hosts that it did not name before: {}", new.join(", ")));
    }
    let taken = taken_over(hub, plugin).await?;
    if !taken.is_empty() {
        reasons.push(format!("it would serve {}, which {} logged in", taken.join(" and "), are(taken.len())));
    }
    Ok(reasons)
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Lets a plugin serve, now and after a restart.
pub(super) async fn trust(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    let trusted = Trusted { id: plugin.id().to_owned(), sha256: plugin.sha256().to_owned(), hosts: hosts(plugin) };
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
    let (Some(grant), Some(server)) = (hub.parts.store.grant(&entry.key).await?, entry.url()) else { return Ok(false) };
    let grant = grant.value;
    let issuer = (!grant.issuer.is_empty()).then_some(grant.issuer.as_str());
    let target = Target { server, issuer };
    let named = entry.server.oauth.provider.as_deref();
    let would_serve = then.choose(target, None, named).await;
    if would_serve.map_or(true, |chosen| chosen.plugin.sha256() != plugin.sha256()) {
        return Ok(false);
    }
    let serves = hub.parts.catalogue.choose(target, None, named).await;
    Ok(serves.is_ok_and(|chosen| chosen.plugin.origin() != plugin.origin()))
}

/// Forgets what was found out with the plugins from before. Sign-ins that are under way finish on the plugin they began
/// with.
pub(super) fn replugged(hub: &Hub) {
    for entry in hub.entries() {
        entry.update(|state| (state.discovered, state.of_grant) = (None, None));
    }
}
