//! The directories while the hub runs: looked at several times a second.
//!
//! Looking costs a few system calls. What the operating system would tell by itself differs from place to place: nothing of
//! mounted folders of a container's host, of network file systems, of what is behind a symbolic link.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::directory::Directories;

/// How often. A file that is the same at two looks in a row is complete.
const EVERY: Duration = Duration::from_millis(200);

/// Watches for as long as it is held.
#[derive(Debug)]
pub struct PluginWatching {
    looking: JoinHandle<()>,
}

impl Drop for PluginWatching {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Begins to watch; `changed` is called after what serves has changed.
#[must_use]
pub fn watch(directories: Directories, changed: impl Fn() + Send + 'static) -> PluginWatching {
    PluginWatching { looking: tokio::spawn(look_on(directories, changed)) }
}

async fn look_on(mut directories: Directories, changed: impl Fn() + Send + 'static) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let has_changed = tokio::select! {
            _ = ticks.tick() => directories.glance().await > 0,
            // One that takes long to compile keeps none of the others waiting.
            Some(loaded) = directories.next_loaded() => directories.take(loaded).await,
        };
        if has_changed {
            changed();
        }
    }
}
