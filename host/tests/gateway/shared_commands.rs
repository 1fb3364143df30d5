//! One process for a command, shared by all client sessions, and nothing of one session seen by another.

use std::time::Duration;

use futures::StreamExt;
use mcphub::gateway::GatewayLimits;
use serde_json::json;

use crate::client::{Client, text};
use crate::fake_command::{fake, hub};
use crate::hub::Hub;

#[tokio::test]
async fn fifty_sessions_and_the_hub_itself_share_one_process() {
    let hub = hub(|_| {}).await;
    hub.gateway.start();
    let mut processes = Vec::new();

    let url = hub.url("/mcp/a");
    let clients = futures::future::join_all((0..50).map(|_| Client::connect(&url))).await;
    for client in &clients {
        processes.push(client.said("who", json!({})).await);
    }
    hub.gateway.tools(None).await;

    processes.dedup();
    assert_eq!(processes.len(), 1, "{processes:?}");
    assert_eq!(clients[0].seen("initialize").await.len(), 1);
    assert_eq!(clients[0].seen("notifications/initialized").await.len(), 1);
}

#[tokio::test]
async fn each_session_has_a_process_of_its_own_where_the_entry_says_so() {
    let hub = hub(|server| server.lifetime.is_per_session = true).await;
    let url = hub.url("/mcp/a");

    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];

    assert_ne!(one.said("who", json!({})).await, two.said("who", json!({})).await);
}

#[tokio::test]
async fn the_same_ids_and_progress_tokens_of_two_sessions_are_told_apart() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];

    let first = one.calling(&json!(7), "hold", &json!({ "text": "first" }));
    one.until_held(&hub, 1).await;
    let second = two.calling(&json!(7), "hold", &json!({ "text": "second" }));
    one.until_held(&hub, 2).await;
    one.said("release", json!({})).await;

    for (calling, said) in [(first, "first"), (second, "second")] {
        let messages = calling.answered().await;
        let [progress, answer] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!((&progress["params"]["progressToken"], &progress["params"]["message"]), (&json!(7), &json!(said)));
        assert_eq!((&answer["id"], text(answer)), (&json!(7), said));
    }
}

#[tokio::test]
async fn a_session_that_ends_gives_up_its_own_calls_and_leaves_the_others() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let process = two.said("who", json!({})).await;
    let gone = one.calling(&json!("x"), "hold", &json!({ "text": "gone" }));
    two.until_held(&hub, 1).await;
    let kept = two.calling(&json!("x"), "hold", &json!({ "text": "kept" }));
    two.until_held(&hub, 2).await;

    one.delete().await;
    let ended = gone.answered().await;
    two.said("release", json!({})).await;

    assert_eq!(ended.last().expect("an answer")["result"]["isError"], true);
    assert_eq!(text(kept.answered().await.last().expect("an answer")), "kept");
    assert_eq!(two.said("who", json!({})).await, process);
    let cancelled = two.seen("notifications/cancelled").await;
    let calls = two.seen("tools/call").await;
    let held = calls.iter().find(|call| call["params"]["arguments"]["text"] == "gone").expect("the call");
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0]["params"]["requestId"], held["id"]);
}

#[tokio::test]
async fn a_crash_is_told_to_all_in_flight_with_its_reason_and_the_next_call_starts_it_again() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let process = one.said("who", json!({})).await;
    let waiting = two.calling(&json!(1), "hold", &json!({}));
    one.until_held(&hub, 1).await;

    let crashed = one.said("die", json!({})).await;
    let told = waiting.answered().await;

    for said in [crashed.as_str(), text(told.last().expect("an answer"))] {
        assert!(said.contains("ended with exit status 3") && said.contains("the disk is full"), "{said}");
    }
    let [first, second] = [one.said("who", json!({})).await, two.said("who", json!({})).await];
    assert!(first == second && first != process, "{process}, then {first} and {second}");
}

#[tokio::test]
async fn a_crash_that_nobody_waits_for_is_noticed_and_the_command_is_started_again() {
    let hub = hub(|_| {}).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.said("die", json!({})).await;

    hub.until_some(async || {
        let log = hub.connector.view("a").await?;
        (log.status == mcphub::connect::Status::Connected && log.problem.is_none()).then_some(())
    })
    .await;

    assert_eq!(client.seen("initialize").await.len(), 1);
}

#[tokio::test]
async fn updates_go_to_the_sessions_that_subscribed_until_the_last_one_leaves() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two, other] = [Client::connect(&url).await, Client::connect(&url).await, Client::connect(&url).await];
    let mut streams = Vec::new();
    for client in [&one, &two, &other] {
        client.tools().await;
        streams.push(client.listen().await);
    }
    let uri = json!({ "uri": "x://1" });
    for client in [&one, &two] {
        client.request("resources/subscribe", uri.clone()).await;
    }

    other.said("say", json!({ "method": "notifications/resources/updated", "params": uri })).await;
    other.said("say", json!({ "method": "notifications/tools/list_changed" })).await;
    let mut first = Vec::new();
    for stream in &mut streams {
        first.push(stream.next().await.expect("a message")["method"].clone());
    }
    one.request("resources/unsubscribe", json!({ "uri": "x://1" })).await;
    let after_one = other.seen("resources/unsubscribe").await.len();
    two.delete().await;

    let [updated, changed] = ["notifications/resources/updated", "notifications/tools/list_changed"];
    assert_eq!(first, [updated, updated, changed]);
    assert_eq!(after_one, 0);
    hub.until_some(async || (other.seen("resources/unsubscribe").await.len() == 1).then_some(())).await;
}

#[tokio::test]
async fn an_idle_command_is_ended_and_the_next_call_starts_it_again() {
    let hub = hub(|server| server.lifetime.idle = Some(Duration::from_millis(300))).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let tools = client.tools().await;
    let process = client.said("a-who", json!({})).await;
    let holding = client.calling(&json!("h"), "a-hold", &json!({ "text": "held" }));

    tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await.expect_err("longer than idle");
    assert_eq!(client.said("a-who", json!({})).await, process, "a call in flight is a use");
    client.said("a-release", json!({})).await;
    holding.answered().await;
    is_gone(&hub, &process).await;

    assert_eq!(client.tools().await, tools, "its lists are known");
    assert_ne!(client.said("a-who", json!({})).await, process);
}

#[tokio::test]
async fn a_command_on_demand_is_started_by_the_first_request_that_needs_it() {
    let hub = hub(|server| server.lifetime.is_on_demand = true).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp")).await;

    let before = hub.gateway.running_commands();
    let tools = client.tools().await;

    assert_eq!(before, 0);
    assert_eq!((tools.len(), hub.gateway.running_commands()), (7, 1));
}

#[tokio::test]
async fn a_command_that_hangs_is_started_again_once_nobody_waits_for_it() {
    let limits = GatewayLimits { list: Duration::from_millis(500), list_age: Duration::ZERO, ..Hub::limits() };
    let hub = Hub::limited(limits, &[("a", "http://127.0.0.1:1/")], fake).await;
    hub.gateway.start();
    let client = Client::connect(&hub.url("/mcp")).await;
    let process = client.said("a-who", json!({})).await;
    let frozen = client.calling(&json!("f"), "a-freeze", &json!({}));
    client.tools().await;
    client.notify("notifications/cancelled", json!({ "requestId": "f" })).await;
    frozen.answered().await;

    hub.until_some(async || {
        client.tools().await;
        (!std::path::Path::new(&format!("/proc/{process}")).exists()).then_some(())
    })
    .await;

    assert_ne!(client.said("a-who", json!({})).await, process);
}

#[tokio::test]
async fn a_command_ends_with_the_hub() {
    let hub = hub(|_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let process = client.said("who", json!({})).await;

    hub.gateway.stop().await;

    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
}

async fn is_gone(hub: &Hub, process: &str) {
    hub.until(|| !std::path::Path::new(&format!("/proc/{process}")).exists()).await;
}

#[tokio::test]
async fn a_session_that_subscribes_while_another_one_unsubscribes_is_subscribed() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [mut one, mut other] = [Client::connect(&url).await, Client::connect(&url).await];
    let uri = || json!({ "uri": "x://1" });
    one.request("resources/subscribe", uri()).await;

    for _ in 0..30 {
        tokio::join!(one.request("resources/unsubscribe", uri()), other.request("resources/subscribe", uri()));
        assert_eq!(one.said("subscribed", json!({})).await, r#"["x://1"]"#);
        std::mem::swap(&mut one, &mut other);
    }
}

#[tokio::test]
async fn a_refused_subscription_keeps_no_command_running_and_is_not_made_again() {
    let hub = hub(|server| server.lifetime.idle = Some(Duration::from_millis(300))).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let refused = client.request("resources/subscribe", json!({ "uri": "none:1" })).await;
    hub.until(|| hub.gateway.running_commands() == 0).await;
    let again = client.seen("resources/subscribe").await;

    assert_eq!(refused["error"]["message"], "no such resource");
    assert!(again.is_empty(), "{again:?}");
}
