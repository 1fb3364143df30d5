//! One process for a command without sessions, shared by all client sessions, and nothing of one seen by another.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::modern::ModernClient;
use crate::peer::events;
use crate::sessionless::PREFIX;
use crate::sessionless_commands::{hub, next};

#[tokio::test]
async fn all_sessions_and_the_hub_itself_share_one_process() {
    let hub = hub("refuse", |_| {}).await;
    hub.gateway.start();
    let url = hub.url("/mcp/a");
    let modern = ModernClient::new(&url, json!({}));

    let clients = futures::future::join_all((0..20).map(|_| Client::connect(&url))).await;
    let mut processes = Vec::new();
    for client in &clients {
        processes.push(client.said("who", json!({})).await);
    }
    let (_, answer) = modern.request("tools/call", json!({ "name": "who", "arguments": {} })).await;
    processes.push(text(&answer).to_owned());
    hub.gateway.tools(None).await;

    processes.dedup();
    assert_eq!(processes.len(), 1, "{processes:?}");
    assert_eq!(clients[0].seen("server/discover").await.len(), 1);
}

#[tokio::test]
async fn each_session_has_a_process_of_its_own_where_the_entry_says_so() {
    let hub = hub("die", |server| server.lifetime.is_per_session = true).await;
    let url = hub.url("/mcp/a");

    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];

    assert_ne!(one.said("who", json!({})).await, two.said("who", json!({})).await);
}

#[tokio::test]
async fn the_same_ids_and_progress_tokens_of_two_sessions_are_told_apart() {
    let hub = hub("refuse", |_| {}).await;
    let url = hub.url("/mcp/a");
    let able = json!({ "roots": {} });
    let [one, two] = [Client::connect(&url).await, Client::connect_as(&url, able, "2025-11-25").await];

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
    let held: Vec<Value> =
        one.seen("tools/call").await.into_iter().filter(|call| call["params"]["name"] == "hold").collect();
    let capabilities = |call: &Value| call["params"]["_meta"][format!("{PREFIX}clientCapabilities")].clone();
    assert_eq!(capabilities(&held[0]), json!({ "sampling": {} }));
    assert_eq!(capabilities(&held[1]), json!({ "roots": {} }), "each says what its own client can do");
}

#[tokio::test]
async fn log_lines_reach_all_whose_calls_ask_for_them_and_nobody_loses_any() {
    let hub = hub("refuse", |_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let (level, silent) = (json!({ "level": "debug" }), Client::connect(&url).await);
    one.request("logging/setLevel", level.clone()).await;
    let waiting = one.calling(&json!("w"), "hold", &json!({ "text": "held" }));
    two.until_held(&hub, 1).await;
    two.request("logging/setLevel", level).await;

    let unasked = silent.calling(&json!("s"), "hold", &json!({ "text": "silent" }));
    silent.until_held(&hub, 2).await;
    let own = two.calling(&json!("o"), "log", &json!({ "text": "of two" })).answered().await;
    silent.said("release", json!({})).await;
    let after = waiting.answered().await;

    let lines = |all: &[Value]| -> Vec<Value> {
        let lines = all.iter().filter(|message| message["method"] == "notifications/message");
        lines.map(|line| line["params"]["data"].clone()).collect()
    };
    assert_eq!((lines(&own), lines(&after)), (vec![json!("of two")], vec![json!("of two")]));
    assert!(lines(&unasked.answered().await).is_empty(), "it did not ask for lines");
}

#[tokio::test]
async fn a_change_reaches_those_who_subscribed_to_it() {
    let hub = hub("refuse", |_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let modern = ModernClient::new(&url, json!({}));
    let (mut first, mut second) = (one.listen().await, two.listen().await);
    one.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    two.request("resources/subscribe", json!({ "uri": "x://2" })).await;
    let wanted = json!({ "notifications": { "resourceSubscriptions": ["x://2"] } });
    let mut third = events(modern.send(json!("s"), "subscriptions/listen", wanted).await);
    next(&mut third, "notifications/subscriptions/acknowledged").await;

    for uri in ["x://1", "x://2"] {
        one.said("tell", json!({ "method": "resources/updated", "params": { "uri": uri } })).await;
    }

    let updated = async |stream: &mut (dyn futures::Stream<Item = Value> + Unpin + Send)| {
        next(&mut Box::new(stream), "notifications/resources/updated").await["params"].clone()
    };
    assert_eq!(updated(&mut first).await, json!({ "uri": "x://1" }));
    assert_eq!(updated(&mut second).await, json!({ "uri": "x://2" }));
    let marked = json!({ format!("{PREFIX}subscriptionId"): "s" });
    assert_eq!(updated(&mut third).await, json!({ "uri": "x://2", "_meta": marked }));
}

#[tokio::test]
async fn a_session_that_ends_gives_up_its_own_calls_and_leaves_the_others() {
    let hub = hub("refuse", |_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let process = two.said("who", json!({})).await;
    let gone = one.calling(&json!("x"), "hold", &json!({ "text": "gone" }));
    two.until_held(&hub, 1).await;
    let kept = two.calling(&json!("x"), "hold", &json!({ "text": "kept" }));
    two.until_held(&hub, 2).await;

    one.delete().await;
    let ended = gone.answered().await;
    hub.until_some(async || (!two.seen("notifications/cancelled").await.is_empty()).then_some(())).await;
    two.said("release", json!({})).await;

    assert_eq!(ended.last().expect("an answer")["result"]["isError"], true);
    assert_eq!(text(kept.answered().await.last().expect("an answer")), "kept");
    assert_eq!(two.said("who", json!({})).await, process);
}

#[tokio::test]
async fn a_command_that_ends_by_itself_is_started_again_and_discovered_at_once() {
    let hub = hub("die", |_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let before = one.said("who", json!({})).await;
    let waiting = two.calling(&json!(1), "hold", &json!({}));
    one.until_held(&hub, 1).await;

    let died = one.call("die", json!({})).await;
    let ended = waiting.answered().await;
    let [after, other] = [one.said("who", json!({})).await, two.said("who", json!({})).await];

    assert!(died.to_string().contains("the disk is full"), "{died}");
    assert_eq!(ended.last().expect("an answer")["result"]["isError"], true);
    assert_ne!(after, before);
    assert_eq!(after, other, "both sessions share the next process, too");
    assert!(two.seen("initialize").await.is_empty());
}

#[tokio::test]
async fn an_idle_command_ends_although_clients_listen_for_lists_and_the_next_call_starts_it() {
    let hub = hub("refuse", |server| server.lifetime.idle = Some(Duration::from_millis(300))).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let _stream = client.listen().await;
    hub.until_some(async || (!client.seen("subscriptions/listen").await.is_empty()).then_some(())).await;
    let before = client.said("who", json!({})).await;

    hub.until(|| !std::path::Path::new(&format!("/proc/{before}")).exists()).await;

    assert_ne!(client.said("who", json!({})).await, before);
}

#[tokio::test]
async fn an_idle_command_stays_while_a_client_is_subscribed_to_a_resource() {
    let hub = hub("refuse", |server| server.lifetime.idle = Some(Duration::from_millis(100))).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    let before = client.said("who", json!({})).await;

    let ended = hub.until(|| !std::path::Path::new(&format!("/proc/{before}")).exists());
    tokio::time::timeout(Duration::from_millis(500), ended).await.expect_err("it stays");

    assert_eq!(client.said("who", json!({})).await, before);
}

#[tokio::test]
async fn the_process_ends_with_the_hub() {
    let hub = hub("refuse", |_| {}).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let process = client.said("who", json!({})).await;

    hub.gateway.stop().await;

    hub.until(|| !std::path::Path::new(&format!("/proc/{process}")).exists()).await;
}
