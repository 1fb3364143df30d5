//! Grants are found again as they were stored, and replaced in their order.

use mcphub_oauth::grant::{Grant, GrantKey, GrantOrigin};
use mcphub_oauth::secret::RefreshToken;

use super::Storage;
use super::samples::{access, address, found, grant, key};
use crate::store::StoreError;

/// Runs all cases of grants, each on a storage of its own.
pub(in crate::store) async fn all<S: Storage>() {
    a_grant_comes_back_as_it_was_stored_after_a_restart::<S>().await;
    only_a_caller_that_saw_the_latest_version_replaces_it::<S>().await;
    a_grant_made_after_a_deletion_is_not_taken_for_the_one_before::<S>().await;
    grants_of_owners_servers_and_accounts_are_apart::<S>().await;
    the_grants_of_an_issuer_are_listed_with_their_keys::<S>().await;
    a_late_write_of_another_process_is_refused::<S>().await;
}

async fn a_grant_comes_back_as_it_was_stored_after_a_restart<S: Storage>() {
    let storage = S::empty();
    let version = storage.open().put_grant(&key("a"), &grant("t"), None).await.expect("stored");

    let stored = storage.open().grant(&key("a"), &address()).await.expect("read").expect("there");

    assert_eq!((stored.version, version), (1, 1));
    assert_eq!(access(&stored), "t");
    let (before, after) = (grant("t"), stored.value);
    let (old, new) = (before.primary().expect("token"), after.primary().expect("token"));
    assert_eq!(new.refresh.as_ref().map(RefreshToken::secret), old.refresh.as_ref().map(RefreshToken::secret));
    assert_eq!((new.expires_at, new.obtained_at), (old.expires_at, old.obtained_at));
    // Tokens print the same redacted text, so this compares everything else.
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

async fn only_a_caller_that_saw_the_latest_version_replaces_it<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let first = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");

    let unseen = store.put_grant(&key("a"), &grant("x"), None).await;
    let second = storage.open().put_grant(&key("a"), &grant("2"), Some(first)).await.expect("stored");
    let late = store.put_grant(&key("a"), &grant("y"), Some(first)).await;

    for refused in [unseen, late] {
        assert!(matches!(refused, Err(StoreError::Conflict(server)) if server == "a"));
    }
    assert_eq!(second, first + 1);
    assert_eq!(found(&store, "a").await.as_deref(), Some("2"));
}

async fn a_grant_made_after_a_deletion_is_not_taken_for_the_one_before<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let first = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");

    assert!(store.delete_grant(&key("a"), &address()).await.expect("deleted"));
    assert!(!store.delete_grant(&key("a"), &address()).await.expect("nothing there"));
    let late = store.put_grant(&key("a"), &grant("x"), Some(first)).await;
    let second = store.put_grant(&key("a"), &grant("2"), None).await.expect("stored");

    assert!(matches!(late, Err(StoreError::Conflict(_))));
    assert!(second > first);
}

async fn grants_of_owners_servers_and_accounts_are_apart<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let other = GrantKey { account: "work".into(), ..key("a") };

    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    store.put_grant(&other, &grant("2"), None).await.expect("stored");
    store.delete_grant(&key("a"), &address()).await.expect("deleted");

    assert_eq!(found(&store, "a").await, None);
    assert_eq!(store.grant(&other, &address()).await.expect("read").as_ref().map(access), Some("2"));
}

async fn the_grants_of_an_issuer_are_listed_with_their_keys<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let elsewhere = Grant { origin: GrantOrigin::Issuer("https://other.example".into()), ..grant("3") };
    store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    store.put_grant(&key("b"), &grant("2"), None).await.expect("stored");
    store.put_grant(&key("c"), &elsewhere, None).await.expect("stored");
    store.share(&key("d"), &key("a"), grant("1").binding()).await.expect("shared");

    let listed = storage.open().grants("https://as.example").await.expect("read");

    let mut names: Vec<_> = listed.iter().map(|(key, stored)| format!("{} {}", key.server, access(stored))).collect();
    names.sort();
    assert_eq!(names, ["a 1", "b 2"]);
}

async fn a_late_write_of_another_process_is_refused<S: Storage>() {
    let storage = S::empty();
    let (store, other) = (storage.open(), storage.open());
    let seen = store.put_grant(&key("a"), &grant("1"), None).await.expect("stored");
    let (one, two) = (grant("2"), grant("3"));
    let key = key("a");

    let both = futures::join!(store.put_grant(&key, &one, Some(seen)), other.put_grant(&key, &two, Some(seen)));

    assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|is_ok| **is_ok).count(), 1);
    let refused = both.0.err().or(both.1.err());
    assert!(matches!(refused, Some(StoreError::Conflict(server)) if server == "a"));
}
