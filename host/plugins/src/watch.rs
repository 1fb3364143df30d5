//! The directories while the hub runs: looked at again once they have been quiet for a moment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::directory::{Directories, Judge};

/// How long a directory must be quiet: a file is written in pieces.
const QUIET: Duration = Duration::from_millis(150);
/// A directory that is written to all the time is looked at all the same.
const LONGEST: Duration = Duration::from_secs(2);

/// Watches for as long as it is held.
#[derive(Debug)]
pub struct Watching {
    looking: JoinHandle<()>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Begins to watch; `changed` is called after what serves has changed.
pub fn watch(
    directories: Directories,
    judge: Option<Judge>,
    changed: impl Fn() + Send + 'static,
) -> Result<Watching, notify::Error> {
    let (stir, stirred) = mpsc::channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // Full: it is known already that there is something to look at.
            let _ = stir.try_send(());
        }
    })?;
    let looking = tokio::spawn(look_on(directories, judge, changed, (watcher, stirred)));
    Ok(Watching { looking })
}

async fn look_on(
    mut directories: Directories,
    judge: Option<Judge>,
    changed: impl Fn() + Send + 'static,
    (mut watcher, mut stirred): (RecommendedWatcher, mpsc::Receiver<()>),
) {
    let mut attended = Vec::new();
    // The first look is for what was dropped between loading and watching.
    loop {
        attend(&mut watcher, directories.dirs(), &mut attended);
        let settled = async { while let Ok(Some(())) = tokio::time::timeout(QUIET, stirred.recv()).await {} };
        drop(tokio::time::timeout(LONGEST, settled).await);
        if directories.look(judge.as_ref()).await > 0 {
            changed();
        }
        if stirred.recv().await.is_none() {
            return;
        }
    }
}

/// Watches each directory that is there; one that is not is waited for at the place where it would be.
fn attend(watcher: &mut RecommendedWatcher, dirs: &[PathBuf], attended: &mut Vec<PathBuf>) {
    attended.retain(|path| path.is_dir());
    for dir in dirs {
        let there = dir.ancestors().find(|path| path.is_dir()).filter(|path| path != &Path::new(""));
        let there = there.unwrap_or(Path::new(".")).to_owned();
        if attended.contains(&there) {
            continue;
        }
        match watcher.watch(&there, RecursiveMode::NonRecursive) {
            Ok(()) => attended.push(there),
            Err(error) => tracing::warn!("{} is not watched: {error}", there.display()),
        }
    }
}
