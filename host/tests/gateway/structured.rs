//! Structured content that is no object, and the schemas for it: what clients of both generations get of servers of both.

use serde_json::{Value, json};

use crate::bridging::complete;
use crate::client::Client;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::sessionless::Sessionless;

const LISTED: &str = r##"{"name":"t","inputSchema":{"type":"object","properties":{"x":true}},"outputSchema":{"$defs":{"n":{"type":"number"}},"type":"array","items":{"$ref":"#/$defs/n"}}}"##;

/// A server with one tool of each kind of output.
async fn server() -> Sessionless {
    Sessionless::start(|method, params| {
        let content = match params["name"].as_str() {
            Some("t") => json!([1.50, 2]),
            Some("any") => json!({ "a": 1 }),
            _ => Value::Null,
        };
        match method {
            "tools/list" => {
                let listed: Value = serde_json::from_str(LISTED).expect("JSON");
                let any = json!({ "name": "any", "inputSchema": { "type": "object" }, "outputSchema": { "anyOf": [{ "type": "object" }, { "type": "null" }] } });
                let none = json!({ "name": "none", "inputSchema": { "type": "object" } });
                Some(complete(json!({ "tools": [listed, any, none], "ttlMs": 1000, "cacheScope": "public" })))
            }
            "tools/call" => Some(complete(json!({ "content": [], "structuredContent": content }))),
            _ => None,
        }
    })
    .await
}

#[tokio::test]
async fn a_client_of_the_same_revision_gets_schema_and_content_as_they_are() {
    let server = server().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    let listed = client.send(json!(1), "tools/list", json!({})).await.text().await.expect("a body");
    let (_, called) = client.request("tools/call", json!({ "name": "t" })).await;

    assert!(listed.contains(LISTED), "{listed}");
    assert_eq!(called["result"]["structuredContent"], json!([1.5, 2]));
}

#[tokio::test]
async fn an_older_client_gets_both_inside_an_object_and_they_fit() {
    let server = server().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    // A client of the other generation lists first: what is kept is for both.
    ModernClient::new(&hub.url("/mcp/a"), json!({})).request("tools/list", json!({})).await;
    for (path, prefix) in [("/mcp/a", ""), ("/mcp", "a-")] {
        let client = Client::connect_as(&hub.url(path), json!({}), "2025-11-25").await;

        let listed = client.request("tools/list", json!({})).await;
        let called = client.call(&format!("{prefix}t"), json!({})).await;
        let any = client.call(&format!("{prefix}any"), json!({})).await;
        let none = client.call(&format!("{prefix}none"), json!({})).await;

        let tools = &listed["result"]["tools"];
        let schema = &tools[0]["outputSchema"];
        assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!(["result"])));
        let items = &schema["properties"]["result"]["items"]["$ref"];
        assert_eq!(items, "#/properties/result/$defs/n");
        let pointer = items.as_str().and_then(|items| items.strip_prefix('#')).expect("a pointer");
        assert_eq!(schema.pointer(pointer), Some(&json!({ "type": "number" })));
        assert_eq!(tools[0]["inputSchema"]["properties"], json!({ "x": {} }));
        assert_eq!(called["result"]["structuredContent"], json!({ "result": [1.5, 2] }));
        assert_eq!(tools[1]["outputSchema"]["required"], json!(["result"]));
        assert_eq!(any["result"]["structuredContent"], json!({ "result": { "a": 1 } }));
        assert!(tools[2].get("outputSchema").is_none());
        assert_eq!(none["result"]["structuredContent"], json!({ "result": null }));
    }
}
