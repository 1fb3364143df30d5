//! A caller with some servers only sees these, and nothing that tells of another one.

use std::time::Duration;

use futures::StreamExt;
use mcphub::gateway::{Callers, Grouping, Principal};
use mcphub::settings::{Group, Member, Only, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, serve};

/// Two servers, and two callers: `one` has the server `a`, and `two` has the group `x`: of `b` the tool `echo` alone.
struct TwoCallers {
    a: TestServer,
    b: TestServer,
    hub: Hub,
}

fn member(server: &str, alias: Option<&str>, only: Only) -> Member {
    Member { server: server.to_owned(), alias: alias.map(str::to_owned), only }
}

fn echo() -> Only {
    Only { tools: Some(["echo".to_owned()].into()), prompts: Some([].into()), resources: Some([].into()) }
}

impl TwoCallers {
    async fn start() -> Self {
        let (a, b) = (TestServer::start().await, TestServer::start().await);
        let hub = Hub::of(&[("a", &a.url), ("b", &b.url)]).await;
        let all = Self { a, b, hub };
        all.set(&[("one", vec![member("a", None, Only::default())]), ("two", vec![member("b", Some("y"), echo())])]);
        all
    }

    fn set(&self, limited: &[(&str, Vec<Member>)]) {
        let server = |(name, peer): (&str, &TestServer)| {
            let mut server = Server::examined(peer.url.parse().expect("url"));
            server.name = name.to_owned();
            server
        };
        let group = |name: &str, members| (name.to_owned(), Group { name: name.to_owned(), members });
        let groups = [
            group("both", vec![member("a", None, Only::default()), member("b", None, Only::default())]),
            group("x", vec![member("b", Some("y"), echo())]),
        ];
        let callers = Callers {
            are_known: true,
            unlimited: vec!["all".into()],
            limited: limited.iter().map(|(name, members)| ((*name).into(), members.clone())).collect(),
        };
        let grouping =
            Grouping { separator: "-".into(), groups: groups.into_iter().collect(), callers, is_apart: false };
        self.hub.gateway.set([("a", &self.a), ("b", &self.b)].map(server).into(), grouping);
    }

    /// The address of an endpoint for a caller.
    async fn of(&self, caller: &str, path: &str) -> String {
        let principal = axum::Extension(Principal::of(caller.into(), caller != "all"));
        let routes = mcphub::serve::mcp_routes().with_state(self.hub.gateway.clone()).layer(principal);
        format!("{}{path}", serve(routes).await)
    }

    async fn client(&self, caller: &str, path: &str) -> Client {
        Client::connect(&self.of(caller, path).await).await
    }
}

/// What is asked for may not exist at all: the sentence is the same.
fn same_as_unknown(answer: &Value, unknown: &Value, (asked, made_up): (&str, &str)) {
    assert!(answer["error"].is_object(), "{answer}");
    assert_eq!(answer.to_string().replace(asked, "NAME"), unknown.to_string().replace(made_up, "NAME"));
}

#[tokio::test]
async fn lists_hold_what_the_callers_servers_have() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;

    let tools = client.tools().await;
    let prompts = client.request("prompts/list", json!({})).await;
    let resources = client.request("resources/list", json!({})).await;

    assert_eq!(tools.len(), 7);
    assert!(tools.iter().all(|tool| tool.starts_with("a-")), "{tools:?}");
    assert_eq!(prompts["result"]["prompts"], json!([{ "name": "a-greet" }]));
    let listed = resources["result"]["resources"].as_array().expect("resources");
    assert_eq!((listed.len(), &listed[0]["uri"]), (1, &json!(hub.a.uri)));
    assert!(
        hub.b.seen("tools/list").is_empty() && hub.b.seen("initialize").is_empty(),
        "nobody asked the other server"
    );
}

#[tokio::test]
async fn everything_is_there_for_a_caller_without_a_limit() {
    let hub = TwoCallers::start().await;

    assert_eq!(hub.client("all", "/mcp").await.tools().await.len(), 14);
}

#[tokio::test]
async fn a_tool_of_another_server_is_unknown_in_the_same_words() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;

    let answer = client.call("b-echo", json!({})).await;
    let unknown = client.call("zzz-echo", json!({})).await;
    let own = client.call("a-echo", json!({ "n": 1 })).await;

    same_as_unknown(&answer, &unknown, ("b-echo", "zzz-echo"));
    assert!(!unknown.to_string().contains("b-"), "{unknown}");
    assert_eq!(own["result"]["content"][0]["text"], "{\"n\":1}");
    assert!(hub.b.seen("tools/call").is_empty());
}

#[tokio::test]
async fn a_prompt_and_a_completion_of_another_server_are_unknown_in_the_same_words() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;
    let complete =
        |name: &str| json!({ "ref": { "type": "ref/prompt", "name": name }, "argument": { "name": "x", "value": "" } });

    for method in ["prompts/get", "completion/complete"] {
        let params = |name: &str| if method == "prompts/get" { json!({ "name": name }) } else { complete(name) };
        let answer = client.request(method, params("b-greet")).await;
        let unknown = client.request(method, params("zzz-greet")).await;
        same_as_unknown(&answer, &unknown, ("b-greet", "zzz-greet"));
        assert!(client.request(method, params("a-greet")).await["result"].is_object(), "{method}");
    }
    assert!(hub.b.seen("prompts/get").is_empty() && hub.b.seen("completion/complete").is_empty());
}

#[tokio::test]
async fn a_resource_of_another_server_is_unknown_in_the_same_words() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;

    for method in ["resources/read", "resources/subscribe"] {
        let answer = client.request(method, json!({ "uri": hub.b.uri })).await;
        let unknown = client.request(method, json!({ "uri": "test://zzz" })).await;
        if method == "resources/read" {
            same_as_unknown(&answer, &unknown, (&hub.b.uri, "test://zzz"));
        }
        assert!(hub.b.seen(method).is_empty(), "{method}");
    }
    assert!(client.request("resources/read", json!({ "uri": hub.a.uri })).await["result"].is_object());
}

#[tokio::test]
async fn the_endpoint_of_another_server_does_not_exist() {
    let hub = TwoCallers::start().await;
    for path in ["/mcp", "/sse", "/messages"] {
        let ask = async |name: &str| {
            let client = Client::new(&hub.of("one", &format!("{path}/{name}")).await);
            let response = match path {
                "/sse" => client.listen_raw(None).await,
                _ => client.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await,
            };
            (response.status().as_u16(), response.text().await.expect("text"))
        };
        let (status, answer) = ask("b").await;
        let (none, unknown) = ask("zzz").await;

        assert_eq!((status, none), (404, 404), "{path}");
        assert_eq!(answer.replace("\\\"b\\\"", "NAME"), unknown.replace("\\\"zzz\\\"", "NAME"), "{path}");
        assert!(unknown.contains("there are: a, both"), "{unknown}");
    }
    assert_eq!(hub.client("one", "/mcp/a").await.tools().await.len(), 7);
}

#[tokio::test]
async fn a_group_holds_those_members_that_are_the_callers() {
    let hub = TwoCallers::start().await;

    let tools = hub.client("one", "/mcp/both").await.tools().await;
    let closed =
        Client::new(&hub.of("one", "/mcp/x").await).post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;

    assert!(tools.len() == 7 && tools.iter().all(|tool| tool.starts_with("a-")), "{tools:?}");
    assert_eq!(closed.status(), 404);
}

#[tokio::test]
async fn of_a_server_that_a_group_gives_the_caller_has_what_the_group_has() {
    let hub = TwoCallers::start().await;

    for (path, tool) in [("/mcp/x", "y-echo"), ("/mcp", "b-echo"), ("/mcp/b", "echo"), ("/mcp/both", "b-echo")] {
        let client = hub.client("two", path).await;
        let called = client.call(tool, json!({})).await;
        let other = client.call(&tool.replace("echo", "hang"), json!({})).await;

        assert_eq!(client.tools().await, [tool], "{path}");
        assert!(called["result"]["content"].is_array(), "{path}: {called}");
        assert!(other["error"].is_object(), "{path}: {other}");
        assert_eq!(client.request("prompts/list", json!({})).await["result"]["prompts"], json!([]), "{path}");
        let read = client.request("resources/read", json!({ "uri": hub.b.uri })).await;
        assert!(read["error"].is_object(), "{path}: {read}");
        assert_eq!(client.delete().await, 204);
    }
}

#[tokio::test]
async fn the_greeting_tells_of_the_callers_servers() {
    let hub = TwoCallers::start().await;
    hub.hub.gateway.start();
    hub.hub.until(|| !hub.b.seen("tools/list").is_empty() && !hub.a.seen("tools/list").is_empty()).await;

    let (one, all) = (hub.client("one", "/mcp").await.greeting, hub.client("all", "/mcp").await.greeting);

    assert!(all["instructions"].as_str().is_some_and(|text| text.contains("# b")), "{all}");
    assert!(one["instructions"].as_str().is_some_and(|text| !text.contains("# b")), "{one}");
}

#[tokio::test]
async fn notifications_come_from_the_callers_servers() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;
    client.tools().await;
    let (mut stream, other) = (client.listen().await, hub.client("all", "/mcp").await);
    for tool in ["a-echo", "b-echo"] {
        other.call(tool, json!({})).await;
    }
    let mut all = other.listen().await;
    hub.hub.until(|| [&hub.a, &hub.b].iter().all(|peer| peer.change(|state| !state.listeners.is_empty()))).await;
    client.call("a-echo", json!({})).await;
    hub.hub.until(|| hub.a.change(|state| state.listeners.len()) >= 2).await;
    let log = |data: &str| json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": data } });

    hub.b.say(log("of b")).await;
    assert_eq!(all.next().await.expect("a message")["params"]["data"], "of b");
    hub.a.say(log("of a")).await;

    assert_eq!(stream.next().await.expect("a message")["params"]["data"], "of a");
}

#[tokio::test]
async fn clients_without_sessions_have_the_same_limits() {
    let hub = TwoCallers::start().await;
    let client = ModernClient::new(&hub.of("one", "/mcp").await, json!({}));

    let (_, tools) = client.request("tools/list", json!({})).await;
    let (_, answer) = client.request("tools/call", json!({ "name": "b-echo", "arguments": {} })).await;
    let (_, unknown) = client.request("tools/call", json!({ "name": "zzz-echo", "arguments": {} })).await;
    let (status, _) =
        ModernClient::new(&hub.of("one", "/mcp/b").await, json!({})).request("tools/list", json!({})).await;

    assert_eq!(tools["result"]["tools"].as_array().map(Vec::len), Some(7));
    same_as_unknown(&answer, &unknown, ("b-echo", "zzz-echo"));
    assert_eq!(status, 404);
    assert!(hub.b.seen("tools/list").is_empty());
}

#[tokio::test]
async fn a_session_is_of_the_caller_who_opened_it() {
    let hub = TwoCallers::start().await;
    let client = hub.client("one", "/mcp").await;
    for other in ["two", "all"] {
        let stolen = Client { url: hub.of(other, "/mcp").await, ..client.clone() };

        assert_eq!(stolen.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await.status(), 404, "{other}");
        assert_eq!(stolen.listen_raw(None).await.status(), 404, "{other}");
        assert_eq!(stolen.listen_raw(Some("1-1")).await.status(), 404, "{other}");
        assert_eq!(stolen.delete().await, 404, "{other}");
    }
    assert_eq!(client.tools().await.len(), 7);
}

#[tokio::test]
async fn a_caller_whose_servers_change_begins_again_and_others_go_on() {
    let hub = TwoCallers::start().await;
    let (one, two) = (hub.client("one", "/mcp").await, hub.client("two", "/mcp").await);
    let mut stream = one.listen().await;

    hub.set(&[("one", vec![member("b", None, Only::default())]), ("two", vec![member("b", Some("y"), echo())])]);

    let ended = tokio::time::timeout(Duration::from_secs(10), async { while stream.next().await.is_some() {} }).await;
    assert!(ended.is_ok(), "its stream ends");
    assert_eq!(one.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.status(), 404);
    assert!(Client::connect(&one.url).await.tools().await.iter().all(|tool| tool.starts_with("b-")));
    assert_eq!(two.tools().await, ["b-echo"]);
}

#[tokio::test]
async fn a_caller_that_is_gone_reaches_nothing() {
    let hub = TwoCallers::start().await;
    let one = hub.client("one", "/mcp").await;
    let mut stream = one.listen().await;

    hub.set(&[]);

    let ended = tokio::time::timeout(Duration::from_secs(10), async { while stream.next().await.is_some() {} }).await;
    assert!(ended.is_ok(), "its stream ends");
    assert_eq!(one.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.status(), 404);
    assert!(Client::connect(&one.url).await.tools().await.is_empty(), "whatever checks keys lets nobody in here");
}
