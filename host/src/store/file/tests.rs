//! That files keep what every store keeps, and what is peculiar to them: the bytes of the person, edits by hand, preset tokens.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use mcphub_oauth::grant::GrantKey;
use serde_json::json;
use tempfile::TempDir;

use super::obtained::Obtained;
use super::{FileStore, Keys};
use crate::settings::{Environment, SettingsError, SettingsFile};
use crate::store::contract::samples::{access, address, client, found, grant, key};
use crate::store::contract::{self, Storage};
use crate::store::{Store, StoreError};

mod broken;

pub(super) const SETTINGS: &str = "{\n  \"mcpServers\": {\n    \"a\": { \"url\": \"https://a.example\" }, // mine\n    \"b\": { \"url\": \"https://a.example\",\n      \"oauth\": { \"accessToken\": \"own-access\", \"refreshToken\": \"own-refresh\", \"resource\": \"https://b.example\" } }\n  }\n}\n";

pub(super) struct Home {
    _directory: TempDir,
    path: PathBuf,
}

impl Home {
    pub(super) fn with(text: &str) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("mcp_settings.json");
        fs::write(&path, text).expect("written");
        Self { _directory: directory, path }
    }

    /// A store of its own, as another process has.
    pub(super) fn store(&self) -> Store {
        self.store_with(&[])
    }

    /// The same, with keys in its environment.
    pub(super) fn store_with(&self, variables: &[(&str, &str)]) -> Store {
        let environment = Environment::of(variables.iter().copied());
        let keys = Keys::of(&environment).expect("keys");
        Store::sealing(SettingsFile::open(&self.path, environment).expect("opens"), keys)
    }

    pub(super) fn settings(&self) -> SettingsFile {
        SettingsFile::open(&self.path, Environment::of::<String, String>([])).expect("opens")
    }

    /// The section as a file store with these keys reads it.
    pub(super) fn section(&self, variables: &[(&str, &str)]) -> Arc<Obtained> {
        let keys = Keys::of(&Environment::of(variables.iter().copied())).expect("keys");
        let store = FileStore::new(self.settings(), keys);
        store.0.cache.read(&store.0.file).expect("read")
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("read")
    }

    pub(super) fn save(&self, text: &str) {
        fs::write(&self.path, text).expect("saved");
    }
}

impl Storage for Home {
    fn empty() -> Self {
        Self::with("{ \"mcpServers\": {} }")
    }

    fn open(&self) -> Store {
        self.store()
    }
}

/// The same, with a key.
struct SealedHome(Home);

impl Storage for SealedHome {
    fn empty() -> Self {
        Self(Home::empty())
    }

    fn open(&self) -> Store {
        self.0.store_with(&[("MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")])
    }
}

async fn keeps_the_contract<S: Storage>() {
    contract::grants::all::<S>().await;
    contract::sharing::all::<S>().await;
    contract::clients::all::<S>().await;
    contract::leases::all::<S>().await;
    contract::pending::all::<S>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_keep_what_every_store_keeps() {
    keeps_the_contract::<Home>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_files_keep_what_every_store_keeps() {
    keeps_the_contract::<SealedHome>().await;
}

#[tokio::test]
async fn a_share_is_taken_out_of_the_file_with_its_grant() {
    let home = Home::empty();
    let store = home.store();
    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    store.share(&key("c"), &key("a"), grant("t").binding()).await.expect("shared");
    assert!(home.text().contains("\"with\""), "{}", home.text());

    store.delete_grant(&key("c"), &address()).await.expect("deleted");

    assert!(!home.text().contains("\"with\""), "{}", home.text());
}

#[tokio::test]
async fn the_persons_part_keeps_its_bytes() {
    let home = Home::with(SETTINGS);
    let store = home.store();

    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    store.put_client("a", &client("https://as.example", "c")).await.expect("stored");
    store.delete_grant(&key("a"), &address()).await.expect("deleted");
    store.delete_client("a", &client("https://as.example", "c")).await.expect("deleted");

    let own = SETTINGS.strip_suffix("\n}\n").expect("an object");
    assert_eq!(
        home.text(),
        format!("{own},\n  \"obtained\": {{\n    \"grants\": [],\n    \"clients\": []\n  }}\n}}\n")
    );
}

#[tokio::test]
async fn an_edit_by_hand_is_seen_at_once_even_if_its_length_is_the_same() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_grant(&key("a"), &grant("old"), None).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("old"));

    home.save(&home.text().replace("\"old\"", "\"new\""));

    assert_eq!(found(&store, "a").await.as_deref(), Some("new"));
}

#[tokio::test]
async fn deleting_what_was_obtained_by_hand_means_logging_in_again() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");

    home.save(SETTINGS);

    assert_eq!(found(&store, "a").await, None);
    assert!(store.put_grant(&key("a"), &grant("2"), None).await.expect("stored") > 1);
}

#[tokio::test]
async fn preset_tokens_are_a_grant_until_there_is_another() {
    let home = Home::with(SETTINGS);
    let store = home.store();

    let own = store.grant(&key("b"), &address()).await.expect("read").expect("there");
    let other_account = store.grant(&GrantKey { account: "work".into(), ..key("b") }, &address()).await.expect("read");
    store.put_grant(&key("b"), &grant("refreshed"), Some(own.version)).await.expect("stored");

    assert_eq!((access(&own), own.version, own.value.issuer()), ("own-access", 0, None));
    assert_eq!(own.value.resource.as_deref(), Some("https://b.example"));
    assert!(own.value.primary().and_then(|token| token.refresh.as_ref()).is_some());
    assert!(other_account.is_none());
    assert_eq!(found(&store, "b").await.as_deref(), Some("refreshed"));
}

#[tokio::test]
async fn preset_tokens_are_not_used_again_after_a_logout_until_the_person_writes_others() {
    let home = Home::with(SETTINGS);

    let dropped = home.store().delete_grant(&key("b"), &address()).await.expect("dropped");
    let again = home.store().delete_grant(&key("b"), &address()).await.expect("nothing there");

    assert!(dropped && !again);
    assert_eq!(found(&home.store(), "b").await, None);
    assert!(home.text().starts_with(SETTINGS.strip_suffix("\n}\n").expect("an object")));
    home.save(&home.text().replace("own-access", "new-access"));
    assert_eq!(found(&home.store(), "b").await.as_deref(), Some("new-access"));
}
