//! Locks among processes: an advisory lock on a file that nobody reads, let go by the system when its holder ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};

/// How long to wait for a lock that others hold for a moment only.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait before the next look.
const PAUSE: Duration = Duration::from_millis(2);

/// A held lock; let go when dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock if nobody holds it. Two locks of one process exclude each other, too.
    pub fn attempt(path: &Path) -> io::Result<Option<Self>> {
        // A pipe in its place is an error, not a wait for who reads it.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).custom_flags(flags).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the lock. None: its holder does not let go.
    pub(super) fn wait(path: &Path) -> io::Result<Option<Self>> {
        let mut left = PATIENCE;
        loop {
            if let Some(lock) = Self::attempt(path)? {
                return Ok(Some(lock));
            }
            let Some(after) = left.checked_sub(PAUSE) else {
                return Ok(None);
            };
            left = after;
            std::thread::sleep(PAUSE);
        }
    }
}
