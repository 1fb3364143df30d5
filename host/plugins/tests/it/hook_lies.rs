//! Hooks that answer what no plugin may answer: one test for each kind of lie.

use mcphub_oauth::hook::{Abilities, ChallengeView, FlowOperation};
use mcphub_oauth::profile::Pair;
use mcphub_plugins::{CallError, Plugin};

use crate::support::{context, load};

const URL: &str = "https://api.example.com/authorize";
const DRAFT: &str = r#"{"client_name":"MCPHub","redirect_uris":["http://localhost:3000/oauth/callback"]}"#;

async fn plugin(lie: &str) -> Plugin {
    load(&format!("do={lie}")).await.expect("plugin")
}

fn told<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    answer.expect_err("refused").to_string()
}

fn params() -> Vec<Pair> {
    vec![("state".into(), "masked".into()), ("code_challenge".into(), "abc".into()), ("scope".into(), "read".into())]
}

async fn authorize(lie: &str) -> String {
    told(plugin(lie).await.authorize(&context(), URL, &params()).await)
}

#[tokio::test]
async fn a_person_is_not_sent_to_another_host() {
    assert_eq!(
        authorize("another page").await,
        "plugin example, hook on-authorize: answered what is not allowed: on-authorize.url leads to \"evil.example\", which \
         is not in identity.hosts; add it there"
    );
}

#[tokio::test]
async fn an_installation_is_not_at_another_host() {
    assert!(authorize("install elsewhere").await.contains("on-authorize.install-link leads to \"evil.example\""));
}

#[tokio::test]
async fn the_state_is_not_changed() {
    assert_eq!(
        authorize("change the state").await,
        "plugin example, hook on-authorize: answered what is not allowed: on-authorize.params changes \"state\", which \
         belongs to the hub; hand it back as it was or leave it out"
    );
}

#[tokio::test]
async fn the_state_is_not_hidden_in_the_address() {
    assert!(
        authorize("state in the address").await.contains("on-authorize.url names \"state\", which belongs to the hub")
    );
}

#[tokio::test]
async fn another_authorization_server_is_one_that_is_named_somewhere() {
    let challenge =
        ChallengeView { status: 401, scheme: "Bearer".into(), error: None, scope: Vec::new(), resource_metadata: None };

    let answer = plugin("another server").await.patch_protected_resource(&context(), &challenge, None).await;

    assert!(told(answer).contains(
        "on-protected-resource.authorization-server is \"https://evil.example\", which the metadata does not name"
    ));
}

#[tokio::test]
async fn metadata_is_not_patched_towards_another_host() {
    let answer = plugin("another endpoint").await.patch_server_metadata(&context(), None, None).await;

    assert!(told(answer).contains("on-server-metadata.document leads to \"evil.example\""));
}

#[tokio::test]
async fn another_redirect_uri_is_not_registered() {
    let abilities = Abilities { metadata_document: None, redirect_uris: Vec::new() };

    let answer = plugin("another redirect URI").await.registration_attempts(&context(), DRAFT, &abilities).await;

    assert!(told(answer).contains("on-registration.attempts[0] changes \"redirect_uris\", which belongs to the hub"));
}

#[tokio::test]
async fn a_guide_that_is_not_there_is_not_shown() {
    let abilities = Abilities { metadata_document: None, redirect_uris: Vec::new() };

    let answer = plugin("no such guide").await.registration_attempts(&context(), DRAFT, &abilities).await;

    assert!(told(answer).contains("on-registration.attempts[0] is \"Nothing!\", which is no id"));
}

#[tokio::test]
async fn a_plan_does_not_go_to_another_host() {
    let answer = plugin("fetch elsewhere").await.next(&context(), FlowOperation::Lookup, 0, "", None).await;

    assert!(told(answer).contains("plugin example, hook flow: answered what is not allowed: flow.send.url leads to"));
}

#[tokio::test]
async fn a_plan_does_not_go_to_this_machine() {
    let answer = plugin("fetch this machine").await.next(&context(), FlowOperation::Lookup, 0, "", None).await;

    assert!(told(answer).contains("flow.send.url leads to \"127.0.0.1\""));
}

#[tokio::test]
async fn a_plan_does_not_capture_a_token() {
    let answer = plugin("capture from a token").await.next(&context(), FlowOperation::Lookup, 0, "", None).await;

    assert!(told(answer).contains("flow.send.captures[0].at points at \"/token\", where a token is"));
}

#[tokio::test]
async fn what_a_flow_remembers_is_bounded() {
    let answer = plugin("long memory").await.next(&context(), FlowOperation::Lookup, 0, "", None).await;

    assert!(told(answer).contains("flow.state is longer than 4096 bytes"));
}

#[tokio::test]
async fn an_operation_that_was_not_announced_is_not_asked_for() {
    let answer = plugin("").await.next(&context(), FlowOperation::Exchange, 0, "", None).await;

    assert!(told(answer).contains("flow was asked for an operation that flow.operations does not list"));
}
