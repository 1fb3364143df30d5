//! What becomes of a grant: kept, refreshed, ended, or left alone after a passing fault.

use mcphub_oauth::grant::{Grant, GrantOrigin};
use serde_json::json;

use super::keep::keep;
use super::refresh::{Refreshed, refresh};
use super::samples;
use crate::connect::core::links;
use crate::connect::core::parts::Change;
use crate::connect::core::state::Status;
use crate::connect::workbench::{ISSUER, SERVER, Workbench, browser};
use crate::store::Stored;

/// A workbench whose server has a grant that a login made.
async fn logged_in() -> (Workbench, Stored<Grant>) {
    let bench = Workbench::new(json!({"clientId": "mine"})).await;
    bench.discovered().await;
    let grant = Grant {
        address: mcphub_oauth::server_address::ServerAddress::parse(SERVER).expect("address"),
        origin: GrantOrigin::Issuer(ISSUER.into()),
        client_id: Some("mine".into()),
        ..samples::grant(Some(3600), Some("refresh-0"))
    };
    keep(&bench.core, &bench.entry(), &grant).await.expect("kept");
    let stored = bench.core.grant(&bench.entry()).await.expect("read").expect("there");
    (bench, stored)
}

fn access(stored: &Stored<Grant>) -> String {
    stored.value.primary().expect("a token").access.secret().clone()
}

#[tokio::test]
async fn a_kept_grant_closes_its_links_and_is_announced() {
    let bench = Workbench::new(json!({"clientId": "mine"})).await;
    let mut changes = bench.core.changes.subscribe();
    let link = links::fresh(&bench.core, &bench.entry()).await.expect("a link");
    let grant = Grant {
        address: mcphub_oauth::server_address::ServerAddress::parse(SERVER).expect("address"),
        ..samples::grant(Some(3600), None)
    };

    keep(&bench.core, &bench.entry(), &grant).await.expect("kept");

    let ticket = link.path().rsplit('/').next().expect("a ticket");
    assert!(links::open(&bench.core, ticket, &browser("x")).await.is_err(), "the link is closed");
    assert_eq!(changes.try_recv().expect("told"), Change::Granted("notes".into()));
    assert_eq!(bench.entry().state().status(), Status::Connecting);
}

#[tokio::test]
async fn a_refresh_is_made_once_for_all_who_saw_the_same_grant() {
    let (bench, seen) = logged_in().await;
    let entry = bench.entry();

    let first = refresh(&bench.core, &entry, seen.version).await.expect("refreshed");
    let second = refresh(&bench.core, &entry, seen.version).await.expect("refreshed");

    let (Refreshed::Newer(first), Refreshed::Newer(second)) = (first, second) else { panic!("newer") };
    assert_eq!((access(&first), first.version), (access(&second), second.version));
    assert_eq!(access(&first), "access-1");
    let asked = bench.provider.asked("POST /token");
    assert_eq!(asked.len(), 1);
    assert!(asked.iter().all(|body| body.contains("refresh_token=refresh-0")), "{asked:?}");
}

#[tokio::test]
async fn a_grant_that_the_provider_ended_is_gone_and_the_person_hears_why() {
    let (bench, seen) = logged_in().await;
    bench.provider.answer("POST /token", 400, json!({"error": "invalid_grant"}));

    let ended = refresh(&bench.core, &bench.entry(), seen.version).await.expect("decided");

    assert!(matches!(ended, Refreshed::Ended));
    assert!(bench.core.grant(&bench.entry()).await.expect("read").is_none());
    assert!(bench.entry().memory().ended.is_some());
}

#[tokio::test]
async fn a_passing_fault_keeps_the_grant_and_makes_the_next_try_wait() {
    let (bench, seen) = logged_in().await;
    bench.provider.answer("POST /token", 503, json!({}));

    assert!(refresh(&bench.core, &bench.entry(), seen.version).await.is_err());

    assert!(bench.core.grant(&bench.entry()).await.expect("read").is_some());
    assert!(bench.entry().memory().pause.end(bench.core.now()).is_some());
    bench.tokens("access-2", None);
    bench.pass(60);
    assert!(refresh(&bench.core, &bench.entry(), seen.version).await.is_ok());
    assert!(bench.entry().memory().pause.end(bench.core.now()).is_none());
}
