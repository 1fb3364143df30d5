//! Which entries of the file are sealed, and when.
//!
//! With a key, every write seals. Entries in the clear, and those that the previous key sealed, are sealed when the hub starts to
//! serve, unless the key looks like the wrong one: then nothing more is sealed with it.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey};
use serde_json::Value;

use super::file_store::{FileStore, FileStoreParts};
use super::lists::{CLIENTS, GRANTS, List};
use super::record::{client_from_json, grant_from_json, is_of};
use super::seal::{CLIENT, GRANT, Sealable, Unsealed};
use crate::settings::Document;
use crate::store::error::{SealFault, StoreError};
use crate::store::model::Stored;

#[cfg(test)]
mod tests;

/// A list whose entries have something to seal.
struct SealedList {
    list: List,
    kind: &'static Sealable,
}

impl FileStore {
    pub(in crate::store) async fn seal(&self) -> Result<usize, StoreError> {
        self.blocking(FileStoreParts::seal_all).await
    }

    pub(in crate::store) async fn key_for(&self, purpose: &'static [u8]) -> Result<Option<[u8; 32]>, StoreError> {
        // A passphrase is slow on purpose.
        self.blocking(move |parts| Ok(parts.keys.derived_for(purpose))).await
    }

    pub(in crate::store) fn caution(&self) -> Option<String> {
        self.0.keys.caution()
    }
}

impl FileStoreParts {
    /// The registered client of an entry. `None` if the entry cannot be opened or makes no sense.
    pub(super) fn client(&self, entry: &Value) -> Option<(String, Client)> {
        client_from_json(&self.keys.opened(&CLIENT, entry)?)
    }

    /// The grant of an entry. `None` if the entry cannot be opened or makes no sense.
    pub(super) fn grant_of(&self, entry: &Value) -> Option<(GrantKey, Stored<Grant>)> {
        grant_from_json(&self.keys.opened(&GRANT, entry)?)
    }

    /// Refuses to put a grant beside one of the same key that is sealed and cannot be opened.
    pub(super) fn expect_open(&self, document: &Document, key: &GrantKey) -> Result<(), StoreError> {
        let closed = |entry: &Value| match self.keys.open(&GRANT, entry) {
            Unsealed::Closed(why) if is_of(entry, key) => Some(why),
            Unsealed::Closed(_) | Unsealed::Clear(_) | Unsealed::Current(_) | Unsealed::Previous(_) => None,
        };
        match document.entries(GRANTS.0, GRANTS.1).iter().find_map(closed) {
            Some(why) => Err(StoreError::Sealed { server: key.server.clone(), why }),
            None => Ok(()),
        }
    }

    fn seal_all(&self) -> Result<usize, StoreError> {
        // Read first: what cannot be opened is reported here at the latest.
        self.cache.read(&self.file)?;
        if !self.keys.seals() {
            return Ok(0);
        }
        self.file.edit(|document| {
            if self.looks_like_another_key(document) {
                return Ok(0);
            }
            let is_grant = |entry: &Value| grant_from_json(entry).is_some();
            let is_client = |entry: &Value| client_from_json(entry).is_some();
            let grants = self.seal_list(document, SealedList { list: GRANTS, kind: &GRANT }, is_grant)?;
            Ok(grants + self.seal_list(document, SealedList { list: CLIENTS, kind: &CLIENT }, is_client)?)
        })
    }

    /// Whether some entries are sealed and the keys open none of them.
    fn looks_like_another_key(&self, document: &Document) -> bool {
        let opened = |list: List, kind: &Sealable| -> Vec<Unsealed> {
            document.entries(list.0, list.1).iter().map(|entry| self.keys.open(kind, entry)).collect()
        };
        let all: Vec<Unsealed> = opened(GRANTS, &GRANT).into_iter().chain(opened(CLIENTS, &CLIENT)).collect();
        let is_closed = |opened: &Unsealed| matches!(opened, Unsealed::Closed(SealFault::OtherKey));
        let is_open = |opened: &Unsealed| matches!(opened, Unsealed::Current(_) | Unsealed::Previous(_));
        all.iter().any(is_closed) && !all.iter().any(is_open)
    }

    fn seal_list(
        &self,
        document: &mut Document,
        SealedList { list, kind }: SealedList,
        is_whole: impl Fn(&Value) -> bool,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        for (index, entry) in document.entries(list.0, list.1).iter().enumerate() {
            let (Unsealed::Clear(opened) | Unsealed::Previous(opened)) = self.keys.open(kind, entry) else { continue };
            if !is_whole(&opened) {
                continue;
            }
            let server = || opened.get("server").and_then(Value::as_str).unwrap_or_default().to_owned();
            let sealed = self.keys.seal(kind, &opened).map_err(|_| StoreError::NotSealed(server()))?;
            if sealed != *entry {
                document.put_entry(list, Some(index), &sealed).map_err(|way| self.file.in_the_way(way))?;
                count += 1;
            }
        }
        Ok(count)
    }
}
