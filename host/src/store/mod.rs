//! Grants and clients that the hub obtained, in verbs of the domain.
//!
//! They are kept in the settings file, under the key `obtained`, apart from what the person wrote: deleting an entry there
//! means "log in again". A write is durable when it returns; a grant carries a version, and is replaced only by who has
//! seen the latest one; a lease lets one task of one process work on a grant at a time.

mod record;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey, Token};
use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;
use tokio::task::spawn_blocking;

use crate::settings::{ServerEntry, SettingsError, SettingsFile};
use record::{client_from_json, client_to_json, grant_from_json, grant_to_json, is_grant_of};

/// The top-level key.
const SECTION: &str = "obtained";

type Stamp = (u64, i64, i64, u64);

/// Where grants and clients are kept.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: SettingsFile,
    seen: Mutex<Option<(Stamp, Arc<Value>)>>,
    leases: Mutex<BTreeMap<GrantKey, Arc<tokio::sync::Mutex<()>>>>,
}

/// A stored value and its version.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Grows with every change.
    pub version: u64,
}

/// The right to work on a grant; let go when dropped.
pub struct Lease {
    _in_this_process: OwnedMutexGuard<()>,
    _among_processes: File,
}

/// Why something is not stored or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The settings file.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Somebody else changed the grant first.
    #[error("the login of {0} was changed by somebody else at the same time")]
    Conflict(String),
    /// The work was broken off.
    #[error("the settings file's work was broken off")]
    Aborted,
}

impl Store {
    /// A store in this file.
    #[must_use]
    pub fn new(file: SettingsFile) -> Self {
        Self(Arc::new(Inner { file, seen: Mutex::default(), leases: Mutex::default() }))
    }

    /// The grant of a key; one that the person brought along in `oauth.accessToken` counts until there is another.
    pub async fn grant(&self, key: &GrantKey) -> Result<Option<Stored<Grant>>, StoreError> {
        let key = key.clone();
        self.blocking(move |inner| inner.grant(&key)).await
    }

    /// Stores a grant after the version that was seen; none: there was none. Gives the new version.
    pub async fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        let (key, grant) = (key.clone(), grant.clone());
        self.blocking(move |inner| inner.put_grant(&key, &grant, after)).await
    }

    /// Forgets a grant. False: there was none.
    pub async fn delete_grant(&self, key: &GrantKey) -> Result<bool, StoreError> {
        let key = key.clone();
        self.blocking(move |inner| {
            let mut found = false;
            inner.change("grants", |grants| {
                let before = grants.len();
                grants.retain(|entry| !is_grant_of(entry, &key));
                found = grants.len() < before;
            })?;
            Ok(found)
        })
        .await
    }

    /// The client registered for a server at an issuer.
    pub async fn client(&self, server: &str, issuer: &str) -> Result<Option<Client>, StoreError> {
        let (server, issuer) = (server.to_owned(), issuer.to_owned());
        self.blocking(move |inner| {
            let section = inner.section()?;
            let clients = section.get("clients").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            Ok(clients.iter().find(|entry| is_client_of(entry, &server, Some(&issuer))).and_then(client_from_json))
        })
        .await
    }

    /// Stores a registered client.
    pub async fn put_client(&self, server: &str, client: &Client) -> Result<(), StoreError> {
        let (server, client) = (server.to_owned(), client.clone());
        self.blocking(move |inner| {
            inner.change("clients", |clients| {
                clients.retain(|entry| !is_client_of(entry, &server, Some(&client.issuer)));
                clients.push(client_to_json(&server, &client));
            })
        })
        .await
    }

    /// Forgets the clients registered for a server.
    pub async fn delete_clients(&self, server: &str) -> Result<(), StoreError> {
        let server = server.to_owned();
        self.blocking(move |inner| {
            inner.change("clients", |clients| clients.retain(|entry| !is_client_of(entry, &server, None)))
        })
        .await
    }

    /// Waits for the right to work on a grant.
    pub async fn lease(&self, key: &GrantKey) -> Result<Lease, StoreError> {
        let mutex = {
            let mut leases = self.0.leases.lock().unwrap_or_else(PoisonError::into_inner);
            leases.entry(key.clone()).or_default().clone()
        };
        let in_this_process = mutex.lock_owned().await;
        let among_processes = self.blocking(|inner| Ok(inner.file.lock("lease")?)).await?;
        Ok(Lease { _in_this_process: in_this_process, _among_processes: among_processes })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        spawn_blocking(move || work(&inner)).await.map_err(|_| StoreError::Aborted)?
    }
}

fn is_client_of(entry: &Value, server: &str, issuer: Option<&str>) -> bool {
    let is = |name: &str, value: &str| entry.get(name).and_then(Value::as_str) == Some(value);
    is("server", server) && issuer.is_none_or(|issuer| is("issuer", issuer))
}

impl Inner {
    /// The section as the file has it now; read again only when the file changed.
    fn section(&self) -> Result<Arc<Value>, StoreError> {
        let stamp = self.file.stamp()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, section)) = &*seen
            && *known == stamp
        {
            return Ok(section.clone());
        }
        let section = Arc::new(self.file.section(SECTION)?.unwrap_or(Value::Null));
        *seen = Some((stamp, section.clone()));
        Ok(section)
    }

    fn grant(&self, key: &GrantKey) -> Result<Option<Stored<Grant>>, StoreError> {
        let section = self.section()?;
        let grants = section.get("grants").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let Some(entry) = grants.iter().find(|entry| is_grant_of(entry, key)) else {
            return self.brought_along(key);
        };
        let found = grant_from_json(entry);
        if found.is_none() {
            tracing::warn!(
                "mcp_settings.json: obtained.grants: the entry of {} cannot be read; log in again",
                key.server
            );
        }
        Ok(found.map(|(value, version)| Stored { value, version }))
    }

    /// Tokens that the person wrote into the server's own entry.
    fn brought_along(&self, key: &GrantKey) -> Result<Option<Stored<Grant>>, StoreError> {
        let loaded = self.file.load()?;
        let Some(ServerEntry::Usable(server)) = loaded.settings.servers.get(&key.server) else {
            return Ok(None);
        };
        let Some(access) = server.oauth.access_token.clone() else {
            return Ok(None);
        };
        let refresh = server.oauth.refresh_token.clone();
        let token = Token { access, refresh, expires_at: None, obtained_at: std::time::SystemTime::UNIX_EPOCH };
        let grant = Grant {
            issuer: String::new(),
            client_id: String::new(),
            resource: server.oauth.resource.clone(),
            tokens: BTreeMap::from([("main".to_owned(), token)]),
            primary: "main".to_owned(),
            requested_scopes: server.oauth.scopes.clone().unwrap_or_default(),
            granted_scopes: None,
            captured: Vec::new(),
            account_label: None,
            account_id: None,
        };
        Ok(Some(Stored { value: grant, version: 0 }))
    }

    fn put_grant(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> Result<u64, StoreError> {
        let mut outcome = Ok(0);
        self.change("grants", |grants| {
            let found = grants.iter().find(|entry| is_grant_of(entry, key));
            let stored = found.map(|entry| entry.get("version").and_then(Value::as_u64).unwrap_or(0));
            if stored.unwrap_or(0) != after.unwrap_or(0) {
                outcome = Err(StoreError::Conflict(key.server.clone()));
                return;
            }
            let version = stored.unwrap_or(0) + 1;
            grants.retain(|entry| !is_grant_of(entry, key));
            grants.push(grant_to_json(key, grant, version));
            outcome = Ok(version);
        })?;
        outcome
    }

    /// Changes one list of the section; the file's other bytes stay.
    fn change(&self, list: &str, mut change: impl FnMut(&mut Vec<Value>)) -> Result<(), StoreError> {
        self.file.edit(|document| {
            let mut section = match document.section(SECTION) {
                Some(Value::Object(section)) => section,
                Some(_) | None => Map::new(),
            };
            let before = section.clone();
            let mut entries = section.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
            change(&mut entries);
            section.insert(list.to_owned(), json!(entries));
            if section != before {
                document.set_section(SECTION, Some(&Value::Object(section)));
            }
        })?;
        Ok(())
    }
}
