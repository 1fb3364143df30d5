//! Keys of clients, made, listed and revoked. What a person wrote into `bearerKeys` is never changed: the hub's own keys stand
//! under `obtained`, as digests.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::parts::{App, InForce};
use crate::keys::{WantedKey, mint};
use crate::random::Random;
use crate::settings::{ClientKey, KeyReach, Loaded, SettingsError, SettingsFile};

/// Where the hub keeps its own.
const OWN: (&str, &str) = ("obtained", "keys");
/// Characters of a name.
const MAX_NAME: usize = 64;
/// How long a change of the file may take to be in force.
const TAKES: Duration = Duration::from_secs(5);

/// Why a key is not made or revoked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No name of a key.
    #[error("{0:?} cannot name a key; use up to 64 letters, digits, '-', '_', '.' and '@'")]
    NoName(String),
    /// Another key has the name.
    #[error("there is a key called {0:?} already; choose another name, or revoke that one first")]
    Taken(String),
    /// The key was to be for a group that the settings do not have.
    #[error("there is no group called {0:?}; name one of groups in the settings")]
    NoGroup(String),
    /// The key was to be for a server that the settings do not have.
    #[error("there is no server called {0:?}; name one of mcpServers in the settings")]
    NoServer(String),
    /// No key of the hub's own has this name.
    #[error("there is no key called {0:?}; `mcphub keys list` shows which there are")]
    Unknown(String),
    /// A person wrote it.
    #[error(
        "the key {0:?} stands in bearerKeys of the settings file; remove it there, or set its \"enabled\" to false"
    )]
    Written(String),
    /// The file is not changed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The change is made, and the hub does not follow it.
    #[error(
        "the settings file is changed, and the hub has not read it yet; restart the hub if the change does not show"
    )]
    NotFollowed,
}

/// A key as people see it.
#[derive(Debug, Serialize)]
pub struct KeyView {
    /// The name under which it stands in lists and in the log.
    pub name: String,
    /// `hub` made it, or it stands in the `settings`.
    pub source: &'static str,
    /// Whether it may use the API and the pages.
    pub admin: bool,
    /// The servers that its holder sees. `None`: all.
    pub servers: Option<Vec<String>>,
}

impl KeyView {
    /// The keys that can be used.
    #[must_use]
    pub fn all(loaded: &Loaded) -> Vec<Self> {
        loaded.settings.keys.usable.iter().map(Self::of).collect()
    }

    fn of(key: &ClientKey) -> Self {
        let servers = match &key.reach {
            KeyReach::All => None,
            KeyReach::Only(members) => {
                let mut servers: Vec<String> = members.iter().map(|member| member.server.clone()).collect();
                servers.sort();
                servers.dedup();
                Some(servers)
            }
        };
        let source = if key.is_own { "hub" } else { "settings" };
        Self { name: key.name.clone(), source, admin: key.is_admin, servers }
    }
}

/// Makes a key and writes its digest into the file. Returns the token, which nobody can find out again. Blocks.
pub fn add_key(settings: &SettingsFile, wanted: &WantedKey, random: &Random) -> Result<String, KeyError> {
    check(&settings.load()?, wanted)?;
    let (token, entry) = mint(wanted, random);
    settings.edit(|document| {
        let is_taken = document.entries(OWN.0, OWN.1).iter().any(|key| is_called(key, &wanted.name));
        if is_taken {
            return Err(KeyError::Taken(wanted.name.clone()));
        }
        document.put_entry(OWN, None, &entry).map_err(|way| settings.in_the_way(way).into())
    })?;
    Ok(token)
}

/// Removes one of the hub's own keys from the file. Blocks.
pub fn revoke_key(settings: &SettingsFile, name: &str) -> Result<(), KeyError> {
    let is_removed = settings.edit(|document| {
        let found = document.entries(OWN.0, OWN.1).iter().position(|key| is_called(key, name));
        if let Some(index) = found {
            document.remove_entry(OWN, index);
        }
        Ok::<_, KeyError>(found.is_some())
    })?;
    if is_removed {
        return Ok(());
    }
    let is_written = settings.load()?.settings.keys.usable.iter().any(|key| key.name == name);
    Err(if is_written { KeyError::Written(name.to_owned()) } else { KeyError::Unknown(name.to_owned()) })
}

fn is_called(key: &Value, name: &str) -> bool {
    key.get("name").and_then(Value::as_str) == Some(name)
}

fn check(loaded: &Loaded, wanted: &WantedKey) -> Result<(), KeyError> {
    let settings = &loaded.settings;
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '@');
    if wanted.name.is_empty() || wanted.name.chars().count() > MAX_NAME || !wanted.name.chars().all(fits) {
        return Err(KeyError::NoName(wanted.name.clone()));
    }
    if settings.keys.usable.iter().any(|key| key.name == wanted.name) {
        return Err(KeyError::Taken(wanted.name.clone()));
    }
    if let Some(group) = wanted.groups.iter().find(|group| !settings.groups.contains_key(*group)) {
        return Err(KeyError::NoGroup(group.clone()));
    }
    let is_known = |server: &&String| {
        let entry = server.rsplit_once('@').map_or(server.as_str(), |(entry, _)| entry);
        settings.servers.contains_key(*server) || settings.servers.contains_key(entry)
    };
    match wanted.servers.iter().find(|server| !is_known(server)) {
        Some(server) => Err(KeyError::NoServer(server.clone())),
        None => Ok(()),
    }
}

impl App {
    /// Makes a key, and returns its token once the key is in force.
    pub async fn add_key(&self, wanted: WantedKey) -> Result<String, KeyError> {
        let (settings, random, name) = (self.settings.clone(), self.random.clone(), wanted.name.clone());
        let token = blocking(move || add_key(&settings, &wanted, &random)).await?;
        self.until_keys(|in_force| in_force.keys.named(&name).is_some()).await?;
        Ok(token)
    }

    /// Revokes a key. When this returns, it opens nothing any more.
    pub async fn revoke_key(&self, name: &str) -> Result<(), KeyError> {
        let (settings, own) = (self.settings.clone(), name.to_owned());
        blocking(move || revoke_key(&settings, &own)).await?;
        self.until_keys(|in_force| in_force.keys.named(name).is_none()).await
    }

    async fn until_keys(&self, is_so: impl Fn(&InForce) -> bool) -> Result<(), KeyError> {
        let mut in_force = self.in_force.subscribe();
        let followed = tokio::time::timeout(TAKES, in_force.wait_for(|in_force| is_so(in_force))).await;
        followed.map_err(|_| KeyError::NotFollowed)?.map_err(|_| KeyError::NotFollowed).map(drop)
    }
}

/// The file must not hold up what else runs on this thread.
async fn blocking<T: Send + 'static>(
    change: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    tokio::task::spawn_blocking(change).await.map_err(|_| KeyError::NotFollowed)?
}
