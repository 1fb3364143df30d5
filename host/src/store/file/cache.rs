//! The section as it was last read, so that a request does not read the file again while it stays the same.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use super::lists::SECTION;
use super::obtained::Obtained;
use super::seal::Keys;
use crate::settings::{SettingsError, SettingsFile, Stamp};

/// File systems store times coarsely: two changes within one tick may look the same. Until content is this old, the bytes
/// themselves are compared.
const TICK: Duration = Duration::from_millis(100);
/// Content whose last change was this long ago when the store was opened needs no such comparison: a later change cannot look
/// the same.
const OLD: Duration = Duration::from_secs(1);

/// What was read last, and what was reported in the log.
pub(super) struct Cache {
    keys: Arc<Keys>,
    opened: OnceLock<SystemTime>,
    last: Mutex<Option<LastReading>>,
    reported: Mutex<BTreeSet<String>>,
}

struct LastReading {
    stamp: Stamp,
    /// When content with this stamp was first seen.
    since: Instant,
    /// Whether the bytes were compared after the tick, so that the stamp alone tells.
    settled: bool,
    bytes: Vec<u8>,
    obtained: Arc<Obtained>,
}

impl Cache {
    pub(super) fn new(keys: Arc<Keys>) -> Self {
        Self { keys, opened: OnceLock::new(), last: Mutex::default(), reported: Mutex::default() }
    }

    /// The time at which the store was opened. Only the first call counts.
    pub(super) fn opened_at(&self, now: SystemTime) {
        // It was opened once.
        let _ = self.opened.set(now);
    }

    /// What the file says now. While an edit leaves it broken, or it is gone, what it said before stays in force. Blocks.
    pub(super) fn read(&self, file: &SettingsFile) -> Result<Arc<Obtained>, SettingsError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = match (file.stamp(), last.as_ref()) {
            (Ok(stamp), _) => stamp,
            // The file is gone for now. Its logins stay in force, as its settings do.
            (Err(error), Some(reading)) => {
                self.report(&error.to_string(), "the logins from before stay in force");
                return Ok(reading.obtained.clone());
            }
            (Err(error), None) => return Err(error),
        };
        let known = last.as_ref().filter(|reading| reading.stamp == stamp);
        if let Some(reading) = known.filter(|reading| reading.settled) {
            return Ok(reading.obtained.clone());
        }
        let since = known.map_or_else(Instant::now, |reading| reading.since);
        let settled = since.elapsed() > TICK || self.opened.get().is_some_and(|opened| stamp.is_older(OLD, *opened));
        let bytes = file.bytes()?;
        if let Some(reading) = last.as_mut().filter(|reading| reading.bytes == bytes) {
            (reading.stamp, reading.since, reading.settled) = (stamp, since, settled);
            return Ok(reading.obtained.clone());
        }
        match (self.parse(file), last.as_ref()) {
            (Ok(obtained), _) => {
                let obtained = Arc::new(obtained);
                *last = Some(LastReading { stamp, since, settled, bytes, obtained: obtained.clone() });
                Ok(obtained)
            }
            (Err(error), Some(reading)) if error.is_broken_text() => {
                self.report(&error.to_string(), "the logins from before stay in force");
                Ok(reading.obtained.clone())
            }
            (Err(error), _) => Err(error),
        }
    }

    fn parse(&self, file: &SettingsFile) -> Result<Obtained, SettingsError> {
        let section = file.section(SECTION)?.unwrap_or(Value::Null);
        let obtained = Obtained::of(&section, &file.load()?, &self.keys);
        for malformed in &obtained.malformed {
            let said =
                format!("{}: {}: this entry cannot be read and is left alone", file.path().display(), malformed.place);
            self.report_once(&malformed.digest, &said, "log in again, or take it out");
        }
        for (said, why) in obtained.sealed_notices() {
            self.report(&format!("{}: {said}", file.path().display()), why.advice());
        }
        Ok(obtained)
    }

    fn report(&self, said: &str, then: &str) {
        self.report_once(said, said, then);
    }

    fn report_once(&self, key: &str, said: &str, then: &str) {
        if self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned()) {
            tracing::warn!("{said}; {then}");
        }
    }
}
