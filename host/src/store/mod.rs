//! Grants and clients that the hub obtained, in verbs of the domain.
//!
//! They are kept in the settings file, under the key `obtained`, apart from what the person wrote: deleting an entry there
//! means "log in again". A write is durable when it returns; a grant carries a version, and is replaced only by who has
//! seen the latest one; a lease lets one task of one process work on a grant at a time. An entry that cannot be read is
//! reported once and left alone. With a key in the environment their secrets are sealed, see `seal`.

mod bindings;
mod cache;
mod changes;
mod key;
mod lease;
mod obtained;
mod record;
mod seal;
mod sealing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Binding, Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::settings::{SettingsError, SettingsFile};
use cache::Cache;
use changes::remove;
use lease::Leases;
use obtained::{CLIENTS, LEARNED, PLUGINS, SHARED};
use record::{Share, client_to_json, is_of, lesson_to_json, share_to_json, trusted_to_json};
use seal::CLIENT;

pub use bindings::{Acknowledged, Pin};
pub use key::KeyError;
pub use lease::Lease;
pub use seal::{Closed, Keys};

/// Where grants and clients are kept.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: SettingsFile,
    keys: Arc<Keys>,
    cache: Cache,
    leases: Leases,
    /// The highest version seen: a grant made after a deletion is never taken for the one before it.
    highest: AtomicU64,
}

/// A stored value and its version.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Grows with every change; 0: the person brought it along.
    pub version: u64,
}

/// What was learned about an issuer by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lesson {
    /// The resource indicators that it refuses (RFC 8707) and that are left out since.
    pub refused_resources: BTreeSet<String>,
    /// The authentication method that it took after it had refused another one.
    pub auth_method: Option<AuthMethod>,
}

/// A plugin from a file that may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Its id.
    pub id: String,
    /// Digest of its file, lower-case hexadecimal.
    pub sha256: String,
    /// The hosts that it names.
    pub hosts: Vec<String>,
    /// A person looked at it, or at the build before it, and let it serve; otherwise it serves as long as it takes no server
    /// over.
    pub is_approved: bool,
    /// What a person's word was given for.
    pub scope: Scope,
}

/// What a person's word for a plugin was given for: what they were shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Addresses of the servers that it serves.
    pub servers: Vec<String>,
    /// Its rules, in words.
    pub rules: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
}

/// Why something is not stored or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The settings file.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Somebody else changed the grant first.
    #[error("the login of {0} was changed by somebody else at the same time; try again")]
    Conflict(String),
    /// It is sealed, and cannot be opened.
    #[error("the login of {server} is sealed, and {why}")]
    Sealed {
        /// The server.
        server: String,
        /// Why it cannot be opened.
        why: Closed,
    },
    /// It could not be sealed.
    #[error("the login of {0} could not be sealed, and was not kept; please report this")]
    NotSealed(String),
    /// The work was broken off.
    #[error("the settings file's work was broken off; try again")]
    Aborted,
}

impl Store {
    /// A store in this file that seals nothing.
    #[must_use]
    pub fn new(file: SettingsFile) -> Self {
        Self::sealing(file, Keys::default())
    }

    /// A store in this file; what is secret in it is sealed with these keys.
    #[must_use]
    pub fn sealing(file: SettingsFile, keys: Keys) -> Self {
        let (keys, highest) = (Arc::new(keys), AtomicU64::new(0));
        let cache = Cache::new(keys.clone());
        Self(Arc::new(Inner { file, keys, cache, leases: Leases::default(), highest }))
    }

    /// The grant of a key, if it was obtained for this address; one that the person wrote into `oauth.accessToken` counts
    /// until there is another. One that is sealed and cannot be opened is an error, so that nobody logs in again and puts
    /// another one in its place.
    pub async fn grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<Option<Stored<Grant>>, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.blocking(move |inner| {
            let obtained = inner.cache.read(&inner.file)?;
            if let Some(why) = obtained.closed(&key, &address) {
                return Err(StoreError::Sealed { server: key.server, why });
            }
            let found = obtained.grant(&key, &address).cloned();
            inner.highest.fetch_max(found.as_ref().map_or(0, |grant| grant.version), Ordering::Relaxed);
            Ok(found)
        })
        .await
    }

    /// Stores a grant after the version that was seen; none: there was none for its address. Gives the new version. A grant of
    /// the same key for another address is replaced.
    pub async fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        let (key, grant) = (key.clone(), grant.clone());
        self.blocking(move |inner| inner.put_grant(&key, &grant, after)).await
    }

    /// The grants of an issuer, each with its key; shared ones once.
    pub async fn grants(&self, issuer: &str) -> Result<Vec<(GrantKey, Stored<Grant>)>, StoreError> {
        let issuer = issuer.to_owned();
        self.blocking(move |inner| {
            let obtained = inner.cache.read(&inner.file)?;
            Ok(obtained
                .grants
                .iter()
                .filter(|(_, grant)| grant.value.issuer() == Some(issuer.as_str()))
                .cloned()
                .collect())
        })
        .await
    }

    /// Lets a key without a grant of its own use the grant of another key, while that one stays good for the same.
    pub async fn share(&self, key: &GrantKey, with: &GrantKey, binding: Binding) -> Result<(), StoreError> {
        let share = Share { key: key.clone(), with: with.clone(), binding };
        self.blocking(move |inner| {
            let entry = share_to_json(&share);
            inner.file.edit(|document| inner.put(document, SHARED, |entry| is_of(entry, &share.key), &entry))
        })
        .await
    }

    /// Who else uses the grant that this key has at this address.
    pub async fn sharers(&self, key: &GrantKey, address: &ServerAddress) -> Result<Vec<GrantKey>, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.sharers(&key, &address))).await
    }

    /// Forgets the grant that a key has at this address, for all that share it, and what the key has for another address. One
    /// that the person wrote stays where they wrote it, and is not used again. False: there was none.
    pub async fn delete_grant(&self, key: &GrantKey, address: &ServerAddress) -> Result<bool, StoreError> {
        let (key, address) = (key.clone(), address.clone());
        self.blocking(move |inner| inner.delete_grant(&key, &address)).await
    }

    /// The clients registered at an issuer, each with the server that it was registered for.
    pub async fn clients(&self, issuer: &str) -> Result<Vec<(String, Client)>, StoreError> {
        let issuer = issuer.to_owned();
        self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.clients(&issuer))).await
    }

    /// Stores a registered client in place of the one that the server had at its issuer; one that a grant still needs stays
    /// beside it.
    pub async fn put_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let (server, client) = (server.to_owned(), client.clone());
        self.blocking(move |inner| {
            let obtained = inner.cache.read(&inner.file)?;
            let is = |entry: &Value| {
                inner.client(entry).is_some_and(|(of, known)| {
                    let is_same = known.id == client.id || !obtained.needs_client(&known);
                    of == server && known.issuer == client.issuer && is_same
                })
            };
            let entry = inner.keys.seal(&CLIENT, &client_to_json(&server, &client));
            let entry = entry.map_err(|_| StoreError::NotSealed(server.clone()))?;
            inner.file.edit(|document| inner.put(document, CLIENTS, is, &entry))
        })
        .await
    }

    /// Forgets a client that was registered for this server, unless a grant needs it.
    pub async fn delete_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let (server, client) = (server.to_owned(), client.clone());
        self.blocking(move |inner| {
            if inner.cache.read(&inner.file)?.needs_client(&client) {
                return Ok(());
            }
            let is = |entry: &Value| {
                inner
                    .client(entry)
                    .is_some_and(|(of, known)| of == server && known.issuer == client.issuer && known.id == client.id)
            };
            inner.file.edit(|document| {
                remove(document, CLIENTS, is);
                Ok(())
            })
        })
        .await
    }

    /// What was learned about an issuer.
    pub async fn lesson(&self, issuer: &str) -> Result<Lesson, StoreError> {
        let issuer = issuer.to_owned();
        self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.lesson(&issuer))).await
    }

    /// Keeps what was learned in place of what was known; nothing is not kept.
    pub async fn put_lesson(&self, issuer: &str, lesson: &Lesson) -> Result<(), StoreError> {
        let (issuer, lesson) = (issuer.to_owned(), lesson.clone());
        self.blocking(move |inner| {
            let is = |entry: &Value| entry.get("issuer").and_then(Value::as_str) == Some(&issuer);
            let entry = lesson_to_json(&issuer, &lesson);
            inner.file.edit(|document| {
                if lesson == Lesson::default() {
                    remove(document, LEARNED, is);
                    return Ok(());
                }
                inner.put(document, LEARNED, is, &entry)
            })
        })
        .await
    }

    /// What is remembered of the plugin of this id.
    pub async fn trusted(&self, id: &str) -> Result<Option<Trusted>, StoreError> {
        let id = id.to_owned();
        self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.trusted(&id))).await
    }

    /// Remembers a plugin that may serve in place of what was known of its id.
    pub async fn trust(&self, trusted: &Trusted) -> Result<(), StoreError> {
        let trusted = trusted.clone();
        self.blocking(move |inner| {
            let is = |entry: &Value| entry.get("id").and_then(Value::as_str) == Some(&trusted.id);
            let entry = trusted_to_json(&trusted);
            inner.file.edit(|document| inner.put(document, PLUGINS, is, &entry))
        })
        .await
    }

    /// Waits for the right to work on a grant. Refused where its result could not be stored: a token that a provider has
    /// rotated and nobody wrote down is lost.
    pub async fn lease(&self, key: &GrantKey, address: &ServerAddress) -> Result<Lease, StoreError> {
        let (of, address) = (key.clone(), address.clone());
        let place = self.blocking(move |inner| Ok(inner.cache.read(&inner.file)?.place_of(&of, &address))).await?;
        let lease = self.0.leases.take(&self.0.file, &place).await?;
        self.blocking(|inner| Ok(inner.file.edit(|_| Ok::<_, SettingsError>(()))?)).await?;
        Ok(lease)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        spawn_blocking(move || work(&inner)).await.map_err(|_| StoreError::Aborted)?
    }
}
