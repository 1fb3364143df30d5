//! What `type` says is a hint: either transport is found whatever it says.

use mcphub_tests::{Client, Hub, ServerPeer};
use serde_json::{Value, json};

use crate::{World, expect_echo, sign_in};

/// Every way of writing the entry of one server.
fn hub_for(server: &ServerPeer) -> Hub {
    let entry = |kind: &str| json!({"type": kind, "url": server.mcp()});
    Hub::start(&json!({"mcpServers": {
        "said-sse": entry("sse"),
        "said-streamable": entry("streamable-http"),
        "unsaid": {"url": server.mcp()},
    }}))
}

async fn expect_all(server: &ServerPeer) {
    let hub = hub_for(server);
    for name in ["said-sse", "said-streamable", "unsaid"] {
        hub.until(name, "connected").await;
        let client = Client::connect(&hub.mcp(name)).await;
        expect_echo(&client).await;
        assert_eq!(client.call("slow", json!({"steps": 3})).await, ("done".to_owned(), false), "{name}");
        assert_eq!(client.call("ask", json!({})).await.0, "the client says Ann", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streamable_http_works_whatever_the_entry_says() {
    let Some(server) = ServerPeer::open(&json!({})) else { return };

    expect_all(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_sse_transport_works_whatever_the_entry_says() {
    let Some(server) = ServerPeer::open(&json!({"sse": true})) else { return };

    expect_all(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_server_with_the_older_transport_is_logged_in_to() {
    for kind in ["sse", "streamable-http"] {
        let entry = |_: &mcphub_tests::AuthorityPeer| -> Value { json!({"type": kind}) };
        let Some(world) = World::with(&json!({}), json!({"sse": true}), entry) else { return };
        world.hub.until("notes", "login_required").await;

        sign_in(&world.hub, "notes").await;

        let client = world.client().await;
        expect_echo(&client).await;
        world.server.forget().await;
        expect_echo(&client).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_streamable_server_declared_as_sse_is_logged_in_to() {
    let Some(world) = World::with(&json!({}), json!({}), |_| json!({"type": "sse"})) else { return };
    world.hub.until("notes", "login_required").await;

    sign_in(&world.hub, "notes").await;

    expect_echo(&world.client().await).await;
}
