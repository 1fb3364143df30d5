//! The code of one plugin: opened when the plugin is first called, so that one that serves no server costs nothing.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::error::LoadError;
use crate::foundry::{Foundry, Opened};
use crate::listing::read_file;
use crate::load::sha256;
use crate::origin::Origin;

/// The code of one plugin. All who call at once wait for one opening.
pub(crate) struct Code {
    foundry: Arc<Foundry>,
    opened: OnceCell<Opened>,
    /// The bytes, where they are part of this program.
    bundled: Option<&'static [u8]>,
}

impl Code {
    /// Code that stays open, or is closed until it is called where it can be opened again.
    pub(crate) fn new(foundry: Arc<Foundry>, opened: Option<Opened>, bundled: Option<&'static [u8]>) -> Self {
        let opened = opened
            .filter(|opened| !opened.is_kept)
            .map_or_else(OnceCell::new, |opened| OnceCell::new_with(Some(opened)));
        Self { foundry, opened, bundled }
    }

    /// The code of the component from this place with this digest and size, opened where it is not yet.
    pub(crate) async fn opened(&self, origin: &Origin, digest: &str, size: usize) -> Result<&Opened, LoadError> {
        self.opened.get_or_try_init(|| self.open(origin, digest, size)).await
    }

    async fn open(&self, origin: &Origin, digest: &str, size: usize) -> Result<Opened, LoadError> {
        if let Some(opened) = self.foundry.open_kept(digest, size).await? {
            return Ok(opened);
        }
        // Somebody emptied the directory: it is compiled once more.
        let file = match (self.bundled, origin) {
            (Some(bytes), _) => Cow::Borrowed(bytes),
            (None, Origin::File(path)) => Cow::Owned(read_file(path, self.foundry.limits().file_bytes).await?),
            (None, Origin::Bundled) => Cow::Borrowed(&[][..]),
        };
        if self.bundled.is_none() && sha256(&file) != digest {
            let reason = "it is another file now, and the code of the one before is no longer kept".to_owned();
            return Err(LoadError::Unreadable { reason });
        }
        self.foundry.open(digest, file).await
    }
}
