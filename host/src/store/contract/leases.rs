//! One task at a time works on a grant.

use std::time::Duration;

use super::Storage;
use super::samples::{access, address, found, grant, key};

/// Runs all cases of leases, each on a storage of its own.
pub(in crate::store) async fn all<S: Storage>() {
    a_lease_has_one_holder_over_tasks_and_processes::<S>().await;
    a_caller_that_stops_waiting_for_a_lease_leaves_nothing_behind::<S>().await;
    many_tasks_that_count_up_under_a_lease_lose_nothing::<S>().await;
}

async fn a_lease_has_one_holder_over_tasks_and_processes<S: Storage>() {
    let storage = S::empty();
    let (store, other_process) = (storage.open(), storage.open());
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

async fn a_caller_that_stops_waiting_for_a_lease_leaves_nothing_behind<S: Storage>() {
    let storage = S::empty();
    let (store, other_process) = (storage.open(), storage.open());
    let held = store.lease(&key("a"), &address()).await.expect("first");
    let given_up = tokio::time::timeout(Duration::from_millis(30), other_process.lease(&key("a"), &address())).await;

    drop(held);

    assert!(given_up.is_err());
    drop(store.lease(&key("a"), &address()).await.expect("free"));
}

async fn many_tasks_that_count_up_under_a_lease_lose_nothing<S: Storage>() {
    let storage = S::empty();
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let store = storage.open();
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

    assert_eq!(found(&storage.open(), "a").await.as_deref(), Some("20"));
}
