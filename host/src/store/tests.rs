//! What is stored, found again, refused and shared.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::grant::{GrantOrigin, Token};
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::settings::Environment;

mod broken;
mod clients;
mod leases;
mod sharing;

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

    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("read")
    }

    pub(super) fn save(&self, text: &str) {
        fs::write(&self.path, text).expect("saved");
    }
}

pub(super) fn key(server: &str) -> GrantKey {
    GrantKey::of_server(server)
}

pub(super) fn address() -> ServerAddress {
    ServerAddress::parse("https://a.example/").expect("address")
}

pub(super) fn grant(access: &str) -> Grant {
    let token = Token {
        access: AccessToken::new(access.to_owned()),
        refresh: Some(RefreshToken::new(format!("{access}-refresh"))),
        expires_at: Some(UNIX_EPOCH + Duration::from_millis(1_700_000_000_250)),
        obtained_at: UNIX_EPOCH + Duration::from_secs(1_600_000_000),
    };
    Grant {
        address: address(),
        origin: GrantOrigin::Issuer("https://as.example".into()),
        client_id: Some("c".into()),
        resource: Some("https://a.example".into()),
        logged_in_at: Some(UNIX_EPOCH + Duration::from_secs(1_500_000_001)),
        tokens: [("main".to_owned(), token)].into(),
        primary: "main".into(),
        dpop: None,
        requested_scopes: vec!["read".into()],
        granted_scopes: Some(vec!["read".into()]),
        captured: vec![("tenant".into(), "t".into())],
        account_label: Some("Ann".into()),
        account_id: Some("1".into()),
    }
}

pub(super) fn client(issuer: &str, id: &str) -> Client {
    Client {
        issuer: issuer.into(),
        id: Some(id.into()),
        secret: Some(ClientSecret::new("s".into())),
        secret_expires_at: Some(UNIX_EPOCH + Duration::from_secs(1_900_000_000)),
        method: AuthMethod::Post,
        kind: ClientKind::Registered,
        redirect_uri: "http://localhost:3000/oauth/callback".into(),
        registration_access_token: Some(ClientSecret::new("rat".into())),
        registration: Some("{\"client_name\":\"hub\"}".into()),
    }
}

fn access(stored: &Stored<Grant>) -> &str {
    stored.value.primary().map(|token| token.access.secret().as_str()).unwrap_or_default()
}

pub(super) async fn found(store: &Store, server: &str) -> Option<String> {
    store.grant(&key(server), &address()).await.expect("read").map(|stored| access(&stored).to_owned())
}

#[tokio::test]
async fn a_grant_comes_back_as_it_was_stored_after_a_restart() {
    let home = Home::with(SETTINGS);
    let version = home.store().put_grant(&key("a"), &grant("t"), None).await.expect("stored");

    let stored = home.store().grant(&key("a"), &address()).await.expect("read").expect("there");

    assert_eq!((stored.version, version), (1, 1));
    assert_eq!(access(&stored), "t");
    let (before, after) = (grant("t"), stored.value);
    let (old, new) = (before.primary().expect("token"), after.primary().expect("token"));
    assert_eq!(new.refresh.as_ref().map(RefreshToken::secret), old.refresh.as_ref().map(RefreshToken::secret));
    assert_eq!((new.expires_at, new.obtained_at), (old.expires_at, old.obtained_at));
    // Tokens print the same redacted text, so this compares everything else.
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
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
async fn only_who_saw_the_latest_version_replaces_it() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let first = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");

    let unseen = store.put_grant(&key("a"), &grant("x"), None).await;
    let second = home.store().put_grant(&key("a"), &grant("2"), Some(first)).await.expect("stored");
    let late = store.put_grant(&key("a"), &grant("y"), Some(first)).await;

    for refused in [unseen, late] {
        assert!(matches!(refused, Err(StoreError::Conflict(server)) if server == "a"));
    }
    assert_eq!(second, first + 1);
    assert_eq!(found(&store, "a").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_grant_made_after_a_deletion_is_not_taken_for_the_one_before() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let first = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");

    assert!(store.delete_grant(&key("a"), &address()).await.expect("deleted"));
    assert!(!store.delete_grant(&key("a"), &address()).await.expect("nothing there"));
    let late = store.put_grant(&key("a"), &grant("x"), Some(first)).await;
    let second = store.put_grant(&key("a"), &grant("2"), None).await.expect("stored");

    assert!(matches!(late, Err(StoreError::Conflict(_))));
    assert!(second > first);
}

#[tokio::test]
async fn grants_of_owners_servers_and_accounts_are_apart() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let other = GrantKey { account: "work".into(), ..key("a") };

    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    store.put_grant(&other, &grant("2"), None).await.expect("stored");
    store.delete_grant(&key("a"), &address()).await.expect("deleted");

    assert_eq!(found(&store, "a").await, None);
    assert_eq!(store.grant(&other, &address()).await.expect("read").as_ref().map(access), Some("2"));
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
async fn tokens_that_the_person_brought_along_are_a_grant_until_there_is_another() {
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
async fn tokens_brought_along_are_not_used_again_after_a_logout_until_they_are_others() {
    let home = Home::with(SETTINGS);

    let dropped = home.store().delete_grant(&key("b"), &address()).await.expect("dropped");
    let again = home.store().delete_grant(&key("b"), &address()).await.expect("nothing there");

    assert!(dropped && !again);
    assert_eq!(found(&home.store(), "b").await, None);
    assert!(home.text().starts_with(SETTINGS.strip_suffix("\n}\n").expect("an object")));
    home.save(&home.text().replace("own-access", "new-access"));
    assert_eq!(found(&home.store(), "b").await.as_deref(), Some("new-access"));
}
