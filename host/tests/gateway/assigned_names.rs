//! Names that a client was given, after the settings have changed.

use std::collections::BTreeSet;

use mcphub::gateway::Grouping;
use mcphub::settings::Server;
use serde_json::json;

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::scripted::{Scripted, tools};

/// Replaces the servers of the hub.
fn set(hub: &Hub, servers: &[(&str, &Scripted)]) {
    let server = |(name, at): &(&str, &Scripted)| {
        let mut server = Server::examined(at.url.parse().expect("url"));
        (*name).clone_into(&mut server.name);
        server
    };
    hub.gateway.set(servers.iter().map(server).collect(), Grouping { separator: "-".into(), ..Grouping::default() });
}

#[tokio::test]
async fn an_assigned_name_does_not_move_to_another_server() {
    let web = Scripted::of_tools("web", tools(&["scraper-fetch"])).await;
    let scraper = Scripted::of_tools("web-scraper", tools(&["fetch"])).await;
    let hub = Hub::of(&[("web", &web.url), ("web-scraper", &scraper.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    client.tools().await;
    assert_eq!(text(&client.call("web-scraper-fetch", json!({})).await), "web-scraper ran fetch");

    set(&hub, &[("web", &web)]);
    let before = client.call("web-scraper-fetch", json!({})).await;
    let names = client.tools().await;
    let after = client.call("web-scraper-fetch", json!({})).await;

    assert!(before.get("error").is_some() && after.get("error").is_some(), "{before} {after}");
    assert!(names.len() == 1 && names[0] != "web-scraper-fetch", "{names:?}");
    assert_eq!(text(&client.call(&names[0], json!({})).await), "web ran scraper-fetch");
    assert_eq!(Client::connect(&hub.url("/mcp")).await.tools().await, ["web-scraper-fetch"]);
}

#[tokio::test]
async fn an_assigned_name_still_leads_back_when_another_server_takes_it() {
    let spaced = Scripted::of_tools("My Server", tools(&["x"])).await;
    let plain = Scripted::of_tools("My_Server", tools(&["x"])).await;
    let hub = Hub::of(&[("My Server", &spaced.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    assert_eq!(client.tools().await, ["My_Server-x"]);

    set(&hub, &[("My Server", &spaced), ("My_Server", &plain)]);
    let before = client.call("My_Server-x", json!({})).await;
    let names: BTreeSet<String> = client.tools().await.into_iter().collect();
    let after = client.call("My_Server-x", json!({})).await;

    assert_eq!((text(&before), text(&after)), ("My Server ran x", "My Server ran x"));
    let mut ran = BTreeSet::new();
    for name in &names {
        ran.insert(text(&client.call(name, json!({})).await).to_owned());
    }
    assert_eq!((names.len(), ran.len()), (2, 2), "{names:?} {ran:?}");
}
