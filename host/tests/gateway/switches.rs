//! Switches of the settings, whichever name a person writes.

use mcphub::gateway::Grouping;
use mcphub::settings::{Group, Member, Only, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::scripted::{Scripted, tools};

/// A hub with one server of these tools, whose settings switch this name off.
async fn switched(names: &[&str], off: &'static str) -> Hub {
    let peer = Scripted::of_tools("s", tools(names)).await;
    Hub::with(&[("s", &peer.url)], |server| {
        server.tools.insert(off.into(), Hub::tool(Some(false), None));
    })
    .await
}

async fn error_of(client: &Client, method: &str, params: Value) -> bool {
    client.request(method, params).await.get("error").is_some()
}

#[tokio::test]
async fn a_tool_is_switched_off_by_the_name_that_clients_show() {
    let hub = switched(&["a", "b"], "s-a").await;
    let (all, one) = (Client::connect(&hub.url("/mcp")).await, Client::connect(&hub.url("/mcp/s")).await);

    assert!(error_of(&all, "tools/call", json!({"name": "s-a"})).await, "nobody has asked for a list yet");
    assert_eq!((all.tools().await, one.tools().await), (vec!["s-b".to_owned()], vec!["b".to_owned()]));
    assert!(error_of(&all, "tools/call", json!({"name": "s-a"})).await);
    assert!(error_of(&one, "tools/call", json!({"name": "a"})).await);
    assert!(hub.gateway.call("s", "a", serde_json::Map::new()).await.is_err());
    assert!(hub.gateway.notes("s").is_empty(), "{:?}", hub.gateway.notes("s"));
}

#[tokio::test]
async fn a_shortened_or_plain_name_is_recognised() {
    let long = "n".repeat(70);
    let shown = {
        let hub = switched(&["do.it", &long], "none").await;
        Client::connect(&hub.url("/mcp")).await.tools().await
    };
    assert_eq!((shown.len(), shown[0].as_str()), (2, "s-do_it"));

    for off in shown {
        let hub = switched(&["do.it", &long], off.clone().leak()).await;
        let left = Client::connect(&hub.url("/mcp")).await.tools().await;
        assert!(left.len() == 1 && !left.contains(&off), "{off}: {left:?}");
    }
}

#[tokio::test]
async fn a_tool_with_exactly_this_name_wins() {
    let hub = switched(&["a", "s-a"], "s-a").await;

    assert_eq!(Client::connect(&hub.url("/mcp/s")).await.tools().await, ["a"]);
}

#[tokio::test]
async fn a_name_that_no_tool_has_is_noted_with_the_nearest_one() {
    let hub = switched(&["delete_issue", "list"], "s-deleteIssue").await;
    let client = Client::connect(&hub.url("/mcp")).await;

    client.tools().await;
    client.tools().await;

    let note = "the settings name the tool \"s-deleteIssue\", which s does not list; did you mean \"delete_issue\"?";
    assert_eq!(hub.gateway.notes("s"), [note]);
}

#[tokio::test]
async fn a_group_knows_tools_by_the_names_that_clients_show() {
    let peer = Scripted::of_tools("s", tools(&["a", "b", "c"])).await;
    let hub = Hub::of(&[("s", &peer.url)]).await;
    let mut server = Server::examined(peer.url.parse().expect("url"));
    server.name = "s".to_owned();
    for (alias, tools, expected) in [
        (None, ["a", "s-b"], ["s-a", "s-b"]),
        (Some("x"), ["x-a", "s-c"], ["x-a", "x-c"]),
        (Some(""), ["s-b", "c"], ["b", "c"]),
    ] {
        let only = Only { tools: Some(tools.map(str::to_owned).into()), ..Only::default() };
        let member = Member { server: "s".into(), alias: alias.map(str::to_owned), only };
        let group = Group { name: "g".into(), members: vec![member] };
        let layout = Grouping {
            separator: "-".into(),
            groups: [("g".to_owned(), group)].into_iter().collect(),
            ..Grouping::default()
        };
        hub.gateway.set(vec![server.clone()], layout);

        assert_eq!(Client::connect(&hub.url("/mcp/g")).await.tools().await, expected, "{alias:?}");
    }
}

/// A hub and its server, with prompts and resources of which the settings switch off one each.
async fn with_prompts_and_resources() -> (Hub, Scripted) {
    let peer = Scripted::start(|method, _| {
        Some(match method {
            "prompts/list" => json!({"prompts": [{"name": "p"}, {"name": "q"}]}),
            "resources/list" => {
                json!({"resources": [{"uri": "a://1", "name": "1"}, {"uri": "a://2?x", "name": "2"}]})
            }
            "resources/read" => json!({"contents": []}),
            "prompts/get" => json!({"messages": []}),
            _ => json!({}),
        })
    });
    let peer = peer.await;
    let hub = Hub::with(&[("s", &peer.url)], |server| {
        server.prompts.insert("s-p".into(), Hub::tool(Some(false), None));
        server.resources.insert("a://2?x".into(), Hub::tool(Some(false), None));
    })
    .await;
    (hub, peer)
}

#[tokio::test]
async fn prompts_and_resources_have_switches_too() {
    let (hub, peer) = with_prompts_and_resources().await;

    for path in ["/mcp", "/mcp/s"] {
        let client = Client::connect(&hub.url(path)).await;
        let prompts = client.request("prompts/list", json!({})).await["result"]["prompts"].to_string();
        let resources = client.request("resources/list", json!({})).await["result"]["resources"].to_string();
        assert!(prompts.contains("q\"") && !prompts.contains("p\""), "{path}: {prompts}");
        assert!(resources.contains("a://1") && !resources.contains("a://2"), "{path}: {resources}");
        for name in ["p", "s-p"] {
            assert!(error_of(&client, "prompts/get", json!({"name": name})).await, "{path}: {name}");
        }
        assert!(error_of(&client, "resources/read", json!({"uri": "a://2?x"})).await, "{path}");
        assert!(!error_of(&client, "resources/read", json!({"uri": "a://1"})).await, "{path}");
        let complete =
            |uri: &str| json!({"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": "x", "value": ""}});
        assert!(error_of(&client, "completion/complete", complete("a://2?x")).await, "{path}");
        assert!(!error_of(&client, "completion/complete", complete("a://1")).await, "{path}");
    }
    assert_eq!((peer.count("prompts/get"), peer.count("resources/read")), (0, 2));
    assert_eq!(peer.count("completion/complete"), 2);
}
