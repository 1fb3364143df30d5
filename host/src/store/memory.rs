//! A store in memory, for tests: it shows what a second kind of store needs, and is quick where a test wants any store.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Binding, Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;

use super::lease::Lease;
use super::model::{Acknowledged, Learned, Pin, Stored, Trusted};
use super::pending::PendingSet;
use super::sharing::{GrantPlacement, Grants, Share, next_version};
use super::{Store, StoreError};

/// All that is stored. A clone works on the same.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    grants: Grants,
    highest: u64,
    clients: Vec<(String, Client)>,
    learned: BTreeMap<String, Learned>,
    trusted: BTreeMap<String, Trusted>,
    pins: Vec<Pin>,
    acknowledged: Vec<Acknowledged>,
    pending: PendingSet,
    turns: BTreeMap<GrantKey, Arc<tokio::sync::Mutex<()>>>,
}

impl Store {
    /// An empty store in memory.
    pub(crate) fn in_memory() -> Self {
        Self::Memory(MemoryStore::default())
    }
}

impl MemoryStore {
    /// Does this alone. Refused after a panic in such work.
    fn alone<T>(&self, work: impl FnOnce(&mut Contents) -> T) -> Result<T, StoreError> {
        Ok(work(&mut *self.0.lock().map_err(|_| StoreError::Aborted)?))
    }

    pub(super) fn grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<Option<Stored<Grant>>, StoreError> {
        self.alone(|contents| contents.grants.find(key, address).cloned())
    }

    pub(super) fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        self.alone(|Contents { grants, highest, .. }| {
            let GrantPlacement { key, after } = grants.placement(key, grant, after);
            let stored = grants.own(&key, &grant.address).map(|grant| grant.version);
            let version = next_version(stored, after, *highest);
            *highest = version.map_err(|_| StoreError::Conflict(key.server.clone()))?;
            grants.all.retain(|(of, _)| *of != key);
            grants.all.push((key, Stored { value: grant.clone(), version: *highest }));
            Ok(*highest)
        })?
    }

    pub(super) fn grants(&self, issuer: &str) -> Result<Vec<(GrantKey, Stored<Grant>)>, StoreError> {
        self.alone(|contents| contents.grants.of_issuer(issuer))
    }

    pub(super) fn share(&self, key: &GrantKey, with: &GrantKey, binding: Binding) -> Result<(), StoreError> {
        self.alone(|Contents { grants: Grants { shares, .. }, .. }| {
            shares.retain(|share| share.key != *key);
            shares.push(Share { key: key.clone(), with: with.clone(), binding });
        })
    }

    pub(super) fn sharers(&self, key: &GrantKey, address: &ServerAddress) -> Result<Vec<GrantKey>, StoreError> {
        self.alone(|contents| contents.grants.sharers(key, address))
    }

    pub(super) fn delete_grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<bool, StoreError> {
        self.alone(|Contents { grants, .. }| {
            let (place, before) = (grants.place_of(key, address), grants.all.len());
            grants.all.retain(|(of, _)| *of != place && of != key);
            grants.shares.retain(|share| share.with != place && (place != *key || share.key != *key));
            grants.all.len() < before
        })
    }

    pub(super) fn clients(&self, issuer: &str) -> Result<Vec<(String, Client)>, StoreError> {
        let is = |client: &Client| client.issuer == issuer;
        self.alone(|contents| contents.clients.iter().filter(|(_, client)| is(client)).cloned().collect())
    }

    pub(super) fn put_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        self.alone(|Contents { clients, grants, .. }| {
            clients.retain(|(of, known)| of != server || !grants.replaces_client(known, client));
            clients.push((server.to_owned(), client.clone()));
        })
    }

    pub(super) fn delete_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let is = |known: &Client| known.issuer == client.issuer && known.id == client.id;
        self.alone(|Contents { clients, grants, .. }| {
            clients.retain(|(of, known)| of != server || !is(known) || grants.needs_client(known));
        })
    }

    pub(super) fn learned(&self, issuer: &str) -> Result<Learned, StoreError> {
        self.alone(|contents| contents.learned.get(issuer).cloned().unwrap_or_default())
    }

    pub(super) fn put_learned(&self, issuer: &str, learned: &Learned) -> Result<(), StoreError> {
        self.alone(|contents| drop(contents.learned.insert(issuer.to_owned(), learned.clone())))
    }

    pub(super) fn trusted(&self, id: &str) -> Result<Option<Trusted>, StoreError> {
        self.alone(|contents| contents.trusted.get(id).cloned())
    }

    pub(super) fn trust(&self, trusted: &Trusted) -> Result<(), StoreError> {
        self.alone(|contents| drop(contents.trusted.insert(trusted.id.clone(), trusted.clone())))
    }

    pub(super) fn pins(&self, server: &str) -> Result<Vec<Pin>, StoreError> {
        self.alone(|contents| contents.pins.iter().filter(|pin| pin.server == server).cloned().collect())
    }

    pub(super) fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        self.alone(|Contents { pins, .. }| {
            pins.retain(|known| known.server != pin.server || known.secret != pin.secret);
            pins.push(pin.clone());
        })
    }

    pub(super) fn is_acknowledged(&self, asked: &Acknowledged) -> Result<bool, StoreError> {
        self.alone(|contents| contents.acknowledged.contains(asked))
    }

    pub(super) fn acknowledge(&self, agreed: &Acknowledged) -> Result<(), StoreError> {
        self.alone(|contents| contents.acknowledged.push(agreed.clone()))
    }

    pub(super) async fn lease(&self, key: &GrantKey, address: &ServerAddress) -> Result<Lease, StoreError> {
        let turn = self
            .alone(|Contents { grants, turns, .. }| turns.entry(grants.place_of(key, address)).or_default().clone())?;
        Ok(Lease::of(turn.lock_owned().await))
    }

    /// Looks at what waits, or changes it. What has ended counts as absent and is not removed.
    pub(super) fn pending<T>(&self, work: impl FnOnce(&mut PendingSet) -> T) -> Result<T, StoreError> {
        self.alone(|contents| work(&mut contents.pending))
    }
}

mod tests {
    use super::*;
    use crate::store::contract::{self, Storage};

    impl Storage for Store {
        fn empty() -> Self {
            Self::in_memory()
        }

        fn open(&self) -> Store {
            self.clone()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_keeps_what_every_store_keeps() {
        contract::grants::all::<Store>().await;
        contract::sharing::all::<Store>().await;
        contract::clients::all::<Store>().await;
        contract::leases::all::<Store>().await;
        contract::pending::all::<Store>().await;
    }
}
