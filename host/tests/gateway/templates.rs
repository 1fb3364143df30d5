//! Resources that no list names: which server is asked for them.

use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::scripted::Scripted;

/// A server with these templates and this resource. It answers every read, and its tool links to `config://app`.
async fn having(label: &'static str, templates: &'static [&'static str], listed: &'static [&'static str]) -> Scripted {
    Scripted::start(move |method, params| {
        let template = |template: &&str| json!({ "uriTemplate": template, "name": label });
        let resource = |uri: &&str| json!({ "uri": uri, "name": label });
        let link = json!({ "type": "resource_link", "uri": "config://app", "name": "app" });
        Some(match method {
            "resources/templates/list" => {
                json!({ "resourceTemplates": templates.iter().map(template).collect::<Vec<_>>() })
            }
            "resources/list" => json!({ "resources": listed.iter().map(resource).collect::<Vec<_>>() }),
            "resources/read" if params["uri"].as_str().is_some_and(|uri| uri.ends_with("/none")) => {
                json!({ "error": { "code": -32002, "message": format!("{label} has none") } })
            }
            "resources/read" => json!({ "contents": [{ "uri": params["uri"], "text": label }] }),
            "completion/complete" => json!({ "completion": { "values": [label] } }),
            "tools/list" => json!({ "tools": [{ "name": "show", "inputSchema": { "type": "object" } }] }),
            "tools/call" => json!({ "content": [link] }),
            _ => json!({}),
        })
    })
    .await
}

async fn hub_of(a: &Scripted, b: &Scripted) -> (Hub, Client) {
    let hub = Hub::of(&[("a", &a.url), ("b", &b.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    (hub, client)
}

async fn read(client: &Client, uri: &str) -> String {
    let answer = client.request("resources/read", json!({ "uri": uri })).await;
    let text = answer.pointer("/result/contents/0/text").or_else(|| answer.pointer("/error/message"));
    text.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_uri_is_read_from_the_server_whose_template_it_matches_and_from_no_other() {
    let (a, b) = (having("a", &["a://{x}"], &[]).await, having("b", &["b://items/{id}"], &[]).await);
    let (_hub, client) = hub_of(&a, &b).await;

    assert_eq!(read(&client, "b://items/7").await, "b");
    assert_eq!(read(&client, "b://items/none").await, "b has none");

    assert_eq!((a.count("resources/read"), b.count("resources/read")), (0, 2));
}

#[tokio::test]
async fn of_two_matching_templates_the_closer_one_is_tried_first_and_then_the_other() {
    let (a, b) = (having("a", &["files://{+path}"], &[]).await, having("b", &["files://b/{name}"], &[]).await);
    let (_hub, client) = hub_of(&a, &b).await;

    assert_eq!(read(&client, "files://b/x").await, "b");
    assert_eq!(read(&client, "files://c/x").await, "a");
    assert_eq!(read(&client, "files://b/none").await, "b has none");

    assert_eq!((a.count("resources/read"), b.count("resources/read")), (2, 2));
}

#[tokio::test]
async fn a_template_is_completed_by_its_own_server_before_any_list_was_made() {
    let (a, b) = (having("a", &["a://{x}"], &[]).await, having("b", &["b://items/{id}"], &[]).await);
    let (_hub, client) = hub_of(&a, &b).await;

    let reference = json!({ "type": "ref/resource", "uri": "b://items/{id}" });
    let params = json!({ "ref": reference, "argument": { "name": "id", "value": "" } });
    let answer = client.request("completion/complete", params).await;

    assert_eq!(answer["result"]["completion"]["values"], json!(["b"]), "{answer}");
    assert_eq!(a.count("completion/complete"), 0);
}

#[tokio::test]
async fn a_link_in_a_tools_result_leads_to_the_tools_server_if_two_list_the_uri() {
    let (a, b) = (having("a", &[], &["config://app"]).await, having("b", &[], &["config://app"]).await);
    let (_hub, client) = hub_of(&a, &b).await;

    let before = read(&client, "config://app").await;
    client.call("b-show", json!({})).await;
    let of_b = read(&client, "config://app").await;
    client.call("a-show", json!({})).await;
    let of_a = read(&client, "config://app").await;

    assert_eq!([before.as_str(), &of_b, &of_a], ["a", "b", "a"]);
    let other = Client::connect(&client.url).await;
    assert_eq!(read(&other, "config://app").await, "a", "another session saw no link");
}

#[tokio::test]
async fn a_link_leads_to_its_server_unless_another_one_lists_the_uri() {
    let (a, b) = (having("a", &[], &[]).await, having("b", &[], &[]).await);
    let (_hub, client) = hub_of(&a, &b).await;
    client.call("b-show", json!({})).await;
    assert_eq!(read(&client, "config://app").await, "b");

    let (a, b) = (having("a", &[], &["config://app"]).await, having("b", &[], &[]).await);
    let (_hub, client) = hub_of(&a, &b).await;
    client.call("b-show", json!({})).await;
    assert_eq!(read(&client, "config://app").await, "a");
}
