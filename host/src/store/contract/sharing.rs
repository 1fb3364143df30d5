//! Grants that several servers share, and the address that a grant is good for.

use mcphub_oauth::grant::{Grant, GrantOrigin};
use mcphub_oauth::server_address::ServerAddress;

use super::Storage;
use super::samples::{address, found, grant, key};
use crate::store::{Store, StoreError};

/// Runs all cases of sharing, each on a storage of its own.
pub(in crate::store) async fn all<S: Storage>() {
    a_shared_grant_is_one_for_reading_writing_and_forgetting::<S>().await;
    a_share_ends_when_the_other_grant_is_good_for_something_else::<S>().await;
    a_new_grant_that_is_good_for_something_else_is_the_servers_own::<S>().await;
    a_grant_is_of_its_address_alone::<S>().await;
    a_share_gives_nothing_at_another_address::<S>().await;
}

async fn shared(storage: &impl Storage) -> Store {
    let store = storage.open();
    store.put_grant(&key("a"), &grant("t"), None).await.expect("stored");
    store.share(&key("c"), &key("a"), grant("t").binding()).await.expect("shared");
    store
}

async fn a_shared_grant_is_one_for_reading_writing_and_forgetting<S: Storage>() {
    let storage = S::empty();
    let store = shared(&storage).await;

    let seen = store.grant(&key("c"), &address()).await.expect("read").expect("shared").version;
    store.put_grant(&key("c"), &grant("u"), Some(seen)).await.expect("stored");
    assert_eq!(found(&store, "a").await.as_deref(), Some("u"));
    assert_eq!(store.sharers(&key("a"), &address()).await.expect("read"), [key("c")]);
    assert_eq!(store.sharers(&key("c"), &address()).await.expect("read"), [key("a")]);

    assert!(store.delete_grant(&key("c"), &address()).await.expect("deleted"));
    assert_eq!((found(&store, "a").await, found(&store, "c").await), (None, None));
    store.put_grant(&key("a"), &grant("again"), None).await.expect("stored");
    assert_eq!(found(&store, "c").await, None, "the share went with the grant");
}

async fn a_share_ends_when_the_other_grant_is_good_for_something_else<S: Storage>() {
    let storage = S::empty();
    let store = shared(&storage).await;
    let elsewhere = Grant { origin: GrantOrigin::Issuer("https://other.example".into()), ..grant("elsewhere") };

    let seen = store.grant(&key("a"), &address()).await.expect("read").expect("there").version;
    store.put_grant(&key("a"), &elsewhere, Some(seen)).await.expect("stored");

    assert_eq!(found(&store, "a").await.as_deref(), Some("elsewhere"));
    assert_eq!(found(&store, "c").await, None);
}

async fn a_new_grant_that_is_good_for_something_else_is_the_servers_own<S: Storage>() {
    let storage = S::empty();
    let store = shared(&storage).await;
    let elsewhere = Grant { client_id: Some("another".into()), ..grant("own") };

    let seen = store.grant(&key("c"), &address()).await.expect("read").expect("shared").version;
    store.put_grant(&key("c"), &elsewhere, Some(seen)).await.expect("stored");

    assert_eq!((found(&store, "a").await.as_deref(), found(&store, "c").await.as_deref()), (Some("t"), Some("own")));
}

async fn a_grant_is_of_its_address_alone<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let elsewhere = ServerAddress::parse("https://elsewhere.example/mcp").expect("address");
    let first = store.put_grant(&key("a"), &grant("first"), None).await.expect("stored");

    assert!(store.grant(&key("a"), &elsewhere).await.expect("read").is_none());
    assert_eq!(found(&store, "a").await.as_deref(), Some("first"));

    // A login at the other address has seen no grant for it.
    let other = Grant { address: elsewhere.clone(), ..grant("other") };
    let second = store.put_grant(&key("a"), &other, None).await.expect("stored in its place");
    let late = store.put_grant(&key("a"), &grant("late"), Some(first)).await;

    assert!(second > first);
    assert!(matches!(late, Err(StoreError::Conflict(_))));
    assert_eq!(found(&store, "a").await, None);
    assert!(store.grant(&key("a"), &elsewhere).await.expect("read").is_some());
}

async fn a_share_gives_nothing_at_another_address<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let elsewhere = ServerAddress::parse("https://a.example/evil/mcp").expect("address");
    store.put_grant(&key("a"), &grant("of a"), None).await.expect("stored");
    store.share(&key("b"), &key("a"), grant("of a").binding()).await.expect("shared");

    assert!(store.grant(&key("b"), &elsewhere).await.expect("read").is_none());
    assert_eq!(found(&store, "b").await.as_deref(), Some("of a"));
}
