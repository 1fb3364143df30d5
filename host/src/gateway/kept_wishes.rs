//! What clients set in their sessions, for those that are begun again: after a restart of the hub, or after the hub ended
//! them because nobody used them. Bounded in sessions and bytes; an entry ends with its session.
//!
//! The file is sealed: resources of a server may have secrets in their URIs. One that cannot be read is as good as none.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::lock::lock;
use super::session::{ClientWishes, Session};
use super::session_key::{SealedAs, SessionKey};
use super::wishes_file::WishesFile;

/// The version of the format. A file of another one is not used.
const FORMAT: u32 = 1;
/// Sessions that are remembered; beyond that, those that were opened first are forgotten.
const MAX: usize = 1000;
/// Bytes of all entries. Sealed they take a third more.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// What is kept of clients, by the own id of the session.
pub(super) struct KeptWishes {
    known: Mutex<IndexMap<String, KeptEntry>>,
    file: Option<WishesFile>,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeptEntry {
    /// When the session was opened, in seconds since 1970.
    opened: u64,
    #[serde(flatten)]
    wishes: ClientWishes,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    sessions: IndexMap<String, KeptEntry>,
}

impl KeptWishes {
    /// With what an earlier run of the hub kept in this file.
    pub(super) fn read(file: Option<WishesFile>, key: &SessionKey) -> Self {
        let found = file.as_ref().and_then(WishesFile::found);
        let known = found.map(|found| opened(found, key));
        if let (Some(file), Some(None)) = (&file, &known) {
            tracing::warn!("{file}: this file cannot be read and is not used; clients may have to subscribe again");
        }
        Self { known: Mutex::new(known.flatten().unwrap_or_default()), file }
    }

    /// What the client of a session had set.
    pub(super) fn of(&self, id: &str) -> Option<ClientWishes> {
        lock(&self.known).get(id).map(|entry| entry.wishes.clone())
    }

    /// Remembers what the client of a session has set, if the session can be begun again.
    pub(super) fn note(&self, session: &Session) {
        let Some(opened) = session.opened.get() else { return };
        let entry = KeptEntry { opened: seconds(*opened), wishes: session.wishes() };
        let mut known = lock(&self.known);
        if entry.wishes.is_empty() {
            known.shift_remove(&session.id);
        } else {
            known.insert(session.id.clone(), entry);
        }
    }

    /// Forgets a session, because its client ended it.
    pub(super) fn forget(&self, id: &str) {
        lock(&self.known).shift_remove(id);
    }

    /// Writes all that is known, in place of what was written before. Sessions that were opened longer than `age` ago are
    /// forgotten.
    pub(super) async fn write(&self, key: &SessionKey, now: SystemTime, age: Duration) {
        let Some(file) = &self.file else { return };
        let sessions = {
            let mut known = lock(&self.known);
            known.retain(|_, entry| seconds(now).saturating_sub(entry.opened) < age.as_secs());
            forget_surplus(&mut known);
            known.clone()
        };
        let plain = serde_json::to_vec(&Written { format: FORMAT, sessions }).unwrap_or_default();
        if let Some(sealed) = key.seal(SealedAs::Wishes, &plain) {
            file.put(sealed.into_bytes()).await;
        }
    }
}

/// Forgets the sessions that were opened first, until the rest is within bounds.
fn forget_surplus(known: &mut IndexMap<String, KeptEntry>) {
    let size = |id: &String, entry: &KeptEntry| id.len() + serde_json::to_vec(entry).map_or(0, |bytes| bytes.len()) + 4;
    known.sort_by_key(|_, entry| std::cmp::Reverse(entry.opened));
    let mut bytes = 0;
    let fitting = known.iter().take(MAX).take_while(|(id, entry)| {
        bytes += size(id, entry);
        bytes <= MAX_BYTES
    });
    let count = fitting.count();
    known.truncate(count);
}

fn opened(found: &[u8], key: &SessionKey) -> Option<IndexMap<String, KeptEntry>> {
    let plain = key.open(SealedAs::Wishes, std::str::from_utf8(found).ok()?)?;
    let written: Written = serde_json::from_slice(&plain).ok()?;
    (written.format == FORMAT).then_some(written.sessions)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(opened: u64, uri: &str) -> KeptEntry {
        serde_json::from_value(json!({ "opened": opened, "subscribed": { uri: "s" } })).expect("an entry")
    }

    #[test]
    fn the_sessions_that_were_opened_last_are_kept_within_the_bounds() {
        let mut many = (0..2000_u64).map(|number| (number.to_string(), entry(number, "x://1"))).collect();
        let large = "u".repeat(MAX_BYTES / 2);
        let mut large = (0..3_u64).map(|number| (number.to_string(), entry(number, &large))).collect();

        forget_surplus(&mut many);
        forget_surplus(&mut large);

        assert!(many.len() == MAX && many.contains_key("1999") && !many.contains_key("999"));
        assert_eq!(large.keys().collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn only_what_the_same_key_sealed_is_read() {
        let [key, other] = [1, 2].map(|byte| SessionKey::new(&[byte; 32]).expect("a key"));
        let written = json!({ "format": 1, "sessions": { "id": { "opened": 5, "level": "debug" } } });
        let seal = |kind, plain: &str| key.seal(kind, plain.as_bytes()).expect("sealed");

        let good = seal(SealedAs::Wishes, &written.to_string());
        let of_later = seal(SealedAs::Wishes, &written.to_string().replace(":1,", ":2,"));

        assert!(opened(good.as_bytes(), &key).is_some_and(|known| !known["id"].wishes.is_empty()));
        assert!(opened(good.as_bytes(), &other).is_none());
        for broken in [&of_later, &seal(SealedAs::SessionId, &written.to_string()), &good[..20], "", "{}"] {
            assert!(opened(broken.as_bytes(), &key).is_none(), "{broken}");
        }
    }
}
