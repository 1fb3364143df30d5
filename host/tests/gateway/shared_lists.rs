//! Lists are made once and shared. A client gets another one at its next request as soon as anything it is made of is
//! another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mcphub::gateway::Grouping;
use mcphub::settings::{Group, Member, Only, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::serve;
use crate::scripted::{Scripted, tools};

/// A client of each generation.
struct BothClients {
    older: Client,
    newer: ModernClient,
}

impl BothClients {
    async fn of(hub: &Hub, path: &str) -> Self {
        let url = hub.url(path);
        Self { older: Client::connect(&url).await, newer: ModernClient::new(&url, json!({})) }
    }

    /// The names and descriptions of the tools that both see.
    async fn tools(&self) -> Vec<(String, Value)> {
        let older = self.older.request("tools/list", json!({})).await["result"].clone();
        let newer = self.newer.request("tools/list", json!({})).await.1["result"].clone();
        assert_eq!(older["tools"], newer["tools"]);
        assert_eq!(older.as_object().expect("a result").len(), 1, "{older}");
        let says = ["resultType", "ttlMs", "cacheScope"].map(|key| newer[key].clone());
        assert_eq!(says, [json!("complete"), json!(0), json!("private")]);
        let text = |value: &Value| value.as_str().expect("a name").to_owned();
        let tools = older["tools"].as_array().expect("tools");
        tools.iter().map(|tool| (text(&tool["name"]), tool["description"].clone())).collect()
    }

    async fn names(&self) -> Vec<String> {
        self.tools().await.into_iter().map(|(name, _)| name).collect()
    }
}

fn server(name: &str, at: &Scripted) -> Server {
    let mut server = Server::examined(at.url.parse().expect("url"));
    name.clone_into(&mut server.name);
    server
}

fn grouping(separator: &str, members: Vec<Member>) -> Grouping {
    let group = Group { name: "g".to_owned(), members };
    let groups = [("g".to_owned(), group)].into_iter().collect();
    Grouping { separator: separator.to_owned(), groups, ..Grouping::default() }
}

fn member(server: &str, alias: Option<&str>, only: Only) -> Member {
    Member { server: server.to_owned(), alias: alias.map(str::to_owned), only }
}

#[tokio::test]
async fn each_change_of_the_settings_is_in_the_next_list_of_clients_that_were_there_before() {
    let (a, b) = (Scripted::of_tools("a", tools(&["x", "y"])).await, Scripted::of_tools("b", tools(&["z"])).await);
    let hub = Hub::of(&[("a", &a.url)]).await;
    let clients = BothClients::of(&hub, "/mcp").await;
    assert_eq!(clients.names().await, ["a-x", "a-y"]);
    let set = |servers: Vec<Server>, separator: &str| hub.gateway.set(servers, grouping(separator, Vec::new()));

    let mut switched = server("a", &a);
    switched.fingerprint = [1; 32];
    switched.tools.insert("x".into(), Hub::tool(Some(false), None));
    set(vec![switched], "-");
    assert_eq!(clients.names().await, ["a-y"]);

    let mut described = server("a", &a);
    described.fingerprint = [2; 32];
    described.tools.insert("y".into(), Hub::tool(None, Some("of the settings")));
    set(vec![described], "-");
    assert_eq!(clients.tools().await[1], ("a-y".to_owned(), json!("of the settings")));

    set(vec![server("a", &a), server("b", &b)], "-");
    assert_eq!(clients.names().await, ["a-x", "a-y", "b-z"]);

    set(vec![server("b", &b), server("a", &a)], "__");
    assert_eq!(clients.names().await, ["b__z", "a__x", "a__y"]);

    set(vec![server("a", &a)], "-");
    assert_eq!(clients.names().await, ["a-x", "a-y"]);
}

#[tokio::test]
async fn each_change_of_a_group_is_in_its_next_list_and_the_list_of_all_is_its_own() {
    let (a, b) = (Scripted::of_tools("a", tools(&["x", "y"])).await, Scripted::of_tools("b", tools(&["z"])).await);
    let hub = Hub::of(&[]).await;
    let set = |members| hub.gateway.set(vec![server("a", &a), server("b", &b)], grouping("-", members));
    let x = || Only { tools: Some(["x".to_owned()].into()), ..Only::default() };
    set(vec![member("a", None, Only::default())]);
    let (group, all) = (BothClients::of(&hub, "/mcp/g").await, BothClients::of(&hub, "/mcp").await);
    let one = BothClients::of(&hub, "/mcp/a").await;
    assert_eq!(group.names().await, ["a-x", "a-y"]);

    set(vec![member("a", None, x())]);
    assert_eq!(group.names().await, ["a-x"]);

    set(vec![member("b", None, Only::default()), member("a", Some("c"), x())]);
    assert_eq!(group.names().await, ["b-z", "c-x"]);
    assert_eq!(all.names().await, ["a-x", "a-y", "b-z"]);
    assert_eq!(one.names().await, ["x", "y"]);
}

#[tokio::test]
async fn a_client_that_was_given_another_name_keeps_it_and_new_clients_share_the_plain_list() {
    let (a, b) = (Scripted::of_tools("a", tools(&["b-x"])).await, Scripted::of_tools("a-b", tools(&["x"])).await);
    let hub = Hub::of(&[("a", &a.url)]).await;
    let before = Client::connect(&hub.url("/mcp")).await;
    assert_eq!(before.tools().await, ["a-b-x"]);

    hub.gateway.set(vec![server("a", &a), server("a-b", &b)], grouping("-", Vec::new()));
    let after = Client::connect(&hub.url("/mcp")).await;
    let [old, new, old_again, new_again] =
        [before.tools().await, after.tools().await, before.tools().await, after.tools().await];

    assert!(old[0] == "a-b-x" && old[1] != "a-b-x", "{old:?}");
    assert!(new[0] != "a-b-x" && new[1] == "a-b-x", "{new:?}");
    assert_eq!((old, new), (old_again, new_again));
}

#[tokio::test]
async fn what_a_server_lists_anew_is_in_the_next_list_of_every_client() {
    let has_more = Arc::new(AtomicBool::new(false));
    let more = has_more.clone();
    let a = Scripted::start(move |method, _| {
        let names: &[&str] = if more.load(Ordering::Relaxed) { &["x", "more"] } else { &["x"] };
        Some(if method == "tools/list" { json!({ "tools": tools(names) }) } else { json!({}) })
    })
    .await;
    let hub = Hub::inquisitive(&[("a", &a.url)], std::time::Duration::from_secs(1)).await;
    let (one, two) = (BothClients::of(&hub, "/mcp").await, BothClients::of(&hub, "/mcp/a").await);
    assert_eq!((one.names().await.len(), two.names().await.len()), (1, 1));

    has_more.store(true, Ordering::Relaxed);

    // Each request has the list read anew, and the next one has it.
    hub.until_some(async || (one.older.tools().await.len() == 2).then_some(())).await;
    assert_eq!(one.names().await, ["a-x", "a-more"]);
    assert_eq!(two.names().await, ["x", "more"]);
}

#[tokio::test]
async fn clients_whose_headers_go_to_a_server_get_the_list_for_their_own_headers() {
    let router = axum::Router::new().route("/mcp", axum::routing::post(by_tenant));
    let url = format!("{}/mcp", serve(router).await);
    let hub = Hub::with(&[("a", &url)], |server| server.passthrough = vec!["x-tenant".parse().expect("a name")]).await;
    let of = |tenant: &str| vec![("x-tenant", tenant.to_owned())];
    let mut one = Client::connect_with(&hub.url("/mcp"), of("t1")).await;
    let two = Client::connect_with(&hub.url("/mcp"), of("t2")).await;

    for _ in 0..2 {
        assert_eq!((one.tools().await, two.tools().await), (vec!["a-t1".to_owned()], vec!["a-t2".to_owned()]));
    }
    one.extra = of("t2");
    assert_eq!(one.tools().await, ["a-t2"], "also of one session");
}

/// A server that shows each tenant a tool of its own.
async fn by_tenant(headers: axum::http::HeaderMap, body: axum::Json<Value>) -> axum::response::Response {
    use axum::response::IntoResponse;
    let tenant = headers.get("x-tenant").and_then(|tenant| tenant.to_str().ok()).unwrap_or("none");
    let result = match body["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
            "serverInfo": { "name": "s", "version": "1" },
        }),
        "tools/list" => json!({ "tools": tools(&[tenant]) }),
        _ => json!({}),
    };
    if body["id"].is_null() {
        return axum::http::StatusCode::ACCEPTED.into_response();
    }
    axum::Json(json!({ "jsonrpc": "2.0", "id": body["id"], "result": result })).into_response()
}

#[tokio::test]
async fn what_is_left_of_the_time_of_a_list_is_another_in_each_answer() {
    let a = Scripted::start(|method, _| {
        let list = json!({ "tools": tools(&["x"]), "ttlMs": 60_000, "cacheScope": "public", "other": [1.0] });
        Some(if method == "tools/list" { list } else { json!({}) })
    })
    .await;
    let hub = Hub::of(&[("a", &a.url)]).await;
    let (older, newer) = (Client::connect(&hub.url("/mcp")).await, ModernClient::new(&hub.url("/mcp"), json!({})));
    let first = older.request("tools/list", json!({})).await["result"].clone();
    let left = first["ttlMs"].as_u64().expect("a time");
    let is_less = |result: &Value| result["ttlMs"].as_u64().is_some_and(|now| 0 < now && now < left);

    hub.until_some(async || is_less(&older.request("tools/list", json!({})).await["result"]).then_some(())).await;
    let (_, answer) = newer.request("tools/list", json!({})).await;

    assert!(is_less(&answer["result"]), "{answer}");
    for result in [&first, &answer["result"]] {
        assert_eq!((&result["cacheScope"], &result["other"]), (&json!("public"), &json!([1.0])));
    }
    assert_eq!(answer["result"]["resultType"], "complete");
}
