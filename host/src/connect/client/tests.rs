//! Which client the hub uses at an issuer.

use mcphub_oauth::client::Client;
use mcphub_oauth::hook::ClientKind;
use serde_json::{Value, json};

use super::identity::{ClientIdentity, identity};
use crate::connect::workbench::Workbench;

async fn chosen(bench: &Workbench) -> Result<Client, String> {
    let (entry, discovered) = (bench.entry(), bench.discovered().await);
    match identity(bench.at(&entry, &discovered)).await.expect("decided") {
        ClientIdentity::Client(client) => Ok(*client),
        ClientIdentity::Setup(why) => Err(why),
    }
}

#[tokio::test]
async fn a_configured_client_comes_first_and_nothing_is_registered() {
    let bench = Workbench::new(json!({"clientId": "mine", "clientSecret": "s3cret-of-mine"})).await;

    let client = chosen(&bench).await.expect("a client");

    assert_eq!((client.name(), client.kind), ("mine", ClientKind::Configured));
    assert_eq!(bench.provider.asked("POST /register").len(), 0);
}

#[tokio::test]
async fn a_registered_client_is_kept_and_used_again() {
    let bench = Workbench::new(json!({})).await;

    let first = chosen(&bench).await.expect("a client");
    let second = chosen(&bench).await.expect("a client");

    assert_eq!((first.name(), second.name()), ("registered-1", "registered-1"));
    assert_eq!(bench.provider.asked("POST /register").len(), 1);
}

#[tokio::test]
async fn a_client_that_this_servers_login_showed_to_be_gone_is_not_used_again() {
    let bench = Workbench::new(json!({})).await;
    let gone = chosen(&bench).await.expect("a client");
    bench.entry().remember(|memory| memory.gone_client.clone_from(&gone.id));
    bench.provider.answer("POST /register", 201, json!({"client_id": "registered-2"}));

    let client = chosen(&bench).await.expect("a client");

    assert_eq!(client.name(), "registered-2");
}

#[tokio::test]
async fn a_refused_registration_leads_to_the_set_up_page_with_the_reason() {
    let bench = Workbench::new(json!({})).await;
    bench.provider.answer("POST /register", 403, json!({"error": "access_denied"}));

    let why = chosen(&bench).await.expect_err("no client");

    assert!(why.contains("initialAccessToken"), "{why}");
    assert_eq!(
        why_without_registration(json!({"dynamicRegistration": {"enabled": false}})).await,
        "dynamic registration is switched off in the settings"
    );
}

async fn why_without_registration(oauth: Value) -> String {
    chosen(&Workbench::new(oauth).await).await.expect_err("no client")
}
