//! Which plugins from files may serve, and what a change among them means for the logins there are.
//!
//! A plugin from a file serves by itself as long as it takes nothing over. It waits for a person where it would serve a
//! server of the settings in another plugin's place (the one for anything counts, too), or names hosts that it did not name
//! before. What a person approved, they approved for every server, those added later included: they write the settings.
//! What nobody approved is looked at again each time it is chosen, as an issuer or a setting may come up only then.

use mcphub_oauth::profile::{HostPattern, Target};
use mcphub_plugins::{Catalogue, Chosen, Origin, Plugin};

use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::store::{StoreError, Trusted};

/// Why a plugin from a file must not serve before a person has said so; nothing: it may.
pub(super) async fn reasons_to_wait(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    if trusted.as_ref().is_some_and(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256()) {
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    let new = new_hosts(hub, plugin, trusted.as_ref());
    if !new.is_empty() {
        reasons.push(format!("it names hosts that it did not name before: {}", new.join(", ")));
    }
    let then = hub.parts.catalogue.with(plugin.clone());
    for entry in hub.entries() {
        if let Some(now) = taken_from(hub, &entry, plugin, (&hub.parts.catalogue, &then)).await? {
            reasons.push(taking(hub, &entry, &now).await?);
        }
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

/// The reason in words.
async fn taking(hub: &Hub, entry: &Entry, now: &Plugin) -> Result<String, StoreError> {
    let from = match now.origin() {
        Origin::Bundled => "the bundled plugin",
        Origin::File(_) => "plugin",
    };
    let is_logged_in = hub.grant(entry).await?.is_some();
    let login = if is_logged_in { ", and is logged in" } else { "" };
    Ok(format!("it would serve {}, which {from} {} serves now{login}", entry.name(), now.id()))
}

/// Whether exactly this file was let serve before.
pub(super) async fn is_known(hub: &Hub, plugin: &Plugin) -> Result<bool, StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    Ok(trusted.is_some_and(|trusted| trusted.sha256 == plugin.sha256()))
}

/// Remembers a person's word for a plugin: it serves, now and after a restart.
pub(super) async fn approve(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    remember(hub, plugin, (plugin.sha256(), true)).await
}

/// Lets a plugin serve that need not wait. One that takes the place of an approved one from the same file is approved as
/// that was: it names no other hosts and serves no other servers.
pub(super) async fn admit(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?.filter(|trusted| trusted.is_approved);
    let before = hub.parts.catalogue.from(plugin.origin()).filter(|before| before.id() == plugin.id());
    let is_approved = trusted.is_some_and(|trusted| {
        trusted.sha256 == plugin.sha256() || before.is_some_and(|before| before.sha256() == trusted.sha256)
    });
    remember(hub, plugin, (plugin.sha256(), is_approved)).await
}

/// Its file is gone: the same bytes are judged anew when they come again. The hosts stay known.
pub(super) async fn forget(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    if is_known(hub, plugin).await? { remember(hub, plugin, ("", false)).await } else { Ok(()) }
}

async fn remember(hub: &Hub, plugin: &Plugin, (sha256, is_approved): (&str, bool)) -> Result<(), StoreError> {
    let (id, hosts) = (plugin.id().to_owned(), hosts(plugin));
    let trusted = Trusted { id, sha256: sha256.to_owned(), hosts, is_approved };
    if hub.parts.store.trusted(plugin.id()).await?.as_ref() == Some(&trusted) {
        return Ok(());
    }
    hub.parts.store.trust(&trusted).await
}

fn hosts(plugin: &Plugin) -> Vec<String> {
    plugin.profile().identity.hosts.iter().map(ToString::to_string).collect()
}

/// The plugin in whose place another one would serve a server; none: it would not serve it, or serves it already, or nobody
/// else would.
async fn taken_from(
    hub: &Hub,
    entry: &Entry,
    plugin: &Plugin,
    (now, then): (&Catalogue, &Catalogue),
) -> Result<Option<Plugin>, StoreError> {
    let Some(server) = entry.url() else { return Ok(None) };
    let named = entry.server.oauth.provider.as_deref();
    for issuer in issuers(hub, entry).await? {
        let target = Target { server, issuer: issuer.as_deref() };
        let would_serve = then.choose(target, None, named).await;
        if would_serve.map_or(true, |chosen| chosen.plugin.sha256() != plugin.sha256()) {
            continue;
        }
        let today = now.choose(target, None, named).await;
        // A new build of a file, and a file that was moved, are the plugin itself.
        let is_itself = |other: &Plugin| match other.origin() {
            Origin::File(_) if other.sha256() == plugin.sha256() => true,
            origin => origin == plugin.origin() && other.id() == plugin.id(),
        };
        if let Some(other) = today.ok().filter(|chosen| !is_itself(&chosen.plugin)) {
            return Ok(Some(other.plugin));
        }
    }
    Ok(None)
}

/// What is known of a server's issuer; a login first asks by the server alone.
async fn issuers(hub: &Hub, entry: &Entry) -> Result<Vec<Option<String>>, StoreError> {
    let grant = hub.grant(entry).await?.map(|grant| grant.value.issuer);
    let discovered = entry.state().discovered.map(|found| found.metadata.issuer.to_string());
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref().and_then(|registration| registration.issuer.clone());
    let known = grant.into_iter().chain(discovered).chain(registration).filter(|issuer| !issuer.is_empty());
    Ok([None].into_iter().chain(known.map(Some)).collect())
}

/// Servers of the settings that a plugin serves, or would serve.
pub(super) async fn servers_of(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let then = hub.parts.catalogue.with(plugin.clone());
    let mut servers = Vec::new();
    for entry in hub.entries() {
        let Some(server) = entry.url() else { continue };
        let named = entry.server.oauth.provider.as_deref();
        for issuer in issuers(hub, &entry).await? {
            let chosen = then.choose(Target { server, issuer: issuer.as_deref() }, None, named).await;
            if chosen.is_ok_and(|chosen| chosen.plugin.sha256() == plugin.sha256()) {
                servers.push(entry.name().to_owned());
                break;
            }
        }
    }
    Ok(servers)
}

/// The plugin for a server of the settings. One from a file that nobody approved takes none over: it waits from then on.
pub(super) async fn choose(
    hub: &Hub,
    entry: &Entry,
    target: Target<'_>,
    protected_resource: Option<&str>,
) -> Result<Chosen, ConnectError> {
    let named = entry.server.oauth.provider.as_deref();
    loop {
        let chosen = hub.parts.catalogue.choose(target, protected_resource, named).await?;
        if is_free(hub, entry, &chosen.plugin).await? {
            return Ok(chosen);
        }
        let without = hub.parts.catalogue.without(&chosen.plugin);
        let Ok(other) = without.choose(target, protected_resource, named).await else { return Ok(chosen) };
        withdraw(hub, &chosen.plugin, &taking(hub, entry, &other.plugin).await?);
    }
}

/// Whether a plugin may serve a server whoever else would.
async fn is_free(hub: &Hub, entry: &Entry, plugin: &Plugin) -> Result<bool, StoreError> {
    let is_configured = hub.entry(entry.name()).is_ok_and(|known| known.key == entry.key);
    if plugin.origin() == &Origin::Bundled || !hub.parts.catalogue.is_judged() || !is_configured {
        return Ok(true);
    }
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    Ok(trusted.is_some_and(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256()))
}

fn withdraw(hub: &Hub, plugin: &Plugin, reason: &str) {
    let id = plugin.id();
    if hub.parts.catalogue.withdraw(plugin, vec![reason.to_owned()]) {
        tracing::warn!(
            plugin.id = id,
            "{plugin:#} waits from now on: {reason}. Look at it and let it serve with: mcphub plugins approve {id}"
        );
        replugged(hub);
    }
}

/// Forgets what was found out with the plugins from before. Sign-ins that are under way finish on the plugin they began
/// with.
pub(super) fn replugged(hub: &Hub) {
    hub.plug();
    for entry in hub.entries() {
        entry.update(|state| (state.discovered, state.of_grant) = (None, None));
    }
}
