//! Changes of what was obtained: a grant in its place, an entry exchanged, an entry taken out.

use std::sync::atomic::Ordering;

use mcphub_oauth::grant::{Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::Value;

use super::obtained::{DROPPED, GRANTS, SHARED, mark_of};
use super::record::{grant_to_json, is_of, share_from_json};
use super::seal::GRANT;
use super::{Inner, StoreError};
use crate::settings::Document;

impl Inner {
    pub(super) fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        let obtained = self.cache.read(&self.file)?;
        let address = &grant.address;
        let place = obtained.place_of(key, address);
        let is_shared =
            place != *key && obtained.grant(key, address).is_some_and(|of| of.value.binding() == grant.binding());
        // A grant that is good for something else is the key's own from now on.
        let (key, after) = if is_shared || place == *key { (&place, after) } else { (key, None) };
        let at_address = |entry: &Value| {
            let found = self.grant_of(entry).filter(|(of, stored)| of == key && stored.value.address == *address);
            found.map(|(_, stored)| stored.version)
        };
        self.file.edit(|document| {
            self.expect_open(document, key)?;
            let stored = document.entries(GRANTS.0, GRANTS.1).iter().find_map(at_address).unwrap_or(0);
            if stored != after.unwrap_or(0) {
                return Err(StoreError::Conflict(key.server.clone()));
            }
            let version = self.highest.fetch_max(stored, Ordering::Relaxed).max(stored) + 1;
            self.highest.fetch_max(version, Ordering::Relaxed);
            let entry = self.keys.seal(&GRANT, &grant_to_json(key, grant, version));
            let entry = entry.map_err(|_| StoreError::NotSealed(key.server.clone()))?;
            let is = |entry: &Value| self.grant_of(entry).is_some_and(|(of, _)| of == *key);
            self.put(document, GRANTS, is, &entry)?;
            Ok(version)
        })
    }

    pub(super) fn delete_grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<bool, StoreError> {
        let mark = mark_of(&self.file.load()?, key);
        let place = self.cache.read(&self.file)?.place_of(key, address);
        self.file.edit(|document| {
            let mut found = remove(document, GRANTS, |entry| is_of(entry, &place) || is_of(entry, key));
            // One that holds no more: the grant that it was of is gone, or cannot be opened.
            remove(document, SHARED, |entry| place == *key && is_of(entry, key));
            remove(document, SHARED, |entry| share_from_json(entry).is_some_and(|share| share.with == place));
            if let Some(mark) = &mark {
                found |= !document.entries(DROPPED.0, DROPPED.1).contains(mark);
                self.put(document, DROPPED, |entry| is_of(entry, key), mark)?;
            }
            Ok(found)
        })
    }

    /// Exchanges the entry, or adds it; a second one of the same kind goes.
    pub(super) fn put(
        &self,
        document: &mut Document,
        list: (&str, &str),
        is: impl Fn(&Value) -> bool,
        entry: &Value,
    ) -> Result<(), StoreError> {
        let same = positions(document, list, is);
        for index in same.iter().skip(1).rev() {
            document.remove_entry(list, *index);
        }
        let put = document.put_entry(list, same.first().copied(), entry);
        Ok(put.map_err(|way| self.file.in_the_way(way))?)
    }
}

/// Takes the entries out. False: there was none.
pub(super) fn remove(document: &mut Document, list: (&str, &str), is: impl Fn(&Value) -> bool) -> bool {
    let found = positions(document, list, is);
    for index in found.iter().rev() {
        document.remove_entry(list, *index);
    }
    !found.is_empty()
}

fn positions(document: &Document, (section, list): (&str, &str), is: impl Fn(&Value) -> bool) -> Vec<usize> {
    let entries = document.entries(section, list);
    entries.iter().enumerate().filter(|(_, entry)| is(entry)).map(|(index, _)| index).collect()
}
