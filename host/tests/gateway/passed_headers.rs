//! Headers of clients that go on to servers: those that the settings name, and the trace context. No others.

use serde_json::json;

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::peer::{SeenRequest, TestServer};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn header(seen: &SeenRequest, name: &str) -> Option<String> {
    seen.headers.get(name).map(|value| value.to_str().expect("text").to_owned())
}

/// A hub whose server `a` gets these headers of clients; `b` gets none.
async fn hub_passing(names: &[&str], servers: &[(&str, &str)]) -> Hub {
    Hub::with(servers, |server| {
        if server.name == "a" {
            server.passthrough = names.iter().map(|name| name.parse().expect("a name")).collect();
        }
    })
    .await
}

fn extra(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_named_header_goes_on_with_every_request_of_the_clients_session_to_that_server_alone() {
    let (named, other) = (TestServer::start().await, TestServer::start().await);
    let hub = hub_passing(&["x-tenant", "x-absent"], &[("a", &named.url), ("b", &other.url)]).await;
    let client = Client::connect_with(&hub.url("/mcp"), extra(&[("x-tenant", "t1"), ("x-else", "e")])).await;

    let _listening = client.listen().await;
    client.tools().await;
    client.call("a-echo", json!({})).await;
    client.call("b-echo", json!({})).await;
    hub.until(|| named.change(|state| !state.listeners.is_empty())).await;
    assert_eq!(client.delete().await, 204);

    let seen = named.change(|state| state.seen.clone());
    // initialize, initialized, GET, lists, the call, DELETE.
    assert!(seen.len() >= 6, "{}", seen.len());
    for seen in &seen {
        let sent = ["x-tenant", "x-else", "authorization", "cookie", "x-absent"].map(|name| header(seen, name));
        assert_eq!(sent, [Some("t1".to_owned()), None, None, None, None], "{}", seen.body);
    }
    assert!(other.change(|state| state.seen.iter().all(|seen| header(seen, "x-tenant").is_none())));
}

#[tokio::test]
async fn each_request_goes_on_with_its_own_value() {
    let peer = TestServer::start().await;
    let hub = hub_passing(&["x-tenant"], &[("a", &peer.url)]).await;
    let mut client = Client::connect_with(&hub.url("/mcp/a"), extra(&[("x-tenant", "first")])).await;

    client.call("echo", json!({})).await;
    client.extra = extra(&[("x-tenant", "second")]);
    client.call("echo", json!({})).await;
    client.extra.clear();
    client.call("echo", json!({})).await;

    let sent: Vec<_> = peer.seen("tools/call").iter().map(|seen| header(seen, "x-tenant")).collect();
    assert_eq!(sent, [Some("first".to_owned()), Some("second".to_owned()), None]);
}

#[tokio::test]
async fn a_client_logs_in_by_itself_where_the_settings_name_authorization() {
    let peer = TestServer::start_with(|state| state.token = Some("mine".to_owned())).await;
    let hub = hub_passing(&["authorization"], &[("a", &peer.url)]).await;
    let client = Client::connect_with(&hub.url("/mcp/a"), extra(&[("authorization", "Bearer mine")])).await;
    let stranger = Client::connect_with(&hub.url("/mcp/a"), extra(&[("authorization", "Bearer theirs")])).await;

    let answer = client.call("echo", json!({ "n": 1 })).await;
    let refused = stranger.call("echo", json!({ "n": 1 })).await;

    assert_eq!(text(&answer), r#"{"n":1}"#);
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert!(peer.seen("tools/call").iter().all(|seen| header(seen, "authorization").as_deref() == Some("Bearer mine")));
}

#[tokio::test]
async fn requests_of_the_hub_itself_carry_no_header_of_a_client() {
    let peer = TestServer::start().await;
    let hub = hub_passing(&["x-tenant"], &[("a", &peer.url)]).await;
    let client = Client::connect_with(&hub.url("/mcp/a"), extra(&[("x-tenant", "t1")])).await;
    client.call("echo", json!({})).await;

    hub.gateway.tools_of("a").await.expect("tools");

    let of = |name| {
        peer.seen("initialize")
            .iter()
            .filter(|seen| seen.body["params"]["clientInfo"]["name"] == name)
            .map(|seen| header(seen, "x-tenant"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("tester"), [Some("t1".to_owned())]);
    assert_eq!(of("mcphub"), [None]);
    let calls = peer.change(|state| state.seen.clone());
    let session = peer.seen("tools/call")[0].headers["mcp-session-id"].clone();
    let of_hub = calls.iter().filter(|seen| seen.headers.get("mcp-session-id").is_some_and(|id| *id != session));
    assert!(of_hub.map(|seen| header(seen, "x-tenant")).all(|sent| sent.is_none()));
}

#[tokio::test]
async fn the_trace_context_goes_on_with_its_own_request_and_with_no_other() {
    let peer = TestServer::start().await;
    let hub = hub_passing(&[], &[("a", &peer.url)]).await;
    let mut client = Client::connect(&hub.url("/mcp/a")).await;

    client.extra = extra(&[("traceparent", PARENT), ("tracestate", "vendor=1")]);
    client.call("echo", json!({})).await;
    client.extra = extra(&[("traceparent", "nonsense"), ("tracestate", "vendor=2")]);
    client.call("echo", json!({})).await;
    client.extra.clear();
    client.call("echo", json!({})).await;

    let sent = |name| peer.seen("tools/call").iter().map(|seen| header(seen, name)).collect::<Vec<_>>();
    assert_eq!(sent("traceparent"), [Some(PARENT.to_owned()), None, None]);
    assert_eq!(sent("tracestate"), [Some("vendor=1".to_owned()), None, None]);
}
