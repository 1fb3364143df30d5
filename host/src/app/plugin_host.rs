//! The host of plugins, and the plugins that come with the hub.

use std::path::{Path, PathBuf};

use futures::future::join_all;
use mcphub_plugins::{BundledComponent, Catalogue, Directories, HostError, Limits, Origin, PluginHost};

use crate::bundled::{BUNDLED, DIGESTS};

/// A host that keeps compiled plugins in `cache`; where that directory cannot be used it compiles them at each start.
pub fn host(cache: Option<&Path>) -> Result<PluginHost, HostError> {
    match PluginHost::new(cache, Limits::default()) {
        Err(error @ HostError::CacheDirectory { .. }) => {
            tracing::warn!("plugins are compiled at each start: {error}");
            PluginHost::new(None, Limits::default())
        }
        made => made,
    }
}

/// The bundled plugins, then those of the directories, each trusted. A bad file is an entry of the catalogue, not an error.
pub async fn plugins(cache: Option<&Path>, directories: &[PathBuf]) -> Result<Catalogue, HostError> {
    let host = host(cache)?;
    let catalogue = bundled(&host).await;
    Directories::new(host, catalogue.clone(), directories.to_vec(), None).look().await;
    Ok(catalogue)
}

/// The plugins that come with the hub.
pub(super) async fn bundled(host: &PluginHost) -> Catalogue {
    let catalogue = Catalogue::new();
    let components = BUNDLED.iter().zip(DIGESTS).map(|((_, bytes), sha256)| BundledComponent { bytes, sha256 });
    let loading = components.map(|component| host.load_bundled(component));
    for ((name, _), loaded) in BUNDLED.iter().zip(join_all(loading).await) {
        match loaded {
            Ok(plugin) => drop(catalogue.add(plugin)),
            Err(error) => {
                tracing::error!("the bundled plugin {name} does not load: {error}");
                catalogue.add_failed(Origin::Bundled, error);
            }
        }
    }
    catalogue
}
