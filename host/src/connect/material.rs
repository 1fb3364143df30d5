//! Keys and assertions of the settings: written there, or in a file that others may renew.

use std::path::PathBuf;

use super::error::ConnectError;
use super::hub::Hub;
use crate::settings::Material;

/// Files larger than this hold no key and no token.
const MAX_BYTES: u64 = 64 * 1024;

/// The text now. A file is read each time: workload tokens are renewed in place.
pub(super) async fn read(hub: &Hub, key: &'static str, material: &Material) -> Result<String, ConnectError> {
    let path = match material {
        Material::Text(text) => return Ok(text.clone()),
        Material::File(path) => hub.parts.settings.path().parent().map_or_else(PathBuf::new, PathBuf::from).join(path),
    };
    let unreadable = |problem: String| ConnectError::Material { key, path: path.clone(), problem };
    let metadata = tokio::fs::metadata(&path).await.map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(unreadable("it is no file of at most 64 KiB".to_owned()));
    }
    let text = tokio::fs::read_to_string(&path).await.map_err(|error| unreadable(error.to_string()))?;
    Ok(text.trim().to_owned())
}
