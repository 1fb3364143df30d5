//! Which plugin serves a server. A plugin from a file takes over only what a person approved.

use mcphub_oauth::profile::Target;
use mcphub_plugins::{Chosen, Origin, Plugin};
use url::Url;

use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::trust::approval;
use crate::connect::trust::waiting::taking;
use crate::store::StoreError;

/// The plugin for a server of the settings. A plugin from a file never takes over a server that no approval covers.
pub(crate) async fn choose(
    core: &Core,
    entry: &Entry,
    target: Target<'_>,
    protected_resource: Option<&str>,
) -> Result<Chosen, ConnectError> {
    let named = entry.server.oauth.provider.as_deref();
    let mut catalogue = core.parts.catalogue.clone();
    loop {
        let chosen = catalogue.choose(target, protected_resource, named).await?;
        let word = word_for(core, entry, &chosen.plugin, target.server).await?;
        if word == Word::Covers {
            return Ok(chosen);
        }
        let without = catalogue.without(&chosen.plugin);
        // If no other plugin would serve the server, nothing is taken over, and no approval is needed.
        let Ok(other) = without.choose(target, protected_resource, named).await else { return Ok(chosen) };
        core.hold_back(chosen.plugin.sha256(), entry.name());
        let reason = taking(core, entry, &other.plugin).await?;
        match word {
            Word::OfOthers => hold_back(core, &chosen.plugin, reason),
            Word::Covers | Word::None => withdraw(core, &chosen.plugin, &reason),
        }
        catalogue = without;
    }
}

/// What a person's approval says about a plugin that may take over a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It covers the server, or none is needed.
    Covers,
    /// It covers other servers only.
    OfOthers,
    /// There is no approval of this plugin.
    None,
}

async fn word_for(core: &Core, entry: &Entry, plugin: &Plugin, url: &Url) -> Result<Word, StoreError> {
    let is_configured = core.entry(entry.name()).is_ok_and(|known| known.key == entry.key);
    if plugin.origin() == &Origin::Bundled || !core.parts.catalogue.is_judged() || !is_configured {
        return Ok(Word::Covers);
    }
    let trusted = core.parts.store.trusted(plugin.id()).await?;
    let Some(trusted) = trusted.filter(|trusted| trusted.is_approved && trusted.sha256 == plugin.sha256()) else {
        return Ok(Word::None);
    };
    let is_named = entry.server.oauth.provider.as_deref() == Some(plugin.id());
    let covers = is_named || approval::covers(&trusted.scope, &plugin.profile().matching, url);
    Ok(if covers { Word::Covers } else { Word::OfOthers })
}

/// Holds an approved plugin back from one server. It goes on serving the others.
fn hold_back(core: &Core, plugin: &Plugin, reason: String) {
    let (id, told) = (plugin.id(), format!("{plugin:#} waits with a further server: {reason}"));
    if core.parts.catalogue.hold_back(plugin, reason) {
        tracing::warn!(plugin.id = id, "{told}. Look at it and let it serve with: mcphub plugins approve {id}");
    }
}

fn withdraw(core: &Core, plugin: &Plugin, reason: &str) {
    let id = plugin.id();
    if core.parts.catalogue.withdraw(plugin, vec![reason.to_owned()]) {
        tracing::warn!(
            plugin.id = id,
            "{plugin:#} waits from now on: {reason}. Look at it and let it serve with: mcphub plugins approve {id}"
        );
        plugins_changed(core);
    }
}

/// Forgets what was found with the earlier plugins. Logins in progress finish with the plugin that they started with.
pub(crate) fn plugins_changed(core: &Core) {
    core.plugins_changed();
    for entry in core.entries() {
        entry.remember(|memory| (memory.discovered, memory.of_grant) = (None, None));
    }
}
