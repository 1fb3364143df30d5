//! What is stored, found again, refused and shared.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::client::AuthMethod;
use mcphub_oauth::grant::Token;
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::settings::Environment;

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
        issuer: "https://as.example".into(),
        client_id: "c".into(),
        resource: Some("https://a.example".into()),
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
        id: id.into(),
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

    assert_eq!((access(&own), own.version, own.value.issuer.as_str()), ("own-access", 0, ""));
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

#[tokio::test]
async fn a_client_is_kept_for_its_server_and_issuer() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_client("a", &client("https://as.example", "1")).await.expect("stored");
    store.put_client("a", &client("https://as.example", "2")).await.expect("stored");
    store.put_client("a", &client("https://other.example", "3")).await.expect("stored");

    let ids = |clients: Vec<(String, Client)>| -> Vec<String> {
        clients.into_iter().map(|(server, client)| format!("{server} {}", client.id)).collect()
    };
    let kept = home.store().clients("https://as.example").await.expect("read");
    let secret = kept.first().and_then(|(_, client)| client.secret.clone()).map(|secret| secret.secret().clone());

    assert_eq!(secret.as_deref(), Some("s"));
    assert_eq!(ids(kept), ["a 2"]);
    assert_eq!(ids(store.clients("https://other.example").await.expect("read")), ["a 3"]);
    store.delete_client("a", &client("https://other.example", "3")).await.expect("deleted");
    assert_eq!(ids(store.clients("https://other.example").await.expect("read")), [""; 0]);
    assert_eq!(ids(store.clients("https://as.example").await.expect("read")), ["a 2"]);
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_left_alone_and_do_not_stand_in_the_way() {
    let broken = json!({"owner": "local", "server": "a", "account": "default", "version": 7, "tokens": 5});
    let ends = json!({"owner": "local", "server": "b", "account": "default", "version": 1, "issuer": "i", "clientId": "c",
        "primary": "main", "tokens": {"main": {"accessToken": "t", "expiresAt": "tomorrow"}}});
    let all = json!({"mcpServers": {}, "obtained": {"grants": [broken, "x", ends], "clients": [1], "mine": true}});
    let home = Home::with(&all.to_string());
    let store = home.store();

    assert_eq!((found(&store, "a").await, found(&store, "b").await), (None, None));
    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    store.put_client("a", &client("https://as.example", "1")).await.expect("stored");

    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    let section = home.store().0.file.section("obtained").expect("read").expect("there");
    let kept = section["grants"].as_array().expect("list")[..3].to_vec();
    assert_eq!(
        (kept, &section["clients"][0], &section["mine"]),
        (vec![broken, json!("x"), ends], &json!(1), &json!(true))
    );
}

#[tokio::test]
async fn while_an_edit_leaves_the_file_broken_grants_are_still_found_and_none_is_refreshed() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let version = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    let whole = home.text();

    home.save("{ \"mcpServers\": ");
    let lease = store.lease(&key("a"), &address()).await;
    let put = store.put_grant(&key("a"), &grant("2"), Some(version)).await;

    assert_eq!(found(&store, "a").await.as_deref(), Some("1"));
    assert!(matches!(lease, Err(StoreError::Settings(SettingsError::NotJson { .. }))));
    assert!(matches!(put, Err(StoreError::Settings(SettingsError::NotJson { .. }))));
    assert_eq!(home.text(), "{ \"mcpServers\": ");
    home.save(&whole);
    drop(store.lease(&key("a"), &address()).await.expect("again"));
}

#[tokio::test]
async fn a_file_that_is_broken_from_the_start_is_told() {
    let home = Home::with("{}");
    let store = home.store();
    home.save("[]");

    let error = store.grant(&key("a"), &address()).await.expect_err("refused");

    assert!(matches!(error, StoreError::Settings(SettingsError::NotAnObject { .. })));
}

#[tokio::test]
async fn a_lease_has_one_holder_over_tasks_and_processes() {
    let home = Home::with(SETTINGS);
    let (store, other_process) = (home.store(), home.store());
    let held = store.lease(&key("a"), &address()).await.expect("first");

    let another = store.lease(&key("b"), &address()).await.expect("of another server");
    let key = key("a");
    let address = address();
    let mut same = Box::pin(store.lease(&key, &address));
    let mut abroad = Box::pin(other_process.lease(&key, &address));
    assert!(futures::poll!(&mut same).is_pending());
    assert!(futures::poll!(&mut abroad).is_pending());

    drop((held, another));
    let first = tokio::select! { lease = &mut same => lease, lease = &mut abroad => lease };
    assert!(first.is_ok());
}

#[tokio::test]
async fn who_stops_waiting_for_a_lease_leaves_nothing_behind() {
    let home = Home::with(SETTINGS);
    let (store, other_process) = (home.store(), home.store());
    let held = store.lease(&key("a"), &address()).await.expect("first");
    let given_up = tokio::time::timeout(Duration::from_millis(30), other_process.lease(&key("a"), &address())).await;

    drop(held);

    assert!(given_up.is_err());
    drop(store.lease(&key("a"), &address()).await.expect("free"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_count_up_under_a_lease_lose_nothing() {
    let home = Home::with(SETTINGS);
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let store = home.store();
            tokio::spawn(async move {
                for _ in 0..5 {
                    let _lease = store.lease(&key("a"), &address()).await.expect("lease");
                    let seen = store.grant(&key("a"), &address()).await.expect("read");
                    let count: u32 = seen.as_ref().map_or(0, |stored| access(stored).parse().expect("number"));
                    let next = grant(&(count + 1).to_string());
                    store.put_grant(&key("a"), &next, seen.map(|stored| stored.version)).await.expect("stored");
                }
            })
        })
        .collect();

    for task in tasks {
        task.await.expect("done");
    }

    assert_eq!(found(&home.store(), "a").await.as_deref(), Some("20"));
}

#[tokio::test]
async fn errors_show_no_secret() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_grant(&key("a"), &grant("canary"), None).await.expect("stored");

    let conflict = store.put_grant(&key("a"), &grant("canary"), None).await.expect_err("refused");
    home.save(&format!("{} x", home.text()));
    let broken = store.put_grant(&key("a"), &grant("canary"), None).await.expect_err("refused");

    for error in [conflict, broken] {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

async fn shared(home: &Home) -> Store {
    let store = home.store();
    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    store.share(&key("c"), &key("a"), grant("t").binding()).await.expect("shared");
    store
}

#[tokio::test]
async fn a_shared_grant_is_one_for_reading_writing_and_forgetting() {
    let home = Home::with(SETTINGS);
    let store = shared(&home).await;

    let seen = store.grant(&key("c"), &address()).await.expect("read").expect("shared").version;
    store.put_grant(&key("c"), &grant("u"), Some(seen)).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("u"));
    assert_eq!(store.sharers(&key("a"), &address()).await.expect("read"), [key("c")]);
    assert_eq!(store.sharers(&key("c"), &address()).await.expect("read"), [key("a")]);

    assert!(store.delete_grant(&key("c"), &address()).await.expect("deleted"));
    assert_eq!((found(&store, "a").await, found(&store, "c").await), (None, None));
    assert!(!home.text().contains("\"with\""), "{}", home.text());
}

#[tokio::test]
async fn a_share_ends_when_the_other_grant_is_good_for_something_else() {
    let home = Home::with(SETTINGS);
    let store = shared(&home).await;
    let elsewhere = Grant { issuer: "https://other.example".into(), ..grant("elsewhere") };

    let seen = store.grant(&key("a"), &address()).await.expect("read").expect("there").version;
    store.put_grant(&key("a"), &elsewhere, Some(seen)).await.expect("stored");

    assert_eq!(found(&store, "a").await.as_deref(), Some("elsewhere"));
    assert_eq!(found(&store, "c").await, None);
}

#[tokio::test]
async fn a_new_grant_for_something_else_is_the_servers_own() {
    let home = Home::with(SETTINGS);
    let store = shared(&home).await;
    let elsewhere = Grant { client_id: "another".into(), ..grant("own") };

    let seen = store.grant(&key("c"), &address()).await.expect("read").expect("shared").version;
    store.put_grant(&key("c"), &elsewhere, Some(seen)).await.expect("stored");

    assert_eq!((found(&store, "a").await.as_deref(), found(&store, "c").await.as_deref()), (Some("t"), Some("own")));
}

#[tokio::test]
async fn a_grant_is_of_its_address_alone() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let elsewhere = ServerAddress::parse("https://elsewhere.example/mcp").expect("address");
    let first = store.put_grant(&key("a"), &grant("first"), None).await.expect("stored");

    assert!(store.grant(&key("a"), &elsewhere).await.expect("read").is_none());
    assert_eq!(found(&store, "a").await.as_deref(), Some("first"));

    // Whoever logs in at the other address has seen no grant for it.
    let other = Grant { address: elsewhere.clone(), ..grant("other") };
    let second = store.put_grant(&key("a"), &other, None).await.expect("stored in its place");
    let late = store.put_grant(&key("a"), &grant("late"), Some(first)).await;

    assert!(second > first);
    assert!(matches!(late, Err(StoreError::Conflict(_))));
    assert_eq!(found(&store, "a").await, None);
    assert!(store.grant(&key("a"), &elsewhere).await.expect("read").is_some());
}

#[tokio::test]
async fn a_share_gives_nothing_at_another_address() {
    let home = Home::with("{ \"mcpServers\": {} }");
    let store = home.store();
    let elsewhere = ServerAddress::parse("https://a.example/evil/mcp").expect("address");
    store.put_grant(&key("a"), &grant("of a"), None).await.expect("stored");
    store.share(&key("b"), &key("a"), grant("of a").binding()).await.expect("shared");

    assert!(store.grant(&key("b"), &elsewhere).await.expect("read").is_none());
    assert_eq!(found(&store, "b").await.as_deref(), Some("of a"));
}

#[tokio::test]
async fn a_client_is_forgotten_only_for_its_server_and_only_when_no_grant_needs_it() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let needed = client("https://as.example", "c");
    store.put_client("a", &needed).await.expect("stored");
    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    let ids = async || {
        let clients = store.clients("https://as.example").await.expect("read");
        clients.into_iter().map(|(server, client)| format!("{server} {}", client.id)).collect::<Vec<_>>()
    };

    store.delete_client("evil", &needed).await.expect("nothing is done");
    store.delete_client("a", &needed).await.expect("nothing is done");
    assert_eq!(ids().await, ["a c"]);

    // A new registration does not push out what the grant still needs.
    store.put_client("a", &client("https://as.example", "new")).await.expect("stored");
    assert_eq!(ids().await, ["a c", "a new"]);

    store.delete_grant(&key("a"), &address()).await.expect("deleted");
    store.delete_client("evil", &needed).await.expect("nothing is done");
    assert_eq!(ids().await, ["a c", "a new"]);
    store.delete_client("a", &needed).await.expect("deleted");
    assert_eq!(ids().await, ["a new"]);
}

#[tokio::test]
async fn pins_and_consent_come_back_after_a_restart_and_count_for_nobody_else() {
    let home = Home::with(SETTINGS);
    let pin = Pin { server: "a".into(), secret: "oauth.clientSecret".into(), issuer: "https://as.example".into() };
    let agreed = Acknowledged { address: address(), login: "as.example".into(), token: "as.example".into() };
    home.store().put_pin(&pin).await.expect("stored");
    home.store().acknowledge(&agreed).await.expect("stored");

    let store = home.store();

    assert_eq!(store.pins("a").await.expect("read"), [pin]);
    assert_eq!(store.pins("b").await.expect("read"), []);
    assert!(store.is_acknowledged(&agreed).await.expect("read"));
    for other in [
        Acknowledged { address: ServerAddress::parse("https://b.example/").expect("address"), ..agreed.clone() },
        Acknowledged { login: "other.example".into(), ..agreed.clone() },
        Acknowledged { token: "other.example".into(), ..agreed.clone() },
    ] {
        assert!(!store.is_acknowledged(&other).await.expect("read"), "{other:?}");
    }
}
