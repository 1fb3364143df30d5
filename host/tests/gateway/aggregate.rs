//! What an endpoint for several servers keeps of each of them.

use mcphub::connect::Status;
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::scripted::{Scripted, said, tools};

/// A server with this tool, these extra members of its list, and these capabilities and instructions.
async fn server(tool: &'static str, extras: Value, greeting: Value) -> Scripted {
    Scripted::greeting(greeting, move |method, params| {
        Some(match method {
            "tools/list" => {
                let mut list = json!({ "tools": tools(&[tool]) });
                list.as_object_mut().expect("object").extend(extras.as_object().expect("object").clone());
                list
            }
            "tools/call" if params["task"].is_object() => json!({ "task": { "taskId": format!("of-{tool}") } }),
            "tasks/get" if params["taskId"] == format!("of-{tool}") => {
                json!({ "taskId": params["taskId"], "of": tool })
            }
            "tasks/get" => json!({ "error": { "code": -32602, "message": "no such task" } }),
            "tasks/list" => json!({ "tasks": [{ "taskId": format!("of-{tool}") }] }),
            "search/run" => json!({ "of": tool }),
            "resources/read" => {
                json!({ "error": { "code": -32002, "message": "none", "data": { "of": tool, "n": 1.50 } } })
            }
            "tools/call" => said(tool),
            _ => json!({}),
        })
    })
    .await
}

/// A hub that runs and knows both servers.
async fn with(one: &Scripted, two: &Scripted) -> Hub {
    let hub = Hub::of(&[("one", &one.url), ("two", &two.url)]).await;
    hub.gateway.start();
    for name in ["one", "two"] {
        hub.until_some(async || hub.connector.view(name).await.filter(|view| view.status == Status::Connected)).await;
    }
    hub
}

fn greeting(capabilities: &Value, instructions: &str) -> Value {
    json!({ "capabilities": capabilities, "instructions": instructions })
}

#[tokio::test]
async fn what_lists_say_besides_their_entries_is_merged_by_its_meaning() {
    let extras = json!({ "ttlMs": 60_000, "cacheScope": "public", "_meta": { "a/x": 1 }, "x-new": [1] });
    let one = server("x", extras, json!({ "capabilities": { "tools": {} } })).await;
    let extras = json!({ "ttlMs": 5000, "cacheScope": "private", "_meta": { "a/x": 2, "b/y": 3 } });
    let two = server("y", extras, json!({ "capabilities": { "tools": {} } })).await;
    let hub = with(&one, &two).await;

    let result = Client::connect(&hub.url("/mcp")).await.request("tools/list", json!({})).await["result"].clone();
    let alone = Client::connect(&hub.url("/mcp/one")).await.request("tools/list", json!({})).await["result"].clone();

    assert!((1..=5000).contains(&result["ttlMs"].as_u64().expect("a time")), "{result}");
    assert_eq!((&result["cacheScope"], &result["x-new"]), (&json!("private"), &json!([1])));
    assert_eq!(result["_meta"], json!({ "a/x": 1, "b/y": 3 }));
    assert_eq!((&alone["cacheScope"], &alone["_meta"]), (&json!("public"), &json!({ "a/x": 1 })));
    assert!(alone["ttlMs"].as_u64().is_some_and(|left| left > 5000), "{alone}");
}

#[tokio::test]
async fn the_greeting_has_the_capabilities_and_instructions_of_the_servers() {
    let capabilities = json!({ "tools": {}, "extensions": { "com.example/search": {} }, "logging": {} });
    let one = server("x", json!({}), greeting(&capabilities, "Be kind.")).await;
    let capabilities = json!({ "tools": {}, "prompts": {}, "tasks": { "list": {} } });
    let two = server("y", json!({}), greeting(&capabilities, "Be quick.")).await;
    let hub = with(&one, &two).await;

    let client = Client::connect(&hub.url("/mcp")).await;

    let changing = json!({ "listChanged": true });
    let expected = json!({
        "tools": changing, "extensions": { "com.example/search": {} }, "logging": {}, "prompts": changing,
        "tasks": { "list": {} },
    });
    assert_eq!(client.greeting["capabilities"], expected);
    assert_eq!(client.greeting["instructions"], "# one\n\nBe kind.\n\n# two\n\nBe quick.");
    assert_eq!(client.greeting["serverInfo"]["name"], "mcphub");
}

#[tokio::test]
async fn tasks_lead_to_the_server_that_created_them() {
    let tasks = json!({ "capabilities": { "tools": {}, "tasks": { "list": {} } } });
    let (one, two) = (server("x", json!({}), tasks.clone()).await, server("y", json!({}), tasks).await);
    let hub = with(&one, &two).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let call = json!({ "name": "two-y", "arguments": {}, "task": {} });

    let created = client.request("tools/call", call).await["result"]["task"]["taskId"].clone();
    let found = client.request("tasks/get", json!({ "taskId": created })).await;
    let listed = client.request("tasks/list", json!({})).await;
    let elsewhere = client.request("tasks/get", json!({ "taskId": "of-x" })).await;
    let unknown = client.request("tasks/get", json!({ "taskId": "nobody" })).await;

    assert_eq!(found["result"]["of"], "y");
    assert_eq!(one.count("tasks/get"), 2, "of its own task and of the unknown one");
    assert_eq!(listed["result"]["tasks"], json!([{ "taskId": "of-x" }, { "taskId": "of-y" }]));
    assert_eq!((&elsewhere["result"]["of"], &unknown["error"]["message"]), (&json!("x"), &json!("no such task")));
}

#[tokio::test]
async fn a_method_of_an_extension_goes_to_the_server_that_declares_it() {
    let declared = json!({ "capabilities": { "tools": {}, "extensions": { "com.example/search": {} } } });
    let one = server("x", json!({}), json!({ "capabilities": { "tools": {} } })).await;
    let two = server("y", json!({}), declared).await;
    let hub = with(&one, &two).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let found = client.request("search/run", json!({ "q": 1 })).await;
    let unknown = client.request("other/run", json!({})).await;

    assert_eq!(found["result"]["of"], "y");
    assert_eq!((&unknown["error"]["code"], one.count("search/run"), two.count("other/run")), (&json!(-32601), 0, 0));
}

#[tokio::test]
async fn any_method_goes_to_a_server_that_is_alone() {
    let one = server("x", json!({}), json!({ "capabilities": { "tools": {} } })).await;
    let hub = Hub::of(&[("one", &one.url)]).await;

    let answer = Client::connect(&hub.url("/mcp")).await.request("search/run", json!({})).await;

    assert_eq!(answer["result"]["of"], "x");
}

#[tokio::test]
async fn the_error_of_a_server_about_an_unknown_resource_keeps_its_data() {
    let resources = json!({ "capabilities": { "tools": {}, "resources": {} } });
    let (one, two) = (server("x", json!({}), resources.clone()).await, server("y", json!({}), resources).await);
    let hub = with(&one, &two).await;

    let answer = Client::connect(&hub.url("/mcp")).await.request("resources/read", json!({ "uri": "x://none" })).await;

    assert_eq!((&answer["error"]["code"], &answer["error"]["data"]["n"]), (&json!(-32002), &json!(1.5)));
}

#[tokio::test]
async fn the_meta_of_a_request_goes_to_the_server_that_is_asked_for_it() {
    let one = server("x", json!({}), json!({ "capabilities": { "tools": {} } })).await;
    let hub = Hub::of(&[("one", &one.url)]).await;
    let client = Client::connect(&hub.url("/mcp/one")).await;

    client.request("tools/list", json!({ "_meta": { "a/x": 1 } })).await;

    assert_eq!(one.last("tools/list")["params"]["_meta"], json!({ "a/x": 1 }));
}

#[tokio::test]
async fn the_error_of_the_one_server_in_scope_is_its_own() {
    let error = json!({ "error": { "code": -32099, "message": "no list today", "data": { "until": 7 } } });
    let one = Scripted::start(move |_, _| Some(error.clone())).await;
    let hub = Hub::of(&[("one", &one.url)]).await;

    let answer = Client::connect(&hub.url("/mcp/one")).await.request("tools/list", json!({})).await;

    assert_eq!(
        (&answer["id"], &answer["error"]["code"], &answer["error"]["data"]["until"]),
        (&json!(1), &json!(-32099), &json!(7))
    );
}

#[tokio::test]
async fn a_list_without_end_is_ended_and_noted() {
    let endless = Scripted::start(|method, _| {
        Some(match method {
            "tools/list" => json!({ "tools": tools(&["x"]), "nextCursor": "again" }),
            _ => json!({}),
        })
    })
    .await;
    let hub = Hub::of(&[("s", &endless.url)]).await;

    assert_eq!(Client::connect(&hub.url("/mcp")).await.tools().await, ["s-x"]);

    let notes = hub.gateway.notes("s").join("\n");
    assert!(notes.contains("the list ends there") && endless.count("tools/list") == 2, "{notes}");
}

#[tokio::test]
async fn prompts_and_resources_are_described_as_the_settings_say() {
    let peer = Scripted::start(|method, _| {
        Some(match method {
            "prompts/list" => json!({ "prompts": [{ "name": "p", "description": "old", "title": "t" }] }),
            "resources/list" => json!({ "resources": [{ "uri": "a://1", "name": "1" }] }),
            "resources/templates/list" => json!({ "resourceTemplates": [{ "uriTemplate": "a://{x}", "name": "t" }] }),
            _ => json!({}),
        })
    })
    .await;
    let hub = Hub::with(&[("s", &peer.url)], |server| {
        server.prompts.insert("p".into(), Hub::tool(None, Some("new")));
        server.resources.insert("a://1".into(), Hub::tool(None, Some("one")));
        server.resources.insert("a://{x}".into(), Hub::tool(None, Some("any")));
    })
    .await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let mut described = Vec::new();
    for (method, key) in [
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ] {
        described.push(client.request(method, json!({})).await["result"][key][0]["description"].clone());
    }

    assert_eq!(described, ["new", "one", "any"]);
}
