//! The store and its verbs: what the hub keeps about logins, whatever keeps it.
//!
//! With `verbs_of_pending`, this shows all that a kind of store has to do: a new variant of [`Store`] does not compile before
//! each verb has an arm for it. What a verb promises is said there and here; `contract` checks it for every kind.

use std::time::SystemTime;

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Binding, Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;

use super::error::StoreError;
use super::file::{FileStore, Keys};
use super::lease::Lease;
#[cfg(test)]
use super::memory::MemoryStore;
use super::model::{Acknowledged, Learned, Pin, Stored, Trusted};
use crate::settings::SettingsFile;

/// Where all that belongs to logins is kept. A clone works on the same.
#[derive(Clone)]
pub enum Store {
    /// In the settings file and beside it.
    File(FileStore),
    /// In memory, for tests alone.
    #[cfg(test)]
    Memory(MemoryStore),
}

impl Store {
    /// A store in this file that seals nothing.
    #[must_use]
    pub fn new(file: SettingsFile) -> Self {
        Self::sealing(file, Keys::default())
    }

    /// A store in this file. What is secret in it is sealed with these keys.
    #[must_use]
    pub fn sealing(file: SettingsFile, keys: Keys) -> Self {
        Self::File(FileStore::new(file, keys))
    }

    /// A number that grows whenever this process changes what is stored. `None` where nobody counts.
    #[must_use]
    pub fn edits(&self) -> Option<u64> {
        match self {
            Self::File(store) => Some(store.edits()),
            #[cfg(test)]
            Self::Memory(_) => None,
        }
    }

    /// The same, opened at this time: a file that has not changed for a while is not read again and again.
    #[must_use]
    pub fn opened_at(self, now: SystemTime) -> Self {
        match &self {
            Self::File(store) => store.opened_at(now),
            #[cfg(test)]
            Self::Memory(_) => {}
        }
        self
    }

    /// The grant of a key, if it was obtained for this address: its own, or the one it shares. A preset one
    /// (`oauth.accessToken`) counts until there is another. A grant that is sealed and cannot be opened is an error, so that
    /// nobody logs in again and replaces it.
    pub async fn grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<Option<Stored<Grant>>, StoreError> {
        match self {
            Self::File(store) => store.grant(key, address).await,
            #[cfg(test)]
            Self::Memory(store) => store.grant(key, address),
        }
    }

    /// Stores a grant after the version that was seen (`None`: there was none for its address), and returns the new version. A
    /// grant of the same key for another address is replaced.
    pub async fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        match self {
            Self::File(store) => store.put_grant(key, grant, after).await,
            #[cfg(test)]
            Self::Memory(store) => store.put_grant(key, grant, after),
        }
    }

    /// The grants of an issuer, each with its key. A shared one is listed once.
    pub async fn grants(&self, issuer: &str) -> Result<Vec<(GrantKey, Stored<Grant>)>, StoreError> {
        match self {
            Self::File(store) => store.grants(issuer).await,
            #[cfg(test)]
            Self::Memory(store) => store.grants(issuer),
        }
    }

    /// Lets a key without a grant of its own use that of another key, as long as that one stays good for the same.
    pub async fn share(&self, key: &GrantKey, with: &GrantKey, binding: Binding) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.share(key, with, binding).await,
            #[cfg(test)]
            Self::Memory(store) => store.share(key, with, binding),
        }
    }

    /// The other keys that use the grant that this key has at this address.
    pub async fn sharers(&self, key: &GrantKey, address: &ServerAddress) -> Result<Vec<GrantKey>, StoreError> {
        match self {
            Self::File(store) => store.sharers(key, address).await,
            #[cfg(test)]
            Self::Memory(store) => store.sharers(key, address),
        }
    }

    /// Deletes the grant that a key has at this address, for all that share it, and what the key has elsewhere. A preset one
    /// stays in the settings and is not used again. False: there was none.
    pub async fn delete_grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<bool, StoreError> {
        match self {
            Self::File(store) => store.delete_grant(key, address).await,
            #[cfg(test)]
            Self::Memory(store) => store.delete_grant(key, address),
        }
    }

    /// The clients registered at an issuer, each with the server that it was registered for.
    pub async fn clients(&self, issuer: &str) -> Result<Vec<(String, Client)>, StoreError> {
        match self {
            Self::File(store) => store.clients(issuer).await,
            #[cfg(test)]
            Self::Memory(store) => store.clients(issuer),
        }
    }

    /// Stores a registered client in place of the server's one at its issuer. A client that a grant needs stays beside it.
    pub async fn put_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.put_client(server, client).await,
            #[cfg(test)]
            Self::Memory(store) => store.put_client(server, client),
        }
    }

    /// Deletes a client that was registered for this server, unless a grant needs it.
    pub async fn delete_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.delete_client(server, client).await,
            #[cfg(test)]
            Self::Memory(store) => store.delete_client(server, client),
        }
    }

    /// What was learned about an issuer; the default where nothing was.
    pub async fn learned(&self, issuer: &str) -> Result<Learned, StoreError> {
        match self {
            Self::File(store) => store.learned(issuer).await,
            #[cfg(test)]
            Self::Memory(store) => store.learned(issuer),
        }
    }

    /// Replaces what was learned about an issuer. The default deletes it.
    pub async fn put_learned(&self, issuer: &str, learned: &Learned) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.put_learned(issuer, learned).await,
            #[cfg(test)]
            Self::Memory(store) => store.put_learned(issuer, learned),
        }
    }

    /// The plugin with this id that may serve.
    pub async fn trusted(&self, id: &str) -> Result<Option<Trusted>, StoreError> {
        match self {
            Self::File(store) => store.trusted(id).await,
            #[cfg(test)]
            Self::Memory(store) => store.trusted(id),
        }
    }

    /// Remembers that a plugin may serve, in place of what was stored for its id.
    pub async fn trust(&self, trusted: &Trusted) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.trust(trusted).await,
            #[cfg(test)]
            Self::Memory(store) => store.trust(trusted),
        }
    }

    /// The issuers that the secrets of a server are bound to.
    pub async fn pins(&self, server: &str) -> Result<Vec<Pin>, StoreError> {
        match self {
            Self::File(store) => store.pins(server).await,
            #[cfg(test)]
            Self::Memory(store) => store.pins(server),
        }
    }

    /// Binds a secret of a server to an issuer, in place of the issuer that it was bound to.
    pub async fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.put_pin(pin).await,
            #[cfg(test)]
            Self::Memory(store) => store.put_pin(pin),
        }
    }

    /// Whether a person agreed to exactly this login page.
    pub async fn is_acknowledged(&self, asked: &Acknowledged) -> Result<bool, StoreError> {
        match self {
            Self::File(store) => store.is_acknowledged(asked).await,
            #[cfg(test)]
            Self::Memory(store) => store.is_acknowledged(asked),
        }
    }

    /// Remembers that a person agreed to this login page.
    pub async fn acknowledge(&self, agreed: &Acknowledged) -> Result<(), StoreError> {
        match self {
            Self::File(store) => store.acknowledge(agreed).await,
            #[cfg(test)]
            Self::Memory(store) => store.acknowledge(agreed),
        }
    }

    /// Waits until this task alone may work on the grant that the key has at this address. Refused where the result could not
    /// be stored: a refresh token that a provider rotated and nobody wrote down is lost.
    pub async fn lease(&self, key: &GrantKey, address: &ServerAddress) -> Result<Lease, StoreError> {
        match self {
            Self::File(store) => store.lease(key, address).await,
            #[cfg(test)]
            Self::Memory(store) => store.lease(key, address).await,
        }
    }

    /// Seals what is kept in the clear or was sealed with the previous key. Returns how many entries that were.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        match self {
            Self::File(store) => store.seal().await,
            #[cfg(test)]
            Self::Memory(_) => Ok(0),
        }
    }

    /// A key for this purpose, derived from the one that seals. `None` if nothing is sealed.
    pub async fn key_for(&self, purpose: &'static [u8]) -> Result<Option<[u8; 32]>, StoreError> {
        match self {
            Self::File(store) => store.key_for(purpose).await,
            #[cfg(test)]
            Self::Memory(_) => Ok(None),
        }
    }

    /// What is odd about the keys, in a sentence for the person.
    pub fn caution(&self) -> Option<String> {
        match self {
            Self::File(store) => store.caution(),
            #[cfg(test)]
            Self::Memory(_) => None,
        }
    }
}
