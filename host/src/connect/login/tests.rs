//! A login from its link to its grant, and logins that wait.

use std::sync::Arc;

use mcphub_oauth::callback::CallbackError;
use mcphub_oauth::profile::Pair;
use serde_json::json;
use url::Url;

use super::accepted::Finish;
use super::begin::{Begin, Starter, begin};
use super::callback::{CallbackRequest, finish};
use super::pending::Logins;
use crate::connect::core::error::{ConnectError, LoginError};
use crate::connect::core::state::Status;
use crate::connect::workbench::{ISSUER, Workbench, browser};

struct Halfway {
    bench: Workbench,
    logins: Arc<Logins>,
    callback: Vec<Pair>,
}

/// A login whose person is at the provider's page and will come back with a code.
async fn halfway() -> Halfway {
    let bench = Workbench::new(json!({})).await;
    let logins = Arc::new(Logins::new(bench.core.clone()));
    let starter = Starter { browser: &browser("x"), ticket: "t" };
    let Begin::Redirect(page) = begin(&logins, &bench.entry(), starter).await.expect("begun") else {
        panic!("it leads to the login page");
    };
    let callback =
        vec![("code".into(), "the-code".into()), ("state".into(), state(&page)), ("iss".into(), ISSUER.into())];
    Halfway { bench, logins, callback }
}

fn state(page: &Url) -> String {
    page.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned()).expect("a state")
}

async fn come_back(logins: &Arc<Logins>, params: Vec<Pair>, letter: &str) -> Result<Finish, ConnectError> {
    finish(logins, CallbackRequest { params, tag: None }, Some(&browser(letter))).await
}

#[tokio::test]
async fn a_login_gives_a_grant_and_its_callback_counts_once() {
    let Halfway { bench, logins, callback } = halfway().await;

    let done = come_back(&logins, callback.clone(), "x").await.expect("signed in");
    let again = come_back(&logins, callback, "x").await.expect_err("used");

    assert!(matches!(done, Finish::Done(_)));
    assert!(matches!(again, ConnectError::Callback(CallbackError::UnknownState)), "{again}");
    assert!(bench.core.grant(&bench.entry()).await.expect("read").is_some());
    let asked = bench.provider.asked("POST /token");
    assert_eq!(asked.len(), 1);
    assert!(asked.iter().all(|body| body.contains("code=the-code") && body.contains("code_verifier=")), "{asked:?}");
}

#[tokio::test]
async fn another_browser_does_not_use_a_login_up() {
    let Halfway { logins, callback, .. } = halfway().await;

    let stranger = come_back(&logins, callback.clone(), "y").await.expect_err("another browser");

    assert!(matches!(stranger, ConnectError::Callback(CallbackError::OtherBrowser)), "{stranger}");
    assert!(come_back(&logins, callback, "x").await.is_ok());
}

#[tokio::test]
async fn a_login_goes_on_in_a_process_that_knows_only_the_store() {
    let Halfway { bench, callback, .. } = halfway().await;
    bench.entry().remember(|memory| memory.discovered = None);
    let restarted = Arc::new(Logins::new(bench.core.clone()));

    let done = come_back(&restarted, callback, "x").await.expect("signed in");

    assert!(matches!(done, Finish::Done(_)));
    assert_eq!(bench.provider.asked("POST /register").len(), 1, "the client is found, not registered again");
}

#[tokio::test]
async fn a_login_that_was_never_finished_ends() {
    let Halfway { bench, logins, callback } = halfway().await;

    bench.pass(901);
    let late = come_back(&logins, callback, "x").await.expect_err("too late");

    assert!(matches!(late, ConnectError::Callback(CallbackError::UnknownState)), "{late}");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_and_no_code_is_sent() {
    let Halfway { bench, logins, mut callback } = halfway().await;
    callback.pop();
    callback.push(("iss".into(), "https://evil.example".into()));

    let mixed_up = come_back(&logins, callback, "x").await.expect_err("another issuer");

    assert!(matches!(mixed_up, ConnectError::Callback(CallbackError::IssuerMismatch { .. })), "{mixed_up}");
    assert_eq!(bench.provider.asked("POST /token").len(), 0);
    assert_eq!(bench.entry().state().status(), Status::LoginRequired);
}

#[tokio::test]
async fn a_login_page_of_another_site_is_shown_to_the_person_first() {
    let bench = Workbench::new(json!({})).await;
    let mut metadata = crate::connect::workbench::metadata();
    metadata["authorization_endpoint"] = json!("https://elsewhere.example/authorize");
    bench.provider.answer("GET /.well-known/oauth-authorization-server", 200, metadata);
    let logins = Logins::new(bench.core.clone());

    let starter = Starter { browser: &browser("x"), ticket: "t" };
    let begun = begin(&logins, &bench.entry(), starter).await.expect("begun");
    let at_terminal =
        super::begin::at_terminal(&logins, &bench.entry(), &browser("x")).await.expect_err("nobody asked");

    assert!(matches!(begun, Begin::Foreign(notice) if notice.login == "elsewhere.example"));
    assert!(matches!(at_terminal, ConnectError::Login(LoginError::ForeignLogin(_))), "{at_terminal}");
}
