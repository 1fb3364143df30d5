//! What requests carry, and what a refusal leads to.

use http::StatusCode;
use mcphub_oauth::grant::{Grant, GrantOrigin};
use serde_json::json;

use super::ahead::refresh_all;
use super::credential::{Blocked, Refusal, RequestCredential};
use super::refused::refused;
use super::request::credential;
use crate::connect::core::state::Status;
use crate::connect::grant::keep::keep;
use crate::connect::grant::samples;
use crate::connect::workbench::{ISSUER, SERVER, Workbench};

/// A workbench whose server has a grant for an hour.
async fn logged_in() -> Workbench {
    let bench = Workbench::new(json!({"clientId": "mine"})).await;
    bench.discovered().await;
    let mut grant = Grant {
        address: mcphub_oauth::server_address::ServerAddress::parse(SERVER).expect("address"),
        origin: GrantOrigin::Issuer(ISSUER.into()),
        client_id: Some("mine".into()),
        ..samples::grant(Some(3600), Some("refresh-0"))
    };
    let token = grant.tokens.get_mut("main").expect("token");
    token.obtained_at = bench.core.now();
    token.expires_at = Some(bench.core.now() + std::time::Duration::from_hours(1));
    keep(&bench.core, &bench.entry(), &grant).await.expect("kept");
    bench
}

fn bearer(credential: &RequestCredential) -> String {
    let value = credential.headers.first().map(|(_, value)| value.to_str().expect("text").to_owned());
    value.expect("a header")
}

fn unauthorized() -> Refusal {
    let challenges = vec!["Bearer error=\"invalid_token\"".to_owned()];
    Refusal { status: StatusCode::UNAUTHORIZED, challenges, body: String::new(), tool: None }
}

#[tokio::test]
async fn a_request_carries_the_grant_and_refreshes_it_only_when_it_is_due() {
    let bench = logged_in().await;

    let fresh = credential(&bench.core, &bench.entry()).await.expect("sent").expect("a grant");
    bench.pass(3590);
    let due = credential(&bench.core, &bench.entry()).await.expect("sent").expect("a grant");

    assert_eq!((bearer(&fresh), bearer(&due)), ("Bearer at".into(), "Bearer access-1".into()));
    assert_eq!(bench.provider.asked("POST /token").len(), 1);
}

#[tokio::test]
async fn a_grant_in_use_is_refreshed_ahead_and_one_that_nobody_uses_is_not() {
    let bench = logged_in().await;
    bench.pass(3530);

    refresh_all(&bench.core).await;
    assert_eq!(bench.provider.asked("POST /token").len(), 0, "nobody uses it");
    credential(&bench.core, &bench.entry()).await.expect("sent");
    refresh_all(&bench.core).await;
    assert_eq!(bench.provider.asked("POST /token").len(), 1, "a request carried it");
    let next = credential(&bench.core, &bench.entry()).await.expect("sent").expect("a grant");
    assert_eq!(bearer(&next), "Bearer access-1");
}

#[tokio::test]
async fn a_refusal_refreshes_once_and_then_asks_the_person() {
    let bench = logged_in().await;
    let entry = bench.entry();
    let used = credential(&bench.core, &entry).await.expect("sent");

    let replay = refused(&bench.core, &entry, &unauthorized(), used.as_ref()).await.expect("another one");
    let blocked = refused(&bench.core, &entry, &unauthorized(), Some(&replay)).await.expect_err("nothing helps");

    assert_eq!(bearer(&replay), "Bearer access-1");
    assert!(matches!(blocked, Blocked::Login { .. }), "{blocked}");
    assert_eq!(entry.state().status(), Status::LoginRequired);
    assert_eq!(bench.provider.asked("POST /token").len(), 1);
}

#[tokio::test]
async fn a_request_that_was_refused_with_an_older_grant_is_replayed_with_the_newer_one() {
    let bench = logged_in().await;
    let entry = bench.entry();
    let old = credential(&bench.core, &entry).await.expect("sent").expect("a grant");
    bench.pass(3590);
    let new = credential(&bench.core, &entry).await.expect("sent").expect("a grant");

    let replay = refused(&bench.core, &entry, &unauthorized(), Some(&old)).await.expect("the newer one");

    assert_eq!(replay.version, new.version);
    assert_eq!(bench.provider.asked("POST /token").len(), 1, "nothing is refreshed a second time");
}

#[tokio::test]
async fn a_person_who_is_asked_twice_gets_the_same_link() {
    let bench = Workbench::new(json!({})).await;
    let entry = bench.entry();

    let first = refused(&bench.core, &entry, &unauthorized(), None).await.expect_err("no grant");
    let second = credential(&bench.core, &entry).await.expect_err("still none");

    assert!(first.to_string().contains("https://hub.example/connect/"), "{first}");
    assert_eq!(first.to_string(), second.to_string());
}
