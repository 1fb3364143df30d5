//! The file itself: found behind links, read whole, with the names of the hub's own files beside it.
//!
//! Apart from `place` and `write`, because all that touches the file needs these.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::SettingsError;
use crate::regular;

/// A longer file is refused. In bytes.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// All bytes of a settings file, if it is a regular one.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, SettingsError> {
    regular::read(path, MAX_BYTES).map_err(|cause| {
        if cause.kind() == io::ErrorKind::FileTooLarge {
            let problem = "it has more than 64 MiB, which no settings have".to_owned();
            return SettingsError::NotJson { path: path.to_owned(), problem };
        }
        io_error(path, "cannot be read", cause)
    })
}

/// The file itself where the path is a link, also to one that is not there yet.
pub(super) fn target_of(written: &Path) -> Result<PathBuf, SettingsError> {
    let mut path = written.to_owned();
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(named) => path = path.parent().unwrap_or(Path::new("/")).join(named),
            Err(_) => {
                let folder = path.parent().unwrap_or(Path::new("/")).canonicalize();
                let folder = folder.map_err(|cause| io_error(&path, "cannot be found", cause))?;
                return Ok(folder.join(path.file_name().unwrap_or_default()));
            }
        }
    }
    Err(io_error(written, "cannot be found", io::ErrorKind::InvalidInput.into()))
}

/// A file of the hub beside the settings: `.mcp_settings.json.tmp` beside `mcp_settings.json`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

pub(super) fn io_error(path: &Path, action: &'static str, cause: io::Error) -> SettingsError {
    SettingsError::Io { path: path.to_owned(), action, cause }
}
