//! Why a hub cannot be built. Nothing is listening yet when one of these is returned.

use mcphub_plugins::HostError;

use crate::settings::SettingsError;
use crate::store::SealingKeyError;

/// Why a hub cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The settings file cannot be opened or read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The key for sealing stored credentials is not usable.
    #[error(transparent)]
    Key(#[from] SealingKeyError),
    /// The plugin host cannot be started.
    #[error(transparent)]
    Plugins(#[from] HostError),
    /// The address at which people reach the hub is not a URL.
    #[error("the address {0} of this hub is not a URL; correct systemConfig.install.baseUrl")]
    BaseUrl(String),
}
