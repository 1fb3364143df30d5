//! What the settings and the environment say about the world around the hub, in the form that its parts take.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcphub_oauth::client::is_loopback;
use sha2::{Digest, Sha256};
use url::Url;

use super::base_url;
use crate::addresses;
use crate::connect::MetadataDocument;
use crate::egress::{Egress, Own, Proxies};
use crate::gateway::{Callers, GatewayLimits, Grouping};
use crate::settings::{ClientKeys, Environment, KeyReach, Loaded, Settings, SettingsFile};

/// The client for OAuth traffic, behind the proxies of the environment and with the private names of the settings.
pub(super) fn surrounded(egress: Egress, settings: &Settings, environment: &Environment) -> Egress {
    let (proxies, faults) = Proxies::read(|name| environment.get(name));
    for fault in faults {
        tracing::warn!("{fault}");
    }
    let egress = egress.behind(proxies);
    egress.allow_private(&settings.system.allow_private);
    egress
}

/// Makes sure that neither a request nor a server entry leads back to this hub.
pub(super) fn apart(egress: &Egress, loaded: Loaded, own: Own) -> Loaded {
    let loaded = base_url::without_loops(loaded, &own);
    egress.never_to(own);
    loaded
}

/// The directory that relative paths in the settings are relative to.
pub(super) fn directory_of(settings: &SettingsFile) -> PathBuf {
    settings.path().parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where the lists of the servers in these settings are kept: beside the directory for compiled plugins, apart from those of
/// other settings. `None` without such a directory.
pub(super) fn lists_directory(cache: Option<&Path>, settings: &SettingsFile) -> Option<PathBuf> {
    let path = std::path::absolute(settings.path()).unwrap_or_else(|_| settings.path().to_path_buf());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let digest = digest.first_chunk::<8>().map_or(0, |start| u64::from_be_bytes(*start));
    Some(cache?.with_file_name("lists").join(format!("{digest:016x}")))
}

/// The part of the settings that decides which servers and tools are in scope.
pub(super) fn grouping(settings: &Settings) -> Grouping {
    let system = &settings.system;
    let mut groups = settings.groups.clone();
    groups.retain(|key, group| system.has_group_names || *key != group.name);
    Grouping {
        separator: system.name_separator.clone(),
        groups,
        callers: callers(&settings.keys),
        is_apart: !system.has_global_route,
    }
}

/// Who may call, and which servers are whose.
fn callers(keys: &ClientKeys) -> Callers {
    let mut callers = Callers { are_known: keys.are_demanded, ..Callers::default() };
    for key in &keys.usable {
        let name: Arc<str> = key.name.as_str().into();
        match &key.reach {
            KeyReach::All => callers.unlimited.push(name),
            KeyReach::Only(members) => drop(callers.limited.insert(name, members.clone())),
        }
    }
    callers
}

/// The limits of the gateway. The settings decide some of them, when the hub starts.
pub(super) fn limits(settings: &Settings) -> GatewayLimits {
    let (usual, sessions) = (GatewayLimits::default(), &settings.system.sessions);
    GatewayLimits {
        sessions: sessions.max.unwrap_or(usual.sessions),
        session_idle: sessions.idle.unwrap_or(usual.session_idle),
        session_age: sessions.age.unwrap_or(usual.session_age),
        ..usual
    }
}

/// The Client ID Metadata Document: the one that the settings name, else the hub's own where the internet can read it.
pub(super) fn metadata_document(written: Option<&Url>, base_url: &Url) -> MetadataDocument {
    if let Some(url) = written {
        return MetadataDocument::At(url.clone());
    }
    let public = base_url.scheme() == "https" && base_url.host().is_some() && !is_loopback(base_url);
    match addresses::below(base_url, addresses::CLIENT_METADATA) {
        Some(url) if public => MetadataDocument::At(url),
        Some(_) | None => MetadataDocument::None("systemConfig.install.baseUrl is not a public https address"),
    }
}
