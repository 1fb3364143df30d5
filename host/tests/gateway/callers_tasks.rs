//! Tasks of a server that takes all callers of the hub for one: each caller sees its own.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use mcphub::gateway::{Callers, GatewayLimits, Grouping, Principal};
use mcphub::settings::{Group, Member, Only, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, serve};
use crate::scripted::{Scripted, tools};

const ASKED: [&str; 4] = ["tasks/get", "tasks/result", "tasks/cancel", "tasks/update"];

/// A server with tasks. Each call of its tool creates one, and anybody may ask for any of its tasks by its id. It has one task,
/// `NAME-old`, from before the hub was started.
async fn with_tasks(name: &'static str) -> Scripted {
    let created = AtomicU64::new(0);
    let task = move |id: &Value| json!({ "taskId": id, "status": "working" });
    let greeting = json!({ "capabilities": { "tools": {}, "tasks": { "list": {} } } });
    Scripted::greeting(greeting, move |method, params| {
        Some(match method {
            "tools/list" => json!({ "tools": tools(&[name]) }),
            "tools/call" => {
                let number = created.fetch_add(1, Ordering::Relaxed);
                json!({ "task": task(&json!(format!("{name}-{number}"))) })
            }
            "tasks/list" => {
                let numbers = 0..created.load(Ordering::Relaxed);
                let all = numbers.map(|number| json!(format!("{name}-{number}"))).chain([json!(format!("{name}-old"))]);
                json!({ "tasks": all.map(|id| task(&id)).collect::<Vec<_>>(), "x": 1 })
            }
            "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update"
                if params["taskId"].as_str().is_some_and(|id| id.starts_with(name)) =>
            {
                task(&params["taskId"])
            }
            method if method.starts_with("tasks/") => json!({ "error": { "code": -32602, "message": "no such task" } }),
            _ => json!({}),
        })
    })
    .await
}

/// Puts these servers in force for the callers `ann` and `bob`, who each have all of them and are limited to them, and for `all`.
fn admit(hub: &Hub, servers: &[(&str, &str)]) {
    let members = || {
        let member = |(name, _): &(&str, &str)| Member { server: (*name).into(), alias: None, only: Only::default() };
        servers.iter().map(member).collect::<Vec<_>>()
    };
    let server = |(name, url): &(&str, &str)| {
        let mut server = Server::examined(url.parse().expect("url"));
        server.name = (*name).to_owned();
        server
    };
    let callers = Callers {
        are_known: true,
        unlimited: vec!["all".into()],
        limited: ["ann", "bob"].map(|name| (name.into(), members())).into(),
    };
    let groups = [("g".to_owned(), Group { name: "g".to_owned(), members: members() })].into_iter().collect();
    let grouping = Grouping { separator: "-".into(), groups, callers, is_apart: false };
    hub.gateway.set(servers.iter().map(server).collect(), grouping);
}

/// A hub with the servers `one` and `two`, which it knows.
async fn start() -> (Hub, [Scripted; 2]) {
    let peers = [with_tasks("one").await, with_tasks("two").await];
    let servers = [("one", peers[0].url.as_str()), ("two", peers[1].url.as_str())];
    let limits = GatewayLimits { sessions: 20, ..Hub::limits() };
    let hub = Hub::limited(limits, &servers, |_| {}).await;
    admit(&hub, &servers);
    Client::connect(&of(&hub, "all", "/mcp").await).await.tools().await;
    (hub, peers)
}

/// The address of an endpoint for a caller.
async fn of(hub: &Hub, caller: &str, path: &str) -> String {
    let principal = axum::Extension(Principal::of(caller.into(), caller != "all"));
    let routes = mcphub::serve::mcp_routes().with_state(hub.gateway.clone()).layer(principal);
    format!("{}{path}", serve(routes).await)
}

fn ids(answer: &Value) -> Vec<&str> {
    let tasks = answer["result"]["tasks"].as_array().expect("tasks");
    tasks.iter().filter_map(|task| task["taskId"].as_str()).collect()
}

/// The endpoints with the server `one`, and the name of its tool there.
const ENDPOINTS: [(&str, &str); 3] = [("/mcp/one", "one"), ("/mcp", "one-one"), ("/mcp/g", "one-one")];

#[tokio::test]
async fn a_task_of_another_caller_is_unknown() {
    for (path, tool) in ENDPOINTS {
        let (hub, [one, _]) = start().await;
        let ann = Client::connect(&of(&hub, "ann", path).await).await;
        let created = ann.call(tool, json!({})).await["result"]["task"]["taskId"].clone();
        for other in ["bob", "all"] {
            let other = Client::connect(&of(&hub, other, path).await).await;
            for method in ASKED {
                let answer = other.request(method, json!({ "taskId": created })).await;
                let number = other.request(method, json!({ "taskId": 0 })).await;

                assert_eq!(answer["error"]["code"], -32602, "{path} {method}: {answer}");
                assert_eq!(number["error"]["code"], -32602, "{path} {method}: {number}");
                assert_eq!(one.count(method), 0, "{path} {method}");
            }
        }
        for method in ASKED {
            let answer = ann.request(method, json!({ "taskId": created })).await;
            assert_eq!(answer["result"]["taskId"], created, "{path} {method}: {answer}");
        }
        let again = Client::connect(&of(&hub, "ann", path).await).await;
        assert_eq!(again.request("tasks/get", json!({ "taskId": created })).await["result"]["taskId"], created);
    }
}

#[tokio::test]
async fn at_the_endpoint_of_one_server_the_refusal_says_that_there_is_no_task() {
    let (hub, _) = start().await;
    Client::connect(&of(&hub, "ann", "/mcp/one").await).await.call("one", json!({})).await;
    let bob = Client::connect(&of(&hub, "bob", "/mcp/one").await).await;

    let answer = bob.request("tasks/get", json!({ "taskId": "one-0" })).await;

    assert_eq!(answer["error"], json!({ "code": -32602, "message": "there is no task \"one-0\"" }));
}

#[tokio::test]
async fn a_list_holds_the_callers_own_tasks_and_for_callers_without_a_limit_those_of_nobody() {
    for (path, tool) in ENDPOINTS {
        let (hub, _) = start().await;
        let [ann, bob, all] =
            ["ann", "bob", "all"].map(|caller| async { Client::connect(&of(&hub, caller, path).await).await });
        let (ann, bob, all) = (ann.await, bob.await, all.await);
        for client in [&ann, &bob, &all] {
            client.call(tool, json!({})).await;
        }

        let mut seen = Vec::new();
        for client in [&ann, &bob, &all] {
            let answer = client.request("tasks/list", json!({})).await;
            seen.push(
                ids(&answer).into_iter().filter(|id| id.starts_with("one")).map(str::to_owned).collect::<Vec<_>>(),
            );
            assert_eq!(answer["result"]["x"].is_null(), path != "/mcp/one", "{answer}");
        }

        assert_eq!(seen, [vec!["one-0"], vec!["one-1"], vec!["one-2", "one-old"]], "{path}");
    }
}

#[tokio::test]
async fn clients_without_sessions_see_the_tasks_of_their_caller() {
    let (hub, [one, _]) = start().await;
    Client::connect(&of(&hub, "ann", "/mcp/one").await).await.call("one", json!({})).await;
    let [ann, bob] =
        ["ann", "bob"].map(|caller| async { ModernClient::new(&of(&hub, caller, "/mcp/one").await, json!({})) });
    let asked = async |client: ModernClient| client.request("tasks/get", json!({ "taskId": "one-0" })).await.1;

    let (own, other) = (asked(ann.await).await, asked(bob.await).await);

    assert_eq!(other["error"]["code"], -32602, "{other}");
    assert_eq!(own["result"]["taskId"], "one-0", "{own}");
    assert_eq!(one.count("tasks/get"), 1);
}

#[tokio::test]
async fn without_names_of_callers_the_answers_stay_as_they_are() {
    let peer = with_tasks("one").await;
    let hub = Hub::of(&[("one", &peer.url)]).await;
    let [maker, other] = [(); 2].map(|()| async { Client::connect(&hub.url("/mcp/one")).await });
    maker.await.call("one", json!({})).await;
    let other = other.await;

    assert_eq!(ids(&other.request("tasks/list", json!({})).await), ["one-0", "one-old"]);
    assert_eq!(other.request("tasks/get", json!({ "taskId": "one-0" })).await["result"]["taskId"], "one-0");
}

#[tokio::test]
async fn a_limited_caller_hears_nothing_of_tasks_that_are_not_its_own() {
    let peer = TestServer::start().await;
    let servers = [("a", peer.url.as_str())];
    let hub = Hub::of(&servers).await;
    admit(&hub, &servers);
    let [ann, all] = ["ann", "all"].map(|caller| async { Client::connect(&of(&hub, caller, "/mcp/a").await).await });
    let (ann, all) = (ann.await, all.await);
    let is_of_server =
        |message: &Value| !message["method"].as_str().is_some_and(|method| method.ends_with("list_changed"));
    let of_server = |message: &Value| std::future::ready(is_of_server(message));
    let (mut to_ann, mut to_all) = (ann.listen().await.filter(of_server), all.listen().await.filter(of_server));
    for client in [&ann, &all] {
        client.call("echo", json!({})).await;
    }
    hub.until(|| peer.change(|state| state.listeners.len()) >= 2).await;
    let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": "t" } });
    let told = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });

    for params in [json!({ "taskId": "t", "status": "working" }), json!({ "_meta": related, "status": "working" })] {
        peer.say(told("notifications/tasks/status", params)).await;
    }
    peer.say(told("notifications/message", json!({ "level": "info", "data": "d" }))).await;

    assert_eq!(to_ann.next().await.expect("a message")["method"], "notifications/message");
    assert_eq!(to_all.next().await.expect("a message")["method"], "notifications/tasks/status");
}
