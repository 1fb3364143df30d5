//! Keys and assertions of the settings: written there, or in a file that others may renew.

use std::io;
use std::path::PathBuf;

use crate::connect::core::error::{ConnectError, ServerError};
use crate::connect::core::parts::Core;
use crate::regular;
use crate::settings::Material;

/// Files larger than this hold no key and no token.
const MAX_BYTES: u64 = 64 * 1024;

/// The text now. A file is read each time: workload tokens are renewed in place.
pub(crate) async fn read(core: &Core, setting: &'static str, material: &Material) -> Result<String, ConnectError> {
    let path = match material {
        Material::Text(text) => return Ok(text.clone()),
        Material::File(path) => core.parts.settings.path().parent().map_or_else(PathBuf::new, PathBuf::from).join(path),
    };
    let unreadable = |cause: io::Error| ServerError::KeyFile { setting, path: path.clone(), cause };
    let file = path.clone();
    let read = tokio::task::spawn_blocking(move || regular::read(&file, MAX_BYTES)).await;
    let bytes = read.map_err(io::Error::other).flatten().map_err(unreadable)?;
    let text =
        String::from_utf8(bytes).map_err(|error| unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(text.trim().to_owned())
}
