//! Honest hooks: what is told arrives, what is answered comes back checked.

use mcphub_oauth::hook::{
    Abilities, Action, AnswerVerdict, Attempt, ChallengeView, FlowOperation, GrantedScopes, MaskedAnswer, Need,
    ReadCallback, Redirection,
};
use mcphub_oauth::profile::{ErrorClass, Operation};
use mcphub_plugins::{Origin, Plugin};

use crate::support::{context, host, load, minimal};

const URL: &str = "https://as.example.org/authorize";
const DRAFT: &str = r#"{"client_name":"MCPHub","redirect_uris":["http://localhost:3000/oauth/callback"]}"#;

async fn plugin() -> Plugin {
    load("").await.expect("plugin")
}

#[tokio::test]
async fn a_plugin_without_a_hook_is_not_called() {
    let plugin = host().load(Origin::Bundled, minimal()).await.expect("plugin");

    assert_eq!(plugin.authorize(&context(), URL, &[]).await, Ok(None));
    assert_eq!(plugin.guides(&context()).await, Ok(None));
    assert_eq!(plugin.match_server("https://minimal.example/", None, None).await, Ok(None));
}

#[tokio::test]
async fn what_belongs_to_the_hub_may_be_handed_back_and_is_left_to_the_hub() {
    let params = [("state".to_owned(), "masked".to_owned()), ("scope".to_owned(), "read".to_owned())];

    let answer = plugin().await.authorize(&context(), URL, &params).await;

    let kept = vec![("scope".to_owned(), "read".to_owned()), ("login_hint".to_owned(), "cloud".to_owned())];
    assert_eq!(answer, Ok(Some(Redirection::Request { url: URL.into(), params: kept })));
}

#[tokio::test]
async fn a_server_is_matched_by_its_metadata() {
    let found = plugin().await.match_server("https://x.example/", None, Some("{}")).await;

    let found = found.expect("answer").expect("match");
    assert_eq!((found.variant.as_str(), found.needed.as_slice()), ("hooked", ["region".to_owned()].as_slice()));
}

#[tokio::test]
async fn a_challenge_is_mended() {
    let challenge = ChallengeView {
        status: 401,
        scheme: "Bearer".into(),
        error: None,
        scope: vec!["read".into()],
        resource_metadata: None,
    };

    let patched = plugin().await.patch_protected_resource(&context(), &challenge, None).await;

    let patched = patched.expect("answer").expect("hook");
    assert_eq!(patched.authorization_server.as_deref(), Some("https://api.example.com"));
    assert_eq!(patched.scopes, ["read"]);
}

#[tokio::test]
async fn endpoints_that_the_document_named_already_are_kept() {
    let document = r#"{"token_endpoint":"https://elsewhere.example/token"}"#;

    let patched = plugin().await.patch_server_metadata(&context(), Some(document), Some(URL)).await;

    assert_eq!(patched.expect("answer").expect("patched").document, document);
}

#[tokio::test]
async fn registration_keeps_what_is_the_hubs() {
    let abilities = Abilities { metadata_document: None, redirect_uris: Vec::new() };

    let attempts = plugin().await.registration_attempts(&context(), DRAFT, &abilities).await;

    let attempts = attempts.expect("answer").expect("hook");
    let second = r#"{"scope":"read","redirect_uris":["http://localhost:3000/oauth/callback"],"client_name":"MCPHub"}"#;
    assert_eq!(attempts[1], Attempt::Dynamic(second.into()));
    assert_eq!(attempts[2], Attempt::Setup("app".into()));
}

#[tokio::test]
async fn a_registration_answer_is_judged() {
    let plugin = plugin().await;

    let accepted = plugin.registration_answer(&context(), 201, "{}").await.expect("answer").expect("hook");
    let refused = plugin.registration_answer(&context(), 403, "{}").await.expect("answer").expect("hook");

    assert_eq!(accepted, Ok(AnswerVerdict::AcceptAsPublic));
    assert_eq!(refused.expect_err("fault").class, ErrorClass::UserDenied);
}

#[tokio::test]
async fn a_callback_is_read() {
    let plugin = plugin().await;

    let read = plugin.read_callback(&context(), &[("code".into(), "masked".into())]).await.expect("answer");
    let denied = plugin.read_callback(&context(), &[("denied".into(), "1".into())]).await.expect("answer");

    let captured = vec![("team".to_owned(), "acme".to_owned())];
    assert_eq!(read, Some(Ok(ReadCallback { code: "code".into(), captured })));
    assert!(denied.expect("hook").is_err());
}

#[tokio::test]
async fn scopes_are_asked_for_and_read() {
    let plugin = plugin().await;

    let needed = plugin.scopes_for(&context(), &Need::Challenge(vec!["list".into()])).await;
    let listed = plugin.granted(&context(), Some("a,b"), &[]).await;
    let silent = plugin.granted(&context(), None, &[]).await;

    assert_eq!(needed, Ok(Some(vec!["list".to_owned()])));
    assert_eq!(listed, Ok(Some(GrantedScopes::Listed(vec!["a".into(), "b".into()]))));
    assert_eq!(silent, Ok(Some(GrantedScopes::AsRequested)));
}

#[tokio::test]
async fn an_error_is_classified_or_left_to_the_table() {
    let plugin = plugin().await;

    let known = plugin.classify_error(&context(), Operation::Exchange, 403, &[], "").await.expect("answer");
    let unknown = plugin.classify_error(&context(), Operation::Exchange, 500, &[], "").await.expect("answer");

    assert_eq!(known.expect("fault").class, ErrorClass::UserDenied);
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn guides_are_written_for_the_login() {
    let guides = plugin().await.guides(&context()).await;

    assert_eq!(guides.expect("answer").expect("hook")[0].title, "cloud");
}

#[tokio::test]
async fn a_flow_goes_step_by_step_without_memory_of_its_own() {
    let plugin = plugin().await;
    let last = MaskedAnswer { status: 200, headers: Vec::new(), body: "acme".into(), claims: Vec::new() };

    let first = plugin.next(&context(), FlowOperation::Lookup, 0, "", None).await.expect("step");
    let second = plugin.next(&context(), FlowOperation::Lookup, 1, &first.state, Some(&last)).await.expect("step");
    let third = plugin.next(&context(), FlowOperation::Lookup, 2, &second.state, Some(&last)).await.expect("step");

    assert!(matches!(first.action, Action::Send(_)));
    assert!(matches!(second.action, Action::Choose(_)));
    assert!(matches!(&third.action, Action::Done(outcome) if outcome.account_label.as_deref() == Some("acme")));
    assert_eq!(third.state, "012");
}
