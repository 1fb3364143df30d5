//! What a login asks for, and what it does without.

use mcphub_oauth::challenge::Challenge;
use mcphub_oauth::pkce::Use;
use serde_json::{Value, json};

use super::pkce::decided;
use super::preparation::{Prepared, prepare};
use super::scopes::wanted_scopes;
use crate::connect::core::state::{ServerState, Status};
use crate::connect::workbench::{Workbench, metadata};

/// The scopes that a login asks for after a refusal with these.
async fn wanted(oauth: Value, challenged: &[&str]) -> Vec<String> {
    let bench = Workbench::new(oauth).await;
    let entry = bench.entry();
    let scope = challenged.iter().map(|scope| (*scope).to_owned()).collect();
    entry.remember(|memory| memory.demand.challenge = Some(Challenge { scope, ..Challenge::default() }));
    let Prepared::Ready(discovered, client) = prepare(&bench.core, &entry).await.expect("prepared") else {
        panic!("it needs no set-up");
    };
    wanted_scopes(bench.at(&entry, &discovered), &client).await.expect("selected")
}

#[tokio::test]
async fn configured_scopes_come_first_then_the_challenge_then_the_metadata() {
    assert_eq!(wanted(json!({}), &[]).await, ["read"]);
    assert_eq!(wanted(json!({}), &["write"]).await, ["write"]);
    assert_eq!(wanted(json!({"scopes": ["mine"]}), &[]).await, ["mine"]);
    let both = wanted(json!({"scopes": ["mine"]}), &["write"]).await;
    assert!(both.contains(&"mine".to_owned()) && both.contains(&"write".to_owned()), "{both:?}");
}

#[tokio::test]
async fn a_server_that_does_not_list_s256_is_refused_until_the_person_vouches_for_it() {
    let mut silent = metadata();
    silent.as_object_mut().expect("object").remove("code_challenge_methods_supported");
    let strict = Workbench::new(json!({})).await;
    strict.provider.answer("GET /.well-known/oauth-authorization-server", 200, silent.clone());
    let vouched = Workbench::new(json!({"pkce": "assume"})).await;
    vouched.provider.answer("GET /.well-known/oauth-authorization-server", 200, silent);

    assert!(prepare(&strict.core, &strict.entry()).await.is_err());
    assert_eq!(strict.entry().state().status(), Status::Failed);
    let (entry, discovered) = (vouched.entry(), vouched.discovered().await);
    assert_eq!(decided(vouched.at(&entry, &discovered)).expect("decided"), Use::S256);
}

#[tokio::test]
async fn the_state_says_what_preparing_found() {
    let bench = Workbench::new(json!({})).await;

    prepare(&bench.core, &bench.entry()).await.expect("prepared");
    assert_eq!(bench.entry().state(), ServerState::LoginRequired { why: None });
    bench.entry().remember(|memory| memory.ended = Some("the provider ended it".into()));
    prepare(&bench.core, &bench.entry()).await.expect("prepared");
    assert_eq!(bench.entry().state().problem().as_deref(), Some("the provider ended it"));
}
