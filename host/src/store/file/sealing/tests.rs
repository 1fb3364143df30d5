//! What is sealed, opened again, and left alone.

use mcphub_oauth::dpop::DpopKey;
use serde_json::json;

use super::*;
use crate::store::contract::samples::{address, client, found, grant, key};
use crate::store::file::tests::{Home, SETTINGS};

const KEY: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY";
const PREVIOUS: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS";
const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TWO: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";
const ISSUER: &str = "https://as.example";

/// A file with a grant and a client, sealed with the first key.
async fn sealed() -> Home {
    let home = Home::with(SETTINGS);
    let store = home.store_with(&[(KEY, ONE)]);
    let mut grant = grant("canary");
    grant.captured = vec![("instance".into(), "canary-captured".into())];
    grant.dpop = DpopKey::kept("Y2FuYXJ5LWtleQ");
    store.put_grant(&key("a"), &grant, None).await.expect("stored");
    store.put_client("a", &client(ISSUER, "c")).await.expect("stored");
    home
}

fn obtained(home: &Home) -> Value {
    home.settings().section("obtained").expect("read").expect("there")
}

/// Puts another value into `obtained`, as an editor would.
fn save(home: &Home, obtained: &Value) {
    home.save(&json!({"mcpServers": {}, "obtained": obtained}).to_string());
}

#[tokio::test]
async fn no_secret_stands_in_the_file_and_what_says_whose_it_is_does() {
    let home = sealed().await;

    let (text, obtained) = (home.text(), obtained(&home));

    for secret in ["canary", "Y2FuYXJ5LWtleQ", "\"rat\"", "\"s\"", "client_name"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let of = |list: &str, name: &str| obtained[list][0][name].as_str().map(str::to_owned).unwrap_or_default();
    let readable = ["owner", "server", "account", "issuer", "clientId", "resource"].map(|name| of("grants", name));
    assert_eq!(readable, ["local", "a", "default", ISSUER, "c", "https://a.example"]);
    assert_eq!([of("clients", "server"), of("clients", "issuer"), of("clients", "clientId")], ["a", ISSUER, "c"]);
}

#[tokio::test]
async fn the_key_opens_what_it_sealed_after_a_restart() {
    let home = sealed().await;
    let store = home.store_with(&[(KEY, ONE)]);

    let stored = store.grant(&key("a"), &address()).await.expect("read").expect("there");
    let clients = store.clients(ISSUER).await.expect("read");

    assert_eq!(stored.value.captured, [("instance".to_owned(), "canary-captured".to_owned())]);
    assert_eq!(stored.value.dpop, DpopKey::kept("Y2FuYXJ5LWtleQ"));
    assert_eq!(found(&store, "a").await.as_deref(), Some("canary"));
    let secret = clients.first().and_then(|(_, client)| client.secret.as_ref()).map(|secret| secret.secret().as_str());
    assert_eq!(secret, Some("s"));
    store.put_grant(&key("a"), &grant("next"), Some(stored.version)).await.expect("stored");
    assert_eq!(found(&home.store_with(&[(KEY, ONE)]), "a").await.as_deref(), Some("next"));
    assert_eq!(obtained(&home)["grants"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn without_the_key_nothing_is_lost_or_put_beside() {
    let home = sealed().await;
    let before = home.text();

    for variables in [&[][..], &[(KEY, TWO)], &[(KEY, TWO), (PREVIOUS, "another passphrase")]] {
        let store = home.store_with(variables);
        let read = store.grant(&key("a"), &address()).await.expect_err("sealed");
        let written = store.put_grant(&key("a"), &grant("new"), None).await.expect_err("sealed");
        store.delete_client("a", &client(ISSUER, "c")).await.expect("nothing of it");
        store.seal().await.expect("nothing to seal");

        for error in [read, written] {
            assert!(matches!(error, StoreError::Sealed { .. }), "{error}");
            assert!(error.to_string().starts_with("the login of a is sealed, and MCPHUB_CREDENTIAL"), "{error}");
        }
        assert_eq!(home.text(), before);
    }
    assert_eq!(found(&home.store_with(&[(KEY, ONE)]), "a").await.as_deref(), Some("canary"));
}

#[tokio::test]
async fn what_another_server_has_is_kept_and_found_while_one_is_sealed() {
    let home = sealed().await;
    let store = home.store();

    store.put_grant(&key("c"), &grant("clear"), None).await.expect("stored");

    assert_eq!(found(&store, "c").await.as_deref(), Some("clear"));
    assert_eq!(found(&home.store_with(&[(KEY, ONE)]), "a").await.as_deref(), Some("canary"));
}

#[tokio::test]
async fn a_client_that_is_registered_meanwhile_stands_beside_the_sealed_one() {
    let home = sealed().await;
    let sealed = obtained(&home)["clients"][0].clone();

    home.store().put_client("a", &client(ISSUER, "new")).await.expect("stored");

    assert_eq!(obtained(&home)["clients"][0], sealed);
    assert_eq!(home.store().clients(ISSUER).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_logout_forgets_a_login_whose_key_is_lost() {
    let home = sealed().await;
    let store = home.store_with(&[(KEY, TWO)]);

    assert!(store.delete_grant(&key("a"), &address()).await.expect("deleted"));

    store.put_grant(&key("a"), &grant("new"), None).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_server_that_shares_a_sealed_login_is_not_asked_to_log_in() {
    let home = sealed().await;
    let store = home.store_with(&[(KEY, ONE)]);
    let binding = store.grant(&key("a"), &address()).await.expect("read").expect("there").value.binding();
    store.share(&key("c"), &key("a"), binding).await.expect("shared");

    let shared = home.store().grant(&key("c"), &address()).await;

    assert!(matches!(shared, Err(StoreError::Sealed { server, .. }) if server == "c"));
    assert_eq!(found(&store, "c").await.as_deref(), Some("canary"));
}

#[tokio::test]
async fn preset_tokens_do_not_stand_in_for_a_sealed_login() {
    let home = Home::with(SETTINGS);
    let store = home.store_with(&[(KEY, ONE)]);
    store.put_grant(&key("b"), &grant("newer"), Some(0)).await.expect("stored");

    assert!(matches!(home.store().grant(&key("b"), &address()).await, Err(StoreError::Sealed { .. })));
}

#[tokio::test]
async fn a_sealed_text_opens_in_its_own_entry_only() {
    let home = sealed().await;
    let own = obtained(&home);
    for (list, member, other) in [
        ("grants", "server", "b"),
        ("grants", "account", "work"),
        ("grants", "owner", "somebody"),
        ("grants", "issuer", "https://evil.example"),
        ("grants", "clientId", "evil"),
        ("grants", "resource", "https://evil.example"),
        ("grants", "address", "https://evil.example"),
        ("clients", "server", "b"),
        ("clients", "issuer", "https://evil.example"),
        ("clients", "clientId", "evil"),
    ] {
        let mut moved = own.clone();
        moved[list][0][member] = json!(other);
        save(&home, &moved);

        let section = home.section(&[(KEY, ONE)]);

        let (grants, clients) = if list == "grants" { (0, 1) } else { (1, 0) };
        assert_eq!((section.grants.all.len(), section.clients.len()), (grants, clients), "{list} {member}");
        assert_eq!(section.grants.sealed.len() + section.sealed_clients.len(), 1, "{list} {member}");
    }
}

#[tokio::test]
async fn an_entry_that_was_moved_to_another_server_is_not_mistaken_for_one_of_another_key() {
    let home = sealed().await;
    let mut moved = obtained(&home);
    moved["grants"][0]["server"] = json!("b");
    save(&home, &moved);
    let before = home.text();
    let why = |variables: &'static [(&'static str, &'static str)]| {
        let store = home.store_with(variables);
        async move { store.put_grant(&key("b"), &grant("new"), None).await.expect_err("sealed").to_string() }
    };

    let (altered, other) = (why(&[(KEY, ONE)]).await, why(&[(KEY, TWO)]).await);

    assert!(altered.ends_with("is its key, but the entry was changed, or moved here from another server"), "{altered}");
    assert!(other.contains("is not the key that it was sealed with, or the entry was changed since"), "{other}");
    assert_eq!(home.text(), before);
}

#[tokio::test]
async fn one_kind_of_entry_does_not_open_as_the_other() {
    let home = sealed().await;
    let mut mixed = obtained(&home);
    mixed["clients"][0]["sealed"] = mixed["grants"][0]["sealed"].clone();
    save(&home, &mixed);

    assert!(home.store_with(&[(KEY, ONE)]).clients(ISSUER).await.expect("read").is_empty());
}

#[tokio::test]
async fn what_was_in_the_clear_is_sealed_when_the_hub_starts_to_serve() {
    let home = Home::with(SETTINGS);
    home.store().put_grant(&key("a"), &grant("canary"), None).await.expect("stored");
    home.store().put_client("a", &client(ISSUER, "c")).await.expect("stored");

    let store = home.store_with(&[(KEY, ONE)]);
    let (first, second) = (store.seal().await.expect("sealed"), store.seal().await.expect("sealed"));

    assert_eq!((first, second), (2, 0));
    assert!(!home.text().contains("canary") && home.text().contains("// mine"), "{}", home.text());
    assert_eq!(found(&store, "a").await.as_deref(), Some("canary"));
    assert_eq!(home.store().seal().await.expect("no key"), 0);
}

#[tokio::test]
async fn the_previous_key_is_replaced() {
    let home = sealed().await;
    let store = home.store_with(&[(KEY, TWO), (PREVIOUS, ONE)]);
    assert_eq!(found(&store, "a").await.as_deref(), Some("canary"));

    assert_eq!(store.seal().await.expect("sealed"), 2);

    assert_eq!(found(&home.store_with(&[(KEY, TWO)]), "a").await.as_deref(), Some("canary"));
    assert!(home.store_with(&[(KEY, ONE)]).grant(&key("a"), &address()).await.is_err());
}

#[tokio::test]
async fn the_next_write_replaces_the_previous_key_too() {
    let home = sealed().await;
    let store = home.store_with(&[(KEY, TWO), (PREVIOUS, ONE)]);
    let seen = store.grant(&key("a"), &address()).await.expect("read").expect("there").version;

    store.put_grant(&key("a"), &grant("next"), Some(seen)).await.expect("stored");

    assert_eq!(found(&home.store_with(&[(KEY, TWO)]), "a").await.as_deref(), Some("next"));
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_not_used_for_what_is_in_the_clear() {
    let home = sealed().await;
    home.store().put_grant(&key("c"), &grant("clear"), None).await.expect("stored");
    let before = home.text();

    assert_eq!(home.store_with(&[(KEY, TWO)]).seal().await.expect("looked"), 0);

    assert_eq!(home.text(), before);
}

#[tokio::test]
async fn a_text_that_no_hub_sealed_is_left_alone() {
    let home = sealed().await;
    for text in [json!("v2.AAAA"), json!("v1."), json!("v1.!"), json!("v1.AAAA"), json!(""), json!(5), json!(null)] {
        let mut changed = obtained(&home);
        changed["grants"][0]["sealed"] = text.clone();
        save(&home, &changed);
        let before = home.text();

        let store = home.store_with(&[(KEY, ONE)]);
        let read = store.grant(&key("a"), &address()).await;
        store.seal().await.expect("left alone");

        assert!(matches!(read, Err(StoreError::Sealed { .. })), "{text}");
        assert_eq!(home.text(), before);
    }
}

#[tokio::test]
async fn entries_that_cannot_be_opened_are_reported_in_one_sentence_without_a_secret() {
    let home = sealed().await;
    let section = home.section(&[]);

    let expected =
        "what was obtained for a is sealed, and MCPHUB_CREDENTIAL_ENCRYPTION_KEY is not set; it is kept as it is";
    let told: Vec<String> = section.sealed_notices().map(|(said, _)| said).collect();
    assert_eq!(told, [expected]);
}

#[test]
fn a_previous_key_without_a_current_one_is_reported() {
    let home = Home::with(SETTINGS);
    let caution = |variables| home.store_with(variables).caution();

    let told = caution(&[(PREVIOUS, ONE)]).unwrap_or_default();
    assert!(told.contains("logins are opened, and written in the clear again"), "{told}");
    assert_eq!((caution(&[]), caution(&[(KEY, ONE)]), caution(&[(KEY, ONE), (PREVIOUS, TWO)])), (None, None, None));
}
