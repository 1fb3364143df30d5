//! The verbs of grants, and the right to work on one.

use mcphub_oauth::grant::{Binding, Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::Value;

use super::changes::remove;
use super::file_store::{FileStore, FileStoreParts};
use super::lists::{DROPPED, GRANTS, SHARED};
use super::obtained::dropped_by;
use super::record::{grant_to_json, is_of, share_from_json, share_to_json};
use super::seal::GRANT;
use crate::settings::SettingsError;
use crate::store::error::StoreError;
use crate::store::lease::Lease;
use crate::store::model::Stored;
use crate::store::sharing::{GrantPlacement, Share, next_version};

impl FileStore {
    pub(in crate::store) async fn grant(
        &self,
        key: &GrantKey,
        address: &ServerAddress,
    ) -> Result<Option<Stored<Grant>>, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.reading(move |parts, obtained| {
            if let Some(why) = obtained.grants.sealed(&key, &address) {
                return Err(StoreError::Sealed { server: key.server, why });
            }
            let found = obtained.grants.find(&key, &address).cloned();
            parts.seen(found.as_ref().map_or(0, |grant| grant.version));
            Ok(found)
        })
        .await
    }

    pub(in crate::store) async fn put_grant(
        &self,
        key: &GrantKey,
        grant: &Grant,
        after: Option<u64>,
    ) -> Result<u64, StoreError> {
        let (key, grant) = (key.clone(), grant.clone());
        self.blocking(move |parts| {
            let placement = parts.cache.read(&parts.file)?.grants.placement(&key, &grant, after);
            parts.put_grant(&placement, &grant)
        })
        .await
    }

    pub(in crate::store) async fn grants(&self, issuer: &str) -> Result<Vec<(GrantKey, Stored<Grant>)>, StoreError> {
        let issuer = issuer.to_owned();
        self.reading(move |_, obtained| Ok(obtained.grants.of_issuer(&issuer))).await
    }

    pub(in crate::store) async fn share(
        &self,
        key: &GrantKey,
        with: &GrantKey,
        binding: Binding,
    ) -> Result<(), StoreError> {
        let share = Share { key: key.clone(), with: with.clone(), binding };
        self.blocking(move |parts| {
            let entry = share_to_json(&share);
            parts.file.edit(|document| parts.put(document, SHARED, |entry| is_of(entry, &share.key), &entry))
        })
        .await
    }

    pub(in crate::store) async fn sharers(
        &self,
        key: &GrantKey,
        address: &ServerAddress,
    ) -> Result<Vec<GrantKey>, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.reading(move |_, obtained| Ok(obtained.grants.sharers(&key, &address))).await
    }

    pub(in crate::store) async fn delete_grant(
        &self,
        key: &GrantKey,
        address: &ServerAddress,
    ) -> Result<bool, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.blocking(move |parts| parts.delete_grant(&key, &address)).await
    }

    pub(in crate::store) async fn lease(&self, key: &GrantKey, address: &ServerAddress) -> Result<Lease, StoreError> {
        let (of, address) = (key.clone(), address.clone());
        let place = self.reading(move |_, obtained| Ok(obtained.grants.place_of(&of, &address))).await?;
        let lease = self.0.leases.take(&self.0.file, &place).await?;
        // A change of nothing fails where the result of the work could not be stored.
        self.blocking(|parts| Ok(parts.file.edit(|_| Ok::<_, SettingsError>(()))?)).await?;
        Ok(lease)
    }
}

impl FileStoreParts {
    fn put_grant(&self, GrantPlacement { key, after }: &GrantPlacement, grant: &Grant) -> Result<u64, StoreError> {
        let at_address = |entry: &Value| {
            let found = self.grant_of(entry).filter(|(of, stored)| of == key && stored.value.address == grant.address);
            found.map(|(_, stored)| stored.version)
        };
        self.file.edit(|document| {
            self.expect_open(document, key)?;
            let stored = document.entries(GRANTS.0, GRANTS.1).iter().find_map(at_address);
            let highest = self.seen(stored.unwrap_or(0));
            let version = next_version(stored, *after, highest);
            let version = version.map_err(|_| StoreError::Conflict(key.server.clone()))?;
            self.seen(version);
            let entry = self.keys.seal(&GRANT, &grant_to_json(key, grant, version));
            let entry = entry.map_err(|_| StoreError::NotSealed(key.server.clone()))?;
            let is = |entry: &Value| self.grant_of(entry).is_some_and(|(of, _)| of == *key);
            self.put(document, GRANTS, is, &entry)?;
            Ok(version)
        })
    }

    fn delete_grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<bool, StoreError> {
        let preset = dropped_by(&self.file.load()?, key);
        let place = self.cache.read(&self.file)?.grants.place_of(key, address);
        self.file.edit(|document| {
            let mut found = remove(document, GRANTS, |entry| is_of(entry, &place) || is_of(entry, key));
            // A share that does not hold: the grant that it names is gone, or cannot be opened.
            remove(document, SHARED, |entry| place == *key && is_of(entry, key));
            remove(document, SHARED, |entry| share_from_json(entry).is_some_and(|share| share.with == place));
            if let Some(preset) = &preset {
                found |= !document.entries(DROPPED.0, DROPPED.1).contains(preset);
                self.put(document, DROPPED, |entry| is_of(entry, key), preset)?;
            }
            Ok(found)
        })
    }
}
