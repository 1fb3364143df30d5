//! Which plugins from files may serve, and what a change among them means for existing logins.
//!
//! A plugin from a file serves without approval as long as it takes nothing over. It waits for a person if it would
//! take over a server of the settings from another plugin (the generic one counts, too), or if it names hosts that it
//! did not name before. An approval holds for the file that the person looked at, and for a new build that does no more
//! (see `approval`). An issuer or a setting may become known only later, so the check is repeated each time a plugin is
//! chosen. From then on, a plugin without an approval waits. An approved one goes on serving what its approval covers,
//! and waits for the rest.

use mcphub_oauth::profile::{HostPattern, Target};
use mcphub_plugins::{Catalogue, Origin, Plugin};

use crate::connect::core::entry::Entry;
use crate::connect::core::parts::Core;
use crate::connect::trust::approval;
use crate::store::{ApprovedScope, StoreError, Trusted};

/// Why a plugin from a file must not serve before a person approves it. An empty list means that it may.
pub(crate) async fn reasons_to_wait(core: &Core, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let trusted = core.parts.store.trusted(plugin.id()).await?;
    if trusted.as_ref().is_some_and(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256()) {
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    let new = new_hosts(core, plugin, trusted.as_ref());
    if !new.is_empty() {
        reasons.push(format!("it names hosts that it did not name before: {}", new.join(", ")));
    }
    if let Some(trusted) = trusted.filter(|trusted| is_next_build(core, plugin, trusted)) {
        reasons.extend(approval::beyond(&trusted.scope, &plugin.profile().matching, plugin.exports()));
    }
    let then = core.parts.catalogue.with(plugin.clone());
    for entry in core.entries() {
        if let Some(now) = taken_from(core, &entry, plugin, &then).await? {
            reasons.push(taking(core, &entry, &now).await?);
        }
    }
    Ok(reasons)
}

/// The hosts of this plugin that are new: neither the last trusted plugin of this id named them, nor the one that
/// serves under this id or from this file.
fn new_hosts(core: &Core, plugin: &Plugin, trusted: Option<&Trusted>) -> Vec<String> {
    let catalogue = &core.parts.catalogue;
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

/// The reason as a sentence for people.
pub(crate) async fn taking(core: &Core, entry: &Entry, now: &Plugin) -> Result<String, StoreError> {
    let from = match now.origin() {
        Origin::Bundled => "the bundled plugin",
        Origin::File(_) => "plugin",
    };
    let is_logged_in = core.grant(entry).await?.is_some();
    let login = if is_logged_in { ", and is logged in" } else { "" };
    Ok(format!("it would serve {}, which {from} {} serves now{login}", entry.name(), now.id()))
}

/// Whether exactly this file was allowed to serve before.
pub(crate) async fn is_known(core: &Core, plugin: &Plugin) -> Result<bool, StoreError> {
    let trusted = core.parts.store.trusted(plugin.id()).await?;
    Ok(trusted.is_some_and(|trusted| trusted.sha256 == plugin.sha256()))
}

/// Whether a file is the next build of the approved plugin that serves from the same file.
fn is_next_build(core: &Core, plugin: &Plugin, trusted: &Trusted) -> bool {
    let before = core.parts.catalogue.from(plugin.origin()).filter(|before| before.id() == plugin.id());
    trusted.is_approved && before.is_some_and(|before| before.sha256() == trusted.sha256)
}

/// Records a person's approval of a plugin. It serves what they saw, now and after a restart.
pub(crate) async fn approve(core: &Core, plugin: &Plugin) -> Result<(), StoreError> {
    let names = servers_wanted_by(core, plugin).await?;
    let entries = names.iter().filter_map(|name| core.entry(name).ok());
    let mut servers: Vec<String> = entries.filter_map(|entry| entry.url().map(approval::server)).collect();
    let before = core.parts.store.trusted(plugin.id()).await?;
    let before = before.filter(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256());
    servers.extend(before.map(|before| before.scope.servers).unwrap_or_default());
    servers.sort_unstable();
    servers.dedup();
    core.let_go(plugin.sha256());
    let scope = approval::scope(plugin, servers);
    remember(core, Trusted { is_approved: true, scope, ..unapproved(plugin) }).await
}

/// Lets a plugin serve that does not have to wait. If it replaces an approved plugin from the same file, it inherits
/// the approval, because it does no more than that one.
pub(crate) async fn admit(core: &Core, plugin: &Plugin) -> Result<(), StoreError> {
    let trusted = core.parts.store.trusted(plugin.id()).await?.filter(|trusted| {
        (trusted.is_approved && trusted.sha256 == plugin.sha256()) || is_next_build(core, plugin, trusted)
    });
    let sha256 = plugin.sha256().to_owned();
    remember(core, trusted.map_or_else(|| unapproved(plugin), |trusted| Trusted { sha256, ..trusted })).await
}

/// Notes that a plugin's file is gone. The same file is judged again if it comes back. Its hosts stay known.
pub(crate) async fn forget(core: &Core, plugin: &Plugin) -> Result<(), StoreError> {
    core.let_go(plugin.sha256());
    if !is_known(core, plugin).await? {
        return Ok(());
    }
    remember(core, Trusted { sha256: String::new(), ..unapproved(plugin) }).await
}

/// A plugin that nobody has looked at.
fn unapproved(plugin: &Plugin) -> Trusted {
    let (id, sha256) = (plugin.id().to_owned(), plugin.sha256().to_owned());
    Trusted { id, sha256, hosts: hosts(plugin), is_approved: false, scope: ApprovedScope::default() }
}

async fn remember(core: &Core, trusted: Trusted) -> Result<(), StoreError> {
    if core.parts.store.trusted(&trusted.id).await?.as_ref() == Some(&trusted) {
        return Ok(());
    }
    core.parts.store.trust(&trusted).await
}

fn hosts(plugin: &Plugin) -> Vec<String> {
    plugin.profile().identity.hosts.iter().map(ToString::to_string).collect()
}

/// The plugin that would lose the server to this one. `None` means that this one would not serve it, serves it already,
/// or takes it from nobody.
async fn taken_from(
    core: &Core,
    entry: &Entry,
    plugin: &Plugin,
    then: &Catalogue,
) -> Result<Option<Plugin>, StoreError> {
    let Some(server) = entry.url() else { return Ok(None) };
    let named = entry.server.oauth.provider.as_deref();
    for issuer in issuers(core, entry).await? {
        let target = Target { server, issuer: issuer.as_deref() };
        let would_serve = then.choose(target, None, named).await;
        if would_serve.map_or(true, |chosen| chosen.plugin.sha256() != plugin.sha256()) {
            continue;
        }
        let today = core.parts.catalogue.choose(target, None, named).await;
        // A new build of the file, or the same file in another place, is the plugin itself.
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

/// The issuers of a server that are known. The first one is `None`, because a login first asks by the server alone.
async fn issuers(core: &Core, entry: &Entry) -> Result<Vec<Option<String>>, StoreError> {
    let grant = core.grant(entry).await?.and_then(|grant| grant.value.issuer().map(str::to_owned));
    let discovered = entry.memory().discovered.map(|found| found.metadata.issuer.to_string());
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref().and_then(|registration| registration.issuer.clone());
    let known = grant.into_iter().chain(discovered).chain(registration).filter(|issuer| !issuer.is_empty());
    Ok([None].into_iter().chain(known.map(Some)).collect())
}

/// The servers of the settings that a plugin serves.
pub(crate) async fn servers_of(core: &Core, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let held = core.held_back(plugin.sha256());
    let mut servers = matched_by(core, plugin).await?;
    servers.retain(|server| !held.contains(server));
    Ok(servers)
}

/// The servers of the settings that a plugin serves once a person has approved it.
pub(crate) async fn servers_wanted_by(core: &Core, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let mut servers = matched_by(core, plugin).await?;
    servers.extend(core.held_back(plugin.sha256()).into_iter().filter(|server| core.entry(server).is_ok()));
    servers.sort_unstable();
    servers.dedup();
    Ok(servers)
}

/// The servers of the settings that a plugin is chosen for, whether it may serve them or not.
async fn matched_by(core: &Core, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let then = core.parts.catalogue.with(plugin.clone());
    let mut servers = Vec::new();
    for entry in core.entries() {
        let Some(server) = entry.url() else { continue };
        let named = entry.server.oauth.provider.as_deref();
        for issuer in issuers(core, &entry).await? {
            let chosen = then.choose(Target { server, issuer: issuer.as_deref() }, None, named).await;
            if chosen.is_ok_and(|chosen| chosen.plugin.sha256() == plugin.sha256()) {
                servers.push(entry.name().to_owned());
                break;
            }
        }
    }
    Ok(servers)
}
