//! Keys and assertions of the settings: written there, or in a file that others may renew.

use std::io;
use std::path::PathBuf;

use super::error::ConnectError;
use super::hub::Hub;
use crate::regular;
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
    let file = path.clone();
    let read = tokio::task::spawn_blocking(move || regular::read(&file, MAX_BYTES)).await;
    let bytes = read.map_err(io::Error::other).flatten().map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    Ok(text.trim().to_owned())
}
