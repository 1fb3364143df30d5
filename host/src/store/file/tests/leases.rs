//! One works on a grant at a time.

use super::*;

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
