//! What the conformance suite does not cover, against a real authorization server.

use mcphub_tests::client::link_in;
use mcphub_tests::{AuthorityPeer, Browser, text};
use serde_json::{Value, json};

use crate::{World, expect_echo, sign_in};

/// Where the hub's Client ID Metadata Document is said to be; the authority reads what it is given.
const DOCUMENT: &str = "https://hub.example/oauth/client-metadata.json";

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_bound_to_a_key_where_the_server_wants_that() {
    let Some(world) = World::with(&json!({"dpop": true}), json!({"dpop": true}), |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;

    let client = world.client().await;
    expect_echo(&client).await;
    expect_echo(&client).await;
    assert!(world.server.count("proofs").await > 2);
    let kept = world.hub.home.json().pointer("/obtained/grants/0/dpopKey").cloned();
    let kept = kept.as_ref().and_then(Value::as_str).expect("the key is kept with its grant");
    assert!(!world.hub.log().contains(kept), "the key is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_grant_is_refreshed_with_its_own_key_also_after_a_restart() {
    let Some(mut world) = World::with(&json!({"dpop": true}), json!({"dpop": true}), |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    world.server.forget().await;

    world.hub = world.hub.restart();

    world.hub.until("notes", "connected").await;
    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("grant:refresh_token").await, 1);
    assert_eq!(world.authority.count("grant:authorization_code").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_metadata_document_stands_for_a_registration() {
    let document = json!({
        "client_id": DOCUMENT,
        "client_name": "MCPHub",
        "redirect_uris": ["http://localhost/oauth/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let authority = json!({"metadataDocument": document});
    let Some(world) = World::in_system(&authority, &json!({"oauthClient": {"clientIdMetadataUrl": DOCUMENT}})) else {
        return;
    };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;
    world.server.forget().await;

    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("registrations").await, 0);
    assert_eq!(world.authority.count("grant:refresh_token").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_needs_more_asks_the_person_once_and_what_was_granted_stays() {
    let server = json!({"needs": {"add": "mcp:write"}});
    let Some(world) = World::with(&json!({}), server, |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let client = world.client().await;
    expect_echo(&client).await;

    let (told, failed) = client.call("add", json!({"a": 2, "b": 3})).await;
    let trip = Browser::new().follow(&link_in(&told)).await;

    assert!(failed && trip.page.contains("Signed in to notes"), "{told} {trip:#?}");
    assert_eq!(client.call("add", json!({"a": 2, "b": 3})).await, ("5".to_owned(), false));
    let scopes = world.hub.view("notes").await["scopes"].to_string();
    assert!(scopes.contains("\"mcp\"") && scopes.contains("\"mcp:write\""), "{scopes}");
    assert_eq!(world.server.count("insufficient").await, 1);
    let stages = world.hub.view("notes").await["events"].to_string();
    assert!(stages.contains("\"step-up\""), "{stages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_restarts_and_forgets_everything_costs_one_login() {
    let Some(mut world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    sign_in(&world.hub, "notes").await;
    let port: u16 = world.authority.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let client = world.client().await;
    expect_echo(&client).await;

    world.authority.stop();
    world.authority = AuthorityPeer::start(&json!({"port": port})).expect("it starts again");
    world.server.forget().await;
    let (told, failed) = client.call("echo", json!({"text": "hi"})).await;
    Browser::new().follow(&link_in(&told)).await;

    assert!(failed, "{told}");
    world.hub.until("notes", "connected").await;
    expect_echo(&client).await;
    assert_eq!(world.authority.count("registrations").await, 1);
    let problem: Value = world.hub.view("notes").await;
    assert_eq!(text(&problem, "/problem"), "");
}
