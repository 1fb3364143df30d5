//! What waits for a person: found again by another process, taken at most once, changed by one at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::Storage;
use crate::store::{Pending, PendingKind, Store};

const KINDS: [PendingKind; 3] = [PendingKind::Login, PendingKind::Ticket, PendingKind::Question];

/// Runs all cases of what waits for a person, each on a storage of its own.
pub(in crate::store) async fn all<S: Storage>() {
    another_process_finds_it_by_kind_and_id::<S>().await;
    it_counts_as_absent_from_its_end_on::<S>().await;
    reading_takes_nothing_and_taking_does::<S>().await;
    it_is_taken_at_most_once_over_tasks_and_processes::<S>().await;
    the_same_id_is_replaced::<S>().await;
    one_browser_of_many_binds_a_link::<S>().await;
    a_change_sees_nothing_that_has_ended_or_was_never_there::<S>().await;
    all_of_a_kind_of_a_server_end_at_once::<S>().await;
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn pending(server: &str) -> Pending {
    let data = json!({ "verifier": "v", "scopes": ["read"], "browser": null, "tries": 1.5 });
    Pending { server: server.to_owned(), data, ends_at: at(1000) + Duration::from_nanos(1) }
}

async fn ids(store: &Store, kind: PendingKind, server: &str) -> Vec<String> {
    let listed = store.pending_of(kind, server, at(0)).await.expect("read");
    listed.into_iter().map(|(id, _)| id).collect()
}

async fn another_process_finds_it_by_kind_and_id<S: Storage>() {
    let storage = S::empty();
    for kind in KINDS {
        storage.open().put_pending(kind, "é \"x\"", &pending("a")).await.expect("put");

        let store = storage.open();
        assert_eq!(store.pending(kind, "é \"x\"", at(0)).await.expect("read"), Some(pending("a")));
        assert_eq!(store.pending(kind, "y", at(0)).await.expect("read"), None);
        assert_eq!(store.take_pending(kind, "y", at(0)).await.expect("read"), None);
        assert_eq!(store.take_pending(kind, "é \"x\"", at(0)).await.expect("taken"), Some(pending("a")));
        for other in KINDS {
            assert_eq!(store.pending(other, "é \"x\"", at(0)).await.expect("read"), None);
        }
    }
}

async fn it_counts_as_absent_from_its_end_on<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    let end = pending("a").ends_at;
    store.put_pending(PendingKind::Login, "x", &pending("a")).await.expect("put");
    store.put_pending(PendingKind::Login, "y", &pending("a")).await.expect("put");

    assert!(store.pending(PendingKind::Login, "x", end - Duration::from_nanos(1)).await.expect("read").is_some());
    assert!(store.take_pending(PendingKind::Login, "x", end).await.expect("read").is_none());
    assert!(store.pending(PendingKind::Login, "y", end).await.expect("read").is_none());
    assert!(store.pending_of(PendingKind::Login, "a", end).await.expect("read").is_empty());
}

async fn reading_takes_nothing_and_taking_does<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    store.put_pending(PendingKind::Login, "x", &pending("a")).await.expect("put");

    for _ in 0..2 {
        assert!(store.pending(PendingKind::Login, "x", at(0)).await.expect("read").is_some());
    }
    assert!(storage.open().take_pending(PendingKind::Login, "x", at(0)).await.expect("taken").is_some());
    assert!(store.pending(PendingKind::Login, "x", at(0)).await.expect("read").is_none());
    assert!(store.take_pending(PendingKind::Login, "x", at(0)).await.expect("nothing").is_none());
}

async fn it_is_taken_at_most_once_over_tasks_and_processes<S: Storage>() {
    let storage = S::empty();
    storage.open().put_pending(PendingKind::Login, "x", &pending("a")).await.expect("put");
    let takers: Vec<_> = (0..4)
        .flat_map(|_| {
            let store = storage.open();
            [store.clone(), store]
        })
        .map(|store| {
            tokio::spawn(async move { store.take_pending(PendingKind::Login, "x", at(0)).await.expect("asked") })
        })
        .collect();

    let mut taken = 0;
    for taker in takers {
        taken += usize::from(taker.await.expect("done").is_some());
    }

    assert_eq!(taken, 1);
}

async fn the_same_id_is_replaced<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    store.put_pending(PendingKind::Question, "x", &pending("a")).await.expect("put");
    store.put_pending(PendingKind::Question, "x", &pending("b")).await.expect("put");

    let found = store.pending(PendingKind::Question, "x", at(0)).await.expect("read");

    assert_eq!(found, Some(pending("b")));
    assert!(ids(&store, PendingKind::Question, "a").await.is_empty());
}

async fn one_browser_of_many_binds_a_link<S: Storage>() {
    let storage = S::empty();
    storage.open().put_pending(PendingKind::Ticket, "x", &pending("a")).await.expect("put");
    let browsers: Vec<_> = (0..6)
        .map(|browser| {
            let store = storage.open();
            tokio::spawn(async move {
                let bind = move |pending: &mut Pending| {
                    if pending.data["browser"].is_null() {
                        pending.data["browser"] = json!(browser);
                    }
                    pending.data["browser"] == json!(browser)
                };
                store.change_pending(PendingKind::Ticket, "x", at(0), bind).await.expect("asked")
            })
        })
        .collect();

    let mut owners = Vec::new();
    for (number, browser) in browsers.into_iter().enumerate() {
        owners.extend((browser.await.expect("done") == Some(true)).then_some(number));
    }

    let found = storage.open().pending(PendingKind::Ticket, "x", at(0)).await.expect("read").expect("there");
    assert_eq!((owners.len(), &found.data["browser"]), (1, &json!(owners[0])));
    assert_eq!((found.server, found.ends_at, &found.data["verifier"]), ("a".into(), pending("a").ends_at, &json!("v")));
}

async fn a_change_sees_nothing_that_has_ended_or_was_never_there<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    store.put_pending(PendingKind::Ticket, "x", &pending("a")).await.expect("put");

    let ended = store.change_pending(PendingKind::Ticket, "x", at(2000), |_| ()).await.expect("asked");
    let absent = store.change_pending(PendingKind::Ticket, "y", at(0), |_| ()).await.expect("asked");
    let other_kind = store.change_pending(PendingKind::Login, "x", at(0), |_| ()).await.expect("asked");

    assert_eq!((ended, absent, other_kind), (None, None, None));
}

async fn all_of_a_kind_of_a_server_end_at_once<S: Storage>() {
    let storage = S::empty();
    let store = storage.open();
    for (kind, id, server) in [
        (PendingKind::Ticket, "1", "a"),
        (PendingKind::Ticket, "2", "a"),
        (PendingKind::Ticket, "3", "b"),
        (PendingKind::Login, "4", "a"),
    ] {
        store.put_pending(kind, id, &pending(server)).await.expect("put");
    }
    assert_eq!(ids(&store, PendingKind::Ticket, "a").await, ["1", "2"]);

    storage.open().end_pending(PendingKind::Ticket, "a").await.expect("ended");

    assert!(ids(&store, PendingKind::Ticket, "a").await.is_empty());
    assert_eq!(ids(&store, PendingKind::Ticket, "b").await, ["3"]);
    assert_eq!(ids(&store, PendingKind::Login, "a").await, ["4"]);
}
