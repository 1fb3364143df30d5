//! What clients of revision 2026-07-28 are promised, and what they then get.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::events;
use crate::scripted::Scripted;

/// A server with these capabilities, and with nothing in its lists.
async fn empty(capabilities: Value) -> Scripted {
    let lists = || json!({ "tools": [], "prompts": [], "resources": [], "resourceTemplates": [] });
    Scripted::greeting(json!({ "capabilities": capabilities }), move |_, _| Some(lists())).await
}

#[tokio::test]
async fn who_listens_is_promised_what_can_come_and_no_more() {
    let (server, second) =
        (empty(json!({ "tools": {} })).await, empty(json!({ "prompts": { "listChanged": true } })).await);
    let hub = Hub::of(&[("a", &server.url), ("b", &second.url)]).await;
    let all = json!({ "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true });

    for (path, expected) in [
        // The hub itself tells of the tools: switches in its settings change them.
        ("/mcp/a", json!({ "toolsListChanged": true })),
        ("/mcp/b", json!({ "promptsListChanged": true })),
        ("/mcp", json!({ "toolsListChanged": true, "promptsListChanged": true })),
    ] {
        let client = ModernClient::new(&hub.url(path), json!({}));
        let response = client.send(json!(1), "subscriptions/listen", json!({ "notifications": all })).await;
        let acknowledged = events(response).next().await.expect("acknowledged");

        assert_eq!(acknowledged["params"]["notifications"], expected, "{path}");
    }
}

#[tokio::test]
async fn a_list_is_a_method_where_discovery_declares_it_and_nowhere_else() {
    let server = empty(json!({ "tools": {} })).await;
    let hub = Hub::of(&[("a", &server.url)]).await;

    for path in ["/mcp/a", "/mcp"] {
        let client = ModernClient::new(&hub.url(path), json!({}));
        let (_, found) = client.request("server/discover", json!({})).await;
        for (method, capability) in
            [("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources")]
        {
            let (status, listed) = client.request(method, json!({})).await;
            let is_declared = found["result"]["capabilities"].get(capability).is_some();
            assert_eq!(
                (is_declared, status),
                (capability == "tools", if is_declared { 200 } else { 404 }),
                "{path} {listed}"
            );
        }
    }
}
