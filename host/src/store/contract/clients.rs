//! Registered clients, what was learned, plugins that may serve, pins and consent.

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::server_address::ServerAddress;

use super::Storage;
use super::samples::{address, client, grant, key};
use crate::store::{Acknowledged, ApprovedScope, Learned, Pin, Trusted};

/// Runs all cases of clients and of all that is kept beside grants, each on a storage of its own.
pub(in crate::store) async fn all<S: Storage>() {
    a_client_is_kept_for_its_server_and_issuer::<S>().await;
    a_client_is_forgotten_only_for_its_server_and_only_when_no_grant_needs_it::<S>().await;
    pins_and_consent_come_back_after_a_restart_and_count_for_nobody_else::<S>().await;
    a_pin_is_replaced_for_its_server_and_secret_alone::<S>().await;
    what_was_learned_is_of_its_issuer_until_nothing_is::<S>().await;
    a_plugin_is_remembered_by_its_id::<S>().await;
}

async fn a_client_is_kept_for_its_server_and_issuer<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    store.put_client("a", &client("https://as.example", "1")).await.expect("stored");
    store.put_client("a", &client("https://as.example", "2")).await.expect("stored");
    store.put_client("a", &client("https://other.example", "3")).await.expect("stored");

    let ids = |clients: Vec<(String, Client)>| -> Vec<String> {
        clients.into_iter().map(|(server, client)| format!("{server} {}", client.name())).collect()
    };
    let kept = storage.open().clients("https://as.example").await.expect("read");
    let secret = kept.first().and_then(|(_, client)| client.secret.clone()).map(|secret| secret.secret().clone());

    assert_eq!(secret.as_deref(), Some("s"));
    assert_eq!(ids(kept), ["a 2"]);
    assert_eq!(ids(store.clients("https://other.example").await.expect("read")), ["a 3"]);
    store.delete_client("a", &client("https://other.example", "3")).await.expect("deleted");
    assert_eq!(ids(store.clients("https://other.example").await.expect("read")), [""; 0]);
    assert_eq!(ids(store.clients("https://as.example").await.expect("read")), ["a 2"]);
}

async fn a_client_is_forgotten_only_for_its_server_and_only_when_no_grant_needs_it<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let needed = client("https://as.example", "c");
    store.put_client("a", &needed).await.expect("stored");
    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    let ids = async || {
        let clients = store.clients("https://as.example").await.expect("read");
        clients.into_iter().map(|(server, client)| format!("{server} {}", client.name())).collect::<Vec<_>>()
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

async fn pins_and_consent_come_back_after_a_restart_and_count_for_nobody_else<S: Storage>() {
    let storage = S::empty();
    let pin = Pin { server: "a".into(), secret: "oauth.clientSecret".into(), issuer: "https://as.example".into() };
    let agreed = Acknowledged { address: address(), login: "as.example".into(), token: "as.example".into() };
    storage.open().put_pin(&pin).await.expect("stored");
    storage.open().acknowledge(&agreed).await.expect("stored");

    let store = storage.open();

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

async fn a_pin_is_replaced_for_its_server_and_secret_alone<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let pin = |server: &str, secret: &str, issuer: &str| Pin {
        server: server.into(),
        secret: secret.into(),
        issuer: issuer.into(),
    };
    for pin in [pin("a", "x", "1"), pin("a", "y", "1"), pin("b", "x", "1"), pin("a", "x", "2")] {
        store.put_pin(&pin).await.expect("stored");
    }

    let mut pins = storage.open().pins("a").await.expect("read");
    pins.sort_by(|one, other| one.secret.cmp(&other.secret));

    assert_eq!(pins, [pin("a", "x", "2"), pin("a", "y", "1")]);
    assert_eq!(store.pins("b").await.expect("read"), [pin("b", "x", "1")]);
}

async fn what_was_learned_is_of_its_issuer_until_nothing_is<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let learned =
        Learned { refused_resources: ["https://a.example".to_owned()].into(), auth_method: Some(AuthMethod::Post) };
    store.put_learned("https://as.example", &Learned { auth_method: None, ..learned.clone() }).await.expect("stored");
    store.put_learned("https://as.example", &learned).await.expect("stored");

    assert_eq!(storage.open().learned("https://as.example").await.expect("read"), learned);
    assert_eq!(store.learned("https://other.example").await.expect("read"), Learned::default());
    store.put_learned("https://as.example", &Learned::default()).await.expect("deleted");
    assert_eq!(storage.open().learned("https://as.example").await.expect("read"), Learned::default());
}

async fn a_plugin_is_remembered_by_its_id<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let trusted = |sha256: &str, is_approved| Trusted {
        id: "p".into(),
        sha256: sha256.into(),
        hosts: vec!["as.example".into()],
        is_approved,
        scope: ApprovedScope {
            servers: vec!["https://a.example/".into()],
            rules: vec!["one".into()],
            exports: Vec::new(),
        },
    };
    store.trust(&trusted("00", false)).await.expect("stored");
    store.trust(&trusted("ff", true)).await.expect("stored");

    assert_eq!(storage.open().trusted("p").await.expect("read"), Some(trusted("ff", true)));
    assert_eq!(store.trusted("q").await.expect("read"), None);
}
