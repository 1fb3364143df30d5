//! The file beside the settings in which `kept_wishes` outlives the hub: for its owner alone, whole at every moment, and
//! written off the path of any request.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock::lock;
use crate::settings::SettingsFile;

/// A file for what clients set in their sessions.
pub struct WishesFile {
    place: Arc<WishesPlace>,
    /// What was in it when the hub started.
    found: Option<Vec<u8>>,
    /// Counts what was to be written.
    last: AtomicU64,
    is_failing: AtomicBool,
}

struct WishesPlace {
    settings: SettingsFile,
    /// How its name ends.
    ending: &'static str,
    /// How the name of the file that excludes other hubs ends.
    lock: &'static str,
    /// The number of the newest content that was written.
    written: Mutex<u64>,
}

impl WishesFile {
    /// The most bytes of the file.
    pub const MAX_BYTES: u64 = 5 * 1024 * 1024;

    /// The file beside these settings whose name ends so. `found` is what is in it; `lock` is how the name of a lock among
    /// processes ends.
    #[must_use]
    pub fn beside(settings: SettingsFile, ending: &'static str, lock: &'static str, found: Option<Vec<u8>>) -> Self {
        let place = WishesPlace { settings, ending, lock, written: Mutex::default() };
        Self { place: Arc::new(place), found, last: AtomicU64::default(), is_failing: AtomicBool::default() }
    }

    pub(super) fn found(&self) -> Option<&[u8]> {
        self.found.as_deref().filter(|found| !found.is_empty())
    }

    /// Replaces the content, unless a newer one was written meanwhile. A file that cannot be written is warned of once.
    pub(super) async fn put(&self, content: Vec<u8>) {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let place = self.place.clone();
        let written = tokio::task::spawn_blocking(move || place.put(number, &content)).await;
        let problem = match written {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some(problem),
            Err(error) => Some(error.to_string()),
        };
        let was_failing = self.is_failing.swap(problem.is_some(), Ordering::Relaxed);
        if let Some(problem) = problem.filter(|_| !was_failing) {
            tracing::warn!("clients have to subscribe again after a restart of the hub: {problem}");
        }
    }
}

impl WishesPlace {
    fn put(&self, number: u64, content: &[u8]) -> Result<(), String> {
        let mut written = lock(&self.written);
        if *written >= number {
            return Ok(());
        }
        let _among_processes = self.settings.lock_beside(self.lock).map_err(|error| error.to_string())?;
        self.settings.put_beside(self.ending, content).map_err(|error| error.to_string())?;
        *written = number;
        Ok(())
    }
}

impl fmt::Display for WishesFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.settings.beside(self.place.ending) {
            Ok(path) => write!(f, "{}", path.display()),
            Err(_) => f.write_str(self.place.ending),
        }
    }
}
