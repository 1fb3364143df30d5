//! Commands of revision 2026-07-28 behind clients of both generations.

use std::time::Duration;

use futures::StreamExt;
use mcphub::gateway::GatewayLimits;
use mcphub::settings::Server;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::run;
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::sessionless::PREFIX;

const SCRIPT: &str = include_str!("fake_sessionless.py");

/// A hub with the fake server as `a`. `greeted` says what the server does when it gets `initialize`.
pub(crate) async fn hub(greeted: &str, change: impl Fn(&mut Server)) -> Hub {
    let limits = GatewayLimits { sessions: 100, ..Hub::limits() };
    Hub::limited(limits, &[("a", "http://127.0.0.1:1/")], |server| {
        run(server, "python3", &["-c", SCRIPT, greeted]);
        change(server);
    })
    .await
}

/// The next message of this method.
pub(crate) async fn next(stream: &mut (impl futures::Stream<Item = Value> + Unpin), method: &str) -> Value {
    let next = async {
        loop {
            let message = stream.next().await.expect("a message");
            if message["method"] == method {
                return message;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("in time")
}

#[tokio::test]
async fn a_command_that_refuses_sessions_or_dies_of_them_is_discovered_and_called() {
    for (greeted, is_per_session) in [("refuse", false), ("die", false), ("sulk", false), ("sulk", true)] {
        let hub = hub(greeted, |server| server.lifetime.is_per_session = is_per_session).await;

        let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "roots": {} }), "2025-06-18").await;
        client.said("who", json!({})).await;
        let calls = client.seen("tools/call").await;

        assert_eq!(client.greeting["protocolVersion"], "2025-06-18");
        assert_eq!(client.greeting["serverInfo"]["name"], "fake");
        let meta = &calls[0]["params"]["_meta"];
        assert_eq!(meta[format!("{PREFIX}protocolVersion")], "2026-07-28");
        assert_eq!(meta[format!("{PREFIX}clientCapabilities")], json!({ "roots": {} }));
        assert!(client.seen("notifications/initialized").await.is_empty(), "{greeted}");
    }
}

#[tokio::test]
async fn once_known_a_command_is_not_greeted_again() {
    let hub = hub("refuse", |server| server.lifetime.is_per_session = true).await;
    Client::connect(&hub.url("/mcp/a")).await.said("who", json!({})).await;

    let client = Client::connect(&hub.url("/mcp/a")).await;

    assert!(client.seen("initialize").await.is_empty());
    assert_eq!(client.seen("server/discover").await.len(), 1);
}

#[tokio::test]
async fn a_command_that_needs_input_asks_an_older_client() {
    let hub = hub("refuse", |_| {}).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "elicitation": {} }), "2025-11-25").await;
    let question = json!({ "method": "elicitation/create", "params": { "message": "who?" } });
    let arguments = json!({ "question": question, "state": "é\"" });

    let all = client
        .answering(
            "tools/call",
            json!({ "name": "ask", "arguments": arguments }),
            |_| json!({ "result": { "action": "accept" } }),
        )
        .await;

    let answer: Value = serde_json::from_str(text(all.last().expect("an answer"))).expect("JSON");
    assert_eq!(answer, json!({ "answers": { "q": { "action": "accept" } }, "state": "é\"" }));
}

#[tokio::test]
async fn what_a_command_needs_passes_to_a_client_of_its_revision() {
    let hub = hub("refuse", |_| {}).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "roots": {} }));
    let question = json!({ "method": "roots/list", "x-new": 1.5 });
    let mut params = json!({ "name": "ask", "arguments": { "question": question, "state": "own" } });

    let (_, asked) = client.request("tools/call", params.clone()).await;
    params["requestState"] = asked["result"]["requestState"].clone();
    params["inputResponses"] = json!({ "q": { "roots": [] } });
    let (_, answer) = client.request("tools/call", params).await;

    assert_eq!((&asked["result"]["requestState"], &asked["result"]["inputRequests"]["q"]), (&json!("own"), &question));
    assert_eq!(text(&answer), r#"{"answers": {"q": {"roots": []}}, "state": "own"}"#);
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled_under_the_id_that_the_command_knows() {
    let hub = hub("refuse", |_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let calling = client.calling(&json!("c"), "hold", &json!({}));
    client.until_held(&hub, 1).await;

    client.notify("notifications/cancelled", json!({ "requestId": "c" })).await;

    let cancelled = hub
        .until_some(async || {
            let seen = client.seen("notifications/cancelled").await;
            (!seen.is_empty()).then_some(seen)
        })
        .await;
    let held = client.seen("tools/call").await.into_iter().find(|call| call["params"]["name"] == "hold");
    assert_eq!(cancelled[0]["params"]["requestId"], held.expect("the call")["id"]);
    assert_eq!(cancelled.len(), 1);
    drop(calling);
}

#[tokio::test]
async fn a_modern_client_that_goes_away_cancels_its_call() {
    let hub = hub("refuse", |_| {}).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    let seen = async |method: &str| {
        let params = json!({ "name": "seen", "arguments": { "method": method } });
        text(&client.request("tools/call", params).await.1).to_owned()
    };

    let held = hub.until_some(async || seen("tools/call").await.contains("\"hold\"").then_some(()));
    tokio::select! {
        response = client.send(json!(1), "tools/call", json!({ "name": "hold", "arguments": {} })) => panic!("{response:?}"),
        () = held => {}
    }

    hub.until_some(async || (seen("notifications/cancelled").await != "[]").then_some(())).await;
}

#[tokio::test]
async fn subscriptions_and_changes_of_a_command_come_through_one_stream_that_follows_what_is_wanted() {
    let hub = hub("refuse", |_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut stream = client.listen().await;
    let listening = async |count: usize| {
        hub.until_some(async || (client.seen("subscriptions/listen").await.len() == count).then_some(())).await;
    };
    listening(1).await;

    let subscribed = client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    client.said("tell", json!({ "method": "resources/updated", "params": { "uri": "x://1" } })).await;
    let updated = next(&mut stream, "notifications/resources/updated").await;
    client.tools().await;
    client.said("tell", json!({ "method": "tools/list_changed" })).await;
    hub.until_some(async || client.tools().await.contains(&"new".to_owned()).then_some(())).await;
    client.request("resources/unsubscribe", json!({ "uri": "x://1" })).await;
    listening(3).await;

    assert_eq!(subscribed["result"], json!({}));
    assert_eq!(updated["params"], json!({ "uri": "x://1" }));
    let listened = client.seen("subscriptions/listen").await;
    let closed: Vec<Value> = hub
        .until_some(async || {
            let seen = client.seen("notifications/cancelled").await;
            (seen.len() == 2).then_some(seen)
        })
        .await;
    assert_eq!(closed[0]["params"]["requestId"], listened[0]["id"]);
    assert_eq!(closed[1]["params"]["requestId"], listened[1]["id"]);
}

#[tokio::test]
async fn an_unknown_resource_of_a_command_has_the_code_of_the_clients_revision() {
    let hub = hub("refuse", |_| {}).await;
    let older = Client::connect(&hub.url("/mcp/a")).await;
    let modern = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    let read = older.request("resources/read", json!({ "uri": "x://y" })).await;
    let (_, read_modern) = modern.request("resources/read", json!({ "uri": "x://y" })).await;

    assert_eq!((&read["error"]["code"], &read_modern["error"]["code"]), (&json!(-32002), &json!(-32602)));
}
