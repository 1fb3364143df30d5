//! Clients are notified of each change once, and only of the lists that changed.

use futures::StreamExt;
use mcphub::connect::Status;
use mcphub::gateway::Grouping;
use mcphub::settings::{Group, Member, Only, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, events};

const TOOLS: &str = "notifications/tools/list_changed";

/// A hub that runs and knows all lists of its server, and a client that has read the list of tools and listens.
async fn watched(peer: &TestServer) -> (Hub, Client, impl futures::Stream<Item = Value> + Unpin + use<>) {
    let hub = Hub::of(&[("a", &peer.url)]).await;
    hub.gateway.start();
    hub.until_some(async || hub.connector.view("a").await.filter(|view| view.status == Status::Connected)).await;
    hub.until(|| !peer.seen("resources/templates/list").is_empty()).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    client.call("a-echo", json!({})).await;
    for list in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        client.request(list, json!({})).await;
    }
    let stream = client.listen().await;
    // The hub's own stream and the client's.
    hub.until(|| peer.change(|state| state.listeners.len()) >= 2).await;
    (hub, client, stream)
}

/// The notifications until the server's next log message.
async fn until_logged(peer: &TestServer, stream: &mut (impl futures::Stream<Item = Value> + Unpin)) -> Vec<String> {
    peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 1 } }))
        .await;
    let mut methods = Vec::new();
    while let Some(message) = stream.next().await {
        match message["method"].as_str() {
            Some("notifications/message") | None => break,
            Some(method) => methods.push(method.to_owned()),
        }
    }
    methods
}

#[tokio::test]
async fn a_change_at_a_server_is_notified_once_and_the_new_list_is_there() {
    let peer = TestServer::start().await;
    let (_hub, client, mut stream) = watched(&peer).await;

    peer.change(|state| state.hidden.insert("echo"));
    // Both of the hub's sessions with the server hear of it.
    peer.say(json!({ "jsonrpc": "2.0", "method": TOOLS })).await;
    let change = stream.next().await.expect("a change");

    assert_eq!(change["method"], TOOLS);
    assert!(!client.tools().await.contains(&"a-echo".to_owned()));
    assert!(until_logged(&peer, &mut stream).await.is_empty());
}

#[tokio::test]
async fn what_a_server_says_is_passed_on_also_where_its_list_is_the_same() {
    let peer = TestServer::start().await;
    let (_hub, _client, mut stream) = watched(&peer).await;

    peer.say(json!({ "jsonrpc": "2.0", "method": "notifications/prompts/list_changed" })).await;

    assert_eq!(stream.next().await.expect("a change")["method"], "notifications/prompts/list_changed");
    assert!(until_logged(&peer, &mut stream).await.is_empty());
}

fn server(peer: &TestServer) -> Server {
    let mut server = Server::examined(peer.url.parse().expect("url"));
    server.name = "a".to_owned();
    server
}

#[tokio::test]
async fn another_separator_changes_names_and_is_notified_once() {
    let peer = TestServer::start().await;
    let (hub, client, mut stream) = watched(&peer).await;

    hub.gateway.set(vec![server(&peer)], Grouping { separator: "__".into(), ..Grouping::default() });
    let mut changed =
        [stream.next().await, stream.next().await].map(|change| change.expect("change")["method"].to_string());
    changed.sort();

    assert!(changed[0].contains("prompts") && changed[1].contains("tools"), "resources have no names: {changed:?}");
    assert!(client.tools().await.contains(&"a__echo".to_owned()));
    hub.gateway.set(vec![server(&peer)], Grouping { separator: "__".into(), ..Grouping::default() });
    assert!(until_logged(&peer, &mut stream).await.is_empty(), "nothing changed");
}

#[tokio::test]
async fn a_switch_is_notified_as_a_change_of_its_list_alone() {
    let peer = TestServer::start().await;
    let (hub, client, mut stream) = watched(&peer).await;
    let mut switched = server(&peer);
    switched.fingerprint = [1; 32];
    switched.tools.insert("echo".into(), Hub::tool(Some(false), None));

    hub.gateway.set(vec![switched], Grouping { separator: "-".into(), ..Grouping::default() });

    assert_eq!(stream.next().await.expect("a change")["method"], TOOLS);
    assert_eq!(client.tools().await.len(), 6, "the list is there at once");
    let other = TestServer::start().await;
    let mut added = server(&other);
    added.name = "b".to_owned();
    let mut switched = server(&peer);
    switched.fingerprint = [1; 32];
    switched.tools.insert("echo".into(), Hub::tool(Some(false), None));
    hub.gateway.set(vec![switched, added], Grouping { separator: "-".into(), ..Grouping::default() });
    assert_eq!(stream.next().await.expect("a change")["method"], TOOLS, "a new server has come");
}

#[tokio::test]
async fn a_group_with_another_alias_or_other_members_is_notified_to_its_clients() {
    let peer = TestServer::start().await;
    let (hub, _client, mut others) = watched(&peer).await;
    let grouped = |alias: &str, tools: Option<&str>| {
        let only = Only { tools: tools.map(|tool| [tool.to_owned()].into()), ..Only::default() };
        let member = Member { server: "a".into(), alias: Some(alias.into()), only };
        let group = Group { name: "g".into(), members: vec![member] };
        Grouping {
            separator: "-".into(),
            groups: [("g".to_owned(), group)].into_iter().collect(),
            ..Grouping::default()
        }
    };
    hub.gateway.set(vec![server(&peer)], grouped("x", Some("echo")));
    let client = Client::connect(&hub.url("/mcp/g")).await;
    assert_eq!(client.tools().await, ["x-echo"]);
    let mut stream = client.listen().await;

    hub.gateway.set(vec![server(&peer)], grouped("x", Some("ask")));
    assert_eq!(stream.next().await.expect("a change")["method"], TOOLS);
    assert_eq!(client.tools().await, ["x-ask"]);
    hub.gateway.set(vec![server(&peer)], grouped("y", Some("ask")));

    let changed =
        [stream.next().await, stream.next().await].map(|change| change.expect("change")["method"].to_string());
    assert!(changed.iter().any(|method| method.contains("tools")), "{changed:?}");
    assert!(until_logged(&peer, &mut others).await.is_empty(), "clients of other endpoints see no change");
}

#[tokio::test]
async fn the_streams_of_a_group_or_server_that_is_removed_end_and_the_others_go_on() {
    let peer = TestServer::start().await;
    let (hub, client, mut others) = watched(&peer).await;
    let member = Member { server: "a".into(), alias: None, only: Only::default() };
    let group = Group { name: "g".into(), members: vec![member] };
    let groups = [("g".to_owned(), group)].into_iter().collect();
    let mut second = server(&peer);
    second.name = "b".to_owned();
    hub.gateway.set(vec![server(&peer), second], Grouping { separator: "-".into(), groups, ..Grouping::default() });
    let (in_group, of_server) = (Client::connect(&hub.url("/mcp/g")).await, Client::connect(&hub.url("/mcp/b")).await);
    let streams = [in_group.listen().await, of_server.listen().await];
    let modern = ModernClient::new(&hub.url("/mcp/g"), json!({}));
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let listening = modern.send(json!(1), "subscriptions/listen", filter).await;

    hub.gateway.set(vec![server(&peer)], Grouping { separator: "-".into(), ..Grouping::default() });

    for stream in streams {
        drop(stream.collect::<Vec<_>>().await);
    }
    let last = events(listening).collect::<Vec<_>>().await.pop().expect("an end");
    assert_eq!(last["id"], 1, "{last}");
    let again = in_group.listen_raw(None).await;
    assert_eq!(again.status(), 404);
    assert!(again.text().await.expect("text").contains("no server and no group is called"), "it says why");
    hub.gateway.set(vec![server(&peer)], Grouping { separator: "__".into(), ..Grouping::default() });
    assert!(client.tools().await.contains(&"a__echo".to_owned()));
    assert!(others.next().await.is_some(), "the stream of all servers goes on");
}
