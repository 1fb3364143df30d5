//! Registered secrets that end: renewed in time where the issuer lets the client do that (RFC 7592).

use mcphub_tests::authority::Habit;
use mcphub_tests::core::{START, authorization};
use mcphub_tests::hostile::Hostile;
use mcphub_tests::{Authority, Core, Shape};
use serde_json::json;

const HOUR: u64 = 3600;

async fn start() -> (Authority, Core) {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}));
    authority.end_secrets_at(START + 30 * HOUR);
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    (authority, core)
}

async fn expect_open(authority: &Authority, core: &Core) {
    authority.forget_access_tokens();
    let used = core.call(|header| authority.opens(header)).await.expect("a credential");
    assert!(authority.opens(authorization(&used)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_near_its_end_is_renewed_and_the_grant_goes_on() {
    let (authority, core) = start().await;

    core.advance(28 * HOUR);
    expect_open(&authority, &core).await;
    assert_eq!(authority.count("PUT /register"), 0);
    authority.end_secrets_at(START + 90 * HOUR);
    core.advance(HOUR + HOUR / 2);
    expect_open(&authority, &core).await;
    core.advance(2 * HOUR);
    expect_open(&authority, &core).await;

    assert_eq!(authority.count("PUT /register"), 1);
    assert_eq!((authority.count("POST /register"), authority.count("GET /authorize")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_login_renews_the_secret_and_keeps_the_client() {
    let (authority, core) = start().await;
    authority.end_secrets_at(START + 90 * HOUR);
    core.advance(10 * HOUR);
    core.connector.logout("notes").await.expect("logged out");

    core.sign_in().await;

    assert_eq!((authority.count("PUT /register"), authority.count("POST /register")), (1, 1));
    expect_open(&authority, &core).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_leaves_the_secret_that_still_works() {
    let (authority, core) = start().await;
    authority.adopt(Habit::RefusesManagement);

    core.advance(29 * HOUR + HOUR / 2);
    expect_open(&authority, &core).await;

    assert_eq!(authority.count("PUT /register"), 1);
    let view = core.connector.view("notes").await.expect("a view");
    assert!(format!("{view:?}").contains("goes on with the old secret"), "{view:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_for_a_clients_record_goes_to_no_other_site() {
    let authority = Authority::start(Shape::PLAIN).await;
    let stranger = Hostile::start().await;
    authority.patch_metadata(json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}));
    authority.patch_registration(json!({"registration_client_uri": format!("{}/register/1", stranger.url)}));
    authority.end_secrets_at(START + 30 * HOUR);
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;

    core.advance(29 * HOUR + HOUR / 2);
    expect_open(&authority, &core).await;

    assert_eq!(stranger.count("PUT /register/1"), 0);
}
