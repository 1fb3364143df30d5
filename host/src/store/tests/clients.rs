//! Registered clients, and what is pinned and agreed to.

use super::*;

#[tokio::test]
async fn a_client_is_kept_for_its_server_and_issuer() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    store.put_client("a", &client("https://as.example", "1")).await.expect("stored");
    store.put_client("a", &client("https://as.example", "2")).await.expect("stored");
    store.put_client("a", &client("https://other.example", "3")).await.expect("stored");

    let ids = |clients: Vec<(String, Client)>| -> Vec<String> {
        clients.into_iter().map(|(server, client)| format!("{server} {}", client.name())).collect()
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
async fn a_client_is_forgotten_only_for_its_server_and_only_when_no_grant_needs_it() {
    let home = Home::with(SETTINGS);
    let store = home.store();
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
