//! One holder at a time for a grant, over tasks by a mutex and over processes by a lock file.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use mcphub_oauth::grant::GrantKey;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use crate::settings::{FileLock, SettingsError, SettingsFile};
use crate::store::lease::Lease;

/// How long to wait before the next look at a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(20);

/// What a holder has. Fields are dropped in their order.
struct HeldLease {
    // Dropped first: the next task of this process must not find the file locked by this one.
    _among_processes: FileLock,
    _in_this_process: OwnedMutexGuard<()>,
}

/// The mutexes of this process, one for each grant; a mutex serves those who wait in their order.
#[derive(Default)]
pub(super) struct Leases(Mutex<BTreeMap<GrantKey, Arc<tokio::sync::Mutex<()>>>>);

impl Leases {
    /// Waits for its turn. A caller that stops waiting leaves nothing behind.
    pub(super) async fn take(&self, file: &SettingsFile, key: &GrantKey) -> Result<Lease, SettingsError> {
        let mutex = {
            let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            leases.entry(key.clone()).or_default().clone()
        };
        let in_this_process = mutex.lock_owned().await;
        let path = lock_file(file, key)?;
        loop {
            match FileLock::attempt(&path) {
                Ok(Some(lock)) => {
                    return Ok(Lease::of(HeldLease { _among_processes: lock, _in_this_process: in_this_process }));
                }
                // Tried again, not waited for: a blocked thread could not be given up when the caller is dropped.
                Ok(None) => tokio::time::sleep(PAUSE).await,
                Err(cause) => return Err(SettingsError::Io { path, action: "cannot be locked", cause }),
            }
        }
    }
}

/// A lock file for this grant alone, so that a slow provider does not hold up the others.
fn lock_file(file: &SettingsFile, key: &GrantKey) -> Result<PathBuf, SettingsError> {
    let folder = file.beside("leases")?;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|cause| SettingsError::Io { path: folder.clone(), action: "cannot be made", cause })?;
    let digest = Sha256::digest([key.owner.as_str(), &key.server, &key.account].join("\0"));
    Ok(folder.join(URL_SAFE_NO_PAD.encode(digest)))
}
