//! Which plugins from files may serve, and what a change among them means for the logins there are.
//!
//! A plugin from a file serves by itself as long as it takes nothing over. It waits for a person where it would serve a
//! server of the settings in another plugin's place (the one for anything counts, too), or names hosts that it did not name
//! before. A person's word holds for the file they looked at, and for a new build of it that is no more (see `approval`). As
//! an issuer or a setting may come up only later, it is looked at again each time a plugin is chosen: one that nobody
//! approved waits from then on; an approved one goes on serving what its approval covers, and waits for the rest.

use mcphub_oauth::profile::{HostPattern, Target};
use mcphub_plugins::{Catalogue, Chosen, Origin, Plugin};
use url::Url;

use super::approval;
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::store::{Scope, StoreError, Trusted};

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
    if let Some(trusted) = trusted.filter(|trusted| is_next_build(hub, plugin, trusted)) {
        reasons.extend(approval::beyond(&trusted.scope, &plugin.profile().matching, plugin.exports()));
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

/// Whether a file is the next build of what was approved and serves from the same file.
fn is_next_build(hub: &Hub, plugin: &Plugin, trusted: &Trusted) -> bool {
    let before = hub.parts.catalogue.from(plugin.origin()).filter(|before| before.id() == plugin.id());
    trusted.is_approved && before.is_some_and(|before| before.sha256() == trusted.sha256)
}

/// Remembers a person's word for a plugin: it serves what they were shown, now and after a restart.
pub(super) async fn approve(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    let names = servers_wanted_by(hub, plugin).await?;
    let entries = names.iter().filter_map(|name| hub.entry(name).ok());
    let mut servers: Vec<String> = entries.filter_map(|entry| entry.url().map(approval::server)).collect();
    let before = hub.parts.store.trusted(plugin.id()).await?;
    let before = before.filter(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256());
    servers.extend(before.map(|before| before.scope.servers).unwrap_or_default());
    servers.sort_unstable();
    servers.dedup();
    hub.let_go(plugin.sha256());
    let scope = approval::scope(plugin, servers);
    remember(hub, Trusted { is_approved: true, scope, ..unapproved(plugin) }).await
}

/// Lets a plugin serve that need not wait. One that takes the place of an approved one from the same file is approved as
/// that was: it is no more than that one.
pub(super) async fn admit(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    let trusted = hub.parts.store.trusted(plugin.id()).await?.filter(|trusted| {
        (trusted.is_approved && trusted.sha256 == plugin.sha256()) || is_next_build(hub, plugin, trusted)
    });
    let sha256 = plugin.sha256().to_owned();
    remember(hub, trusted.map_or_else(|| unapproved(plugin), |trusted| Trusted { sha256, ..trusted })).await
}

/// Its file is gone: the same bytes are judged anew when they come again. The hosts stay known.
pub(super) async fn forget(hub: &Hub, plugin: &Plugin) -> Result<(), StoreError> {
    hub.let_go(plugin.sha256());
    if !is_known(hub, plugin).await? {
        return Ok(());
    }
    remember(hub, Trusted { sha256: String::new(), ..unapproved(plugin) }).await
}

/// A plugin that nobody looked at.
fn unapproved(plugin: &Plugin) -> Trusted {
    let (id, sha256) = (plugin.id().to_owned(), plugin.sha256().to_owned());
    Trusted { id, sha256, hosts: hosts(plugin), is_approved: false, scope: Scope::default() }
}

async fn remember(hub: &Hub, trusted: Trusted) -> Result<(), StoreError> {
    if hub.parts.store.trusted(&trusted.id).await?.as_ref() == Some(&trusted) {
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
    let grant = hub.grant(entry).await?.and_then(|grant| grant.value.issuer().map(str::to_owned));
    let discovered = entry.state().discovered.map(|found| found.metadata.issuer.to_string());
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref().and_then(|registration| registration.issuer.clone());
    let known = grant.into_iter().chain(discovered).chain(registration).filter(|issuer| !issuer.is_empty());
    Ok([None].into_iter().chain(known.map(Some)).collect())
}

/// Servers of the settings that a plugin serves.
pub(super) async fn servers_of(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let held = hub.held_back(plugin.sha256());
    let mut servers = matched_by(hub, plugin).await?;
    servers.retain(|server| !held.contains(server));
    Ok(servers)
}

/// Servers of the settings that a plugin serves once a person has said so.
pub(super) async fn servers_wanted_by(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
    let mut servers = matched_by(hub, plugin).await?;
    servers.extend(hub.held_back(plugin.sha256()).into_iter().filter(|server| hub.entry(server).is_ok()));
    servers.sort_unstable();
    servers.dedup();
    Ok(servers)
}

/// Servers of the settings that a plugin is chosen for, whether it may serve them or not.
async fn matched_by(hub: &Hub, plugin: &Plugin) -> Result<Vec<String>, StoreError> {
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

/// The plugin for a server of the settings. One from a file takes none over that nobody's word for it covers.
pub(super) async fn choose(
    hub: &Hub,
    entry: &Entry,
    target: Target<'_>,
    protected_resource: Option<&str>,
) -> Result<Chosen, ConnectError> {
    let named = entry.server.oauth.provider.as_deref();
    let mut catalogue = hub.parts.catalogue.clone();
    loop {
        let chosen = catalogue.choose(target, protected_resource, named).await?;
        let word = word_for(hub, entry, (&chosen.plugin, target.server)).await?;
        if word == Word::Covers {
            return Ok(chosen);
        }
        let without = catalogue.without(&chosen.plugin);
        let Ok(other) = without.choose(target, protected_resource, named).await else { return Ok(chosen) };
        hub.hold_back(chosen.plugin.sha256(), entry.name());
        let reason = taking(hub, entry, &other.plugin).await?;
        match word {
            Word::OfOthers => hold_back(hub, &chosen.plugin, reason),
            Word::Covers | Word::None => withdraw(hub, &chosen.plugin, &reason),
        }
        catalogue = without;
    }
}

/// Whether a person said that a plugin may serve a server, whoever else would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// They did, or need not.
    Covers,
    /// Of other servers only.
    OfOthers,
    /// Nobody said anything of it.
    None,
}

async fn word_for(hub: &Hub, entry: &Entry, (plugin, url): (&Plugin, &Url)) -> Result<Word, StoreError> {
    let is_configured = hub.entry(entry.name()).is_ok_and(|known| known.key == entry.key);
    if plugin.origin() == &Origin::Bundled || !hub.parts.catalogue.is_judged() || !is_configured {
        return Ok(Word::Covers);
    }
    let trusted = hub.parts.store.trusted(plugin.id()).await?;
    let Some(trusted) = trusted.filter(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256()) else {
        return Ok(Word::None);
    };
    let is_named = entry.server.oauth.provider.as_deref() == Some(plugin.id());
    let covers = is_named || approval::covers(&trusted.scope, &plugin.profile().matching, url);
    Ok(if covers { Word::Covers } else { Word::OfOthers })
}

/// An approved plugin goes on serving the others.
fn hold_back(hub: &Hub, plugin: &Plugin, reason: String) {
    let (id, told) = (plugin.id(), format!("{plugin:#} waits with a further server: {reason}"));
    if hub.parts.catalogue.hold_back(plugin, reason) {
        tracing::warn!(plugin.id = id, "{told}. Look at it and let it serve with: mcphub plugins approve {id}");
    }
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
