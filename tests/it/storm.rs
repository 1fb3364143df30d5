//! Everybody at once, over a grant that has just ended and whose refresh token is good once.

use std::sync::Arc;

use mcphub_tests::core::authorization;
use mcphub_tests::{Authority, Core, Shape};

const CALLS: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_over_an_ended_grant_refresh_once_and_none_is_lost() {
    let authority = Arc::new(Authority::start(Shape::PLAIN).await);
    let core = Arc::new(Core::start(&authority.server()).await);
    core.sign_in().await;
    authority.forget_access_tokens();
    core.advance(2 * 3600);

    let calls = (0..CALLS).map(|_| {
        let (core, authority) = (core.clone(), authority.clone());
        tokio::spawn(async move { core.call(|header| authority.opens(header)).await.expect("not lost") })
    });
    let calls = futures::future::join_all(calls).await;

    let opened = calls.into_iter().filter(|call| authority.opens(authorization(call.as_ref().expect("ran")))).count();
    assert_eq!(opened, CALLS);
    assert_eq!(authority.count("POST /token"), 2);
    assert_eq!(authority.reused(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_all_at_once_they_share_one_forced_refresh() {
    let authority = Arc::new(Authority::start(Shape::PLAIN).await);
    let core = Arc::new(Core::start(&authority.server()).await);
    core.sign_in().await;
    authority.forget_access_tokens();

    let calls = (0..1000).map(|_| {
        let (core, authority) = (core.clone(), authority.clone());
        tokio::spawn(async move { core.call(|header| authority.opens(header)).await.expect("not lost") })
    });
    let calls = futures::future::join_all(calls).await;

    assert!(calls.into_iter().all(|call| authority.opens(authorization(&call.expect("ran")))));
    assert_eq!(authority.count("POST /token"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hubs_on_one_file_refresh_once() {
    let authority = Authority::start(Shape::PLAIN).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    authority.forget_access_tokens();
    core.advance(2 * 3600);
    let other = core.beside().await;

    let (one, two) =
        futures::join!(core.call(|header| authority.opens(header)), other.call(|header| authority.opens(header)));

    assert!(authority.opens(authorization(&one.expect("one"))) && authority.opens(authorization(&two.expect("two"))));
    assert_eq!(authority.count("POST /token"), 2);
    assert_eq!(authority.reused(), 0);
}
