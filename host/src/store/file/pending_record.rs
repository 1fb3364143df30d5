//! What waits for a person, as JSON: the one place where its ids and data are written out, sealed where there is a key.

use std::time::{Duration, SystemTime};

use humantime::{format_rfc3339_nanos, parse_rfc3339};
use serde_json::{Value, json};

use super::seal::{Keys, PENDING, Unsealed};
use crate::store::error::StoreError;
use crate::store::pending::{MAX_OF_A_KIND, Pending, PendingEntry, PendingKind, PendingSet};

/// A longer file counts as broken, and none is written: the oldest entries go. Bytes.
pub(super) const MAX_BYTES: u64 = 16 << 20;
/// What of that entries may take up; the rest is for what stands around them.
const ROOM: usize = (16 << 20) - 64;
/// Between two entries: each has a line of its own.
const SEPARATOR: &str = ",\n";
/// The format of the file.
const VERSION: u64 = 1;
/// The last second that can be written as text: the end of the year 9999.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// What the file holds.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct PendingContent {
    pub(super) set: PendingSet,
    /// Entries that cannot be opened. They count as absent, and stay until they end: their key may come back.
    sealed: Vec<SealedPending>,
    /// The file made no sense.
    pub(super) is_broken: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct SealedPending {
    entry: Value,
    ends_at: SystemTime,
}

impl PendingContent {
    /// Of a file that made no sense: empty, and to be replaced.
    pub(super) fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// Removes all that have ended, those that cannot be opened too.
    pub(super) fn drop_ended(&mut self, now: SystemTime) {
        self.set.drop_ended(now);
        self.sealed.retain(|sealed| now < sealed.ends_at);
    }

    /// Whether [`Self::drop_ended`] would remove something.
    pub(super) fn has_ended(&self, now: SystemTime) -> bool {
        self.set.has_ended(now) || self.sealed.iter().any(|sealed| sealed.ends_at <= now)
    }

    /// From the bytes of the file. `None`: they make no sense. A single entry that makes no sense counts as absent.
    pub(super) fn parse(bytes: &[u8], keys: &Keys) -> Option<Self> {
        let file: Value = serde_json::from_slice(bytes).ok()?;
        if file.get("version")?.as_u64()? != VERSION {
            return None;
        }
        let (mut entries, mut sealed) = (Vec::new(), Vec::new());
        for entry in file.get("pending")?.as_array()? {
            match keys.open(&PENDING, entry) {
                Unsealed::Clear(entry) | Unsealed::Current(entry) | Unsealed::Previous(entry) => {
                    entries.extend(from_json(&entry));
                }
                Unsealed::Closed(_) => {
                    sealed.extend(ends_at(entry).map(|ends_at| SealedPending { entry: entry.clone(), ends_at }));
                }
            }
        }
        // Another key's hub may work on the same file: its entries are bounded like those of one kind.
        sealed.drain(..sealed.len().saturating_sub(MAX_OF_A_KIND));
        Some(Self { set: PendingSet::of(entries), sealed, is_broken: false })
    }

    /// The bytes of the file. `None`: nothing waits, so that there is no file.
    pub(super) fn written(&self, keys: &Keys) -> Result<Option<Vec<u8>>, StoreError> {
        let mut texts: Vec<String> = self.sealed.iter().map(|sealed| sealed.entry.to_string()).collect();
        for entry in self.set.entries() {
            let sealed = keys.seal(&PENDING, &to_json(entry));
            texts.push(sealed.map_err(|_| StoreError::NotSealed(entry.pending.server.clone()))?.to_string());
        }
        let mut room = Some(ROOM);
        let mut fits = |text: &&String| {
            room = room.and_then(|room| room.checked_sub(text.len() + SEPARATOR.len()));
            room.is_some()
        };
        // From the end, where the newest are.
        let mut kept: Vec<&str> = texts.iter().rev().take_while(|text| fits(text)).map(String::as_str).collect();
        kept.reverse();
        let file = format!("{{\"version\":{VERSION},\"pending\":[\n{}\n]}}\n", kept.join(SEPARATOR));
        Ok((!kept.is_empty()).then(|| file.into_bytes()))
    }
}

fn to_json(PendingEntry { kind, id, pending }: &PendingEntry) -> Value {
    let ends_at = pending.ends_at.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + LAST_SECOND);
    json!({
        "kind": name(*kind), "server": pending.server, "endsAt": format_rfc3339_nanos(ends_at).to_string(),
        "id": id, "data": pending.data,
    })
}

fn from_json(entry: &Value) -> Option<PendingEntry> {
    let text = |name: &str| entry.get(name)?.as_str().map(str::to_owned);
    let pending = Pending { server: text("server")?, data: entry.get("data")?.clone(), ends_at: ends_at(entry)? };
    Some(PendingEntry { kind: kind(&text("kind")?)?, id: text("id")?, pending })
}

fn ends_at(entry: &Value) -> Option<SystemTime> {
    parse_rfc3339(entry.get("endsAt")?.as_str()?).ok()
}

const fn name(kind: PendingKind) -> &'static str {
    match kind {
        PendingKind::Login => "login",
        PendingKind::Ticket => "ticket",
        PendingKind::Question => "question",
    }
}

fn kind(text: &str) -> Option<PendingKind> {
    let all = [PendingKind::Login, PendingKind::Ticket, PendingKind::Question];
    all.into_iter().find(|kind| name(*kind) == text)
}
