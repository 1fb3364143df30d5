//! Log lines and tasks of one process that all client sessions share: each is told apart as far as the protocol allows.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::Client;
use crate::fake_command::hub;

#[tokio::test]
async fn the_process_logs_at_the_most_verbose_level_and_each_session_gets_its_own() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [verbose, quiet] = [Client::connect(&url).await, Client::connect(&url).await];
    for client in [&verbose, &quiet] {
        client.tools().await;
    }
    let mut streams = [verbose.listen().await, quiet.listen().await];
    verbose.request("logging/setLevel", json!({ "level": "debug" })).await;
    quiet.request("logging/setLevel", json!({ "level": "error" })).await;
    let speaker = Client::connect(&url).await;

    for level in ["debug", "error"] {
        let line = json!({ "method": "notifications/message", "params": { "level": level, "data": level } });
        speaker.said("say_later", line).await;
    }
    let mut levels: Vec<Value> = Vec::new();
    for stream in &mut streams {
        levels.push(stream.next().await.expect("a line")["params"]["level"].clone());
    }
    let asked: Vec<Value> = speaker.seen("logging/setLevel").await;
    verbose.delete().await;

    assert_eq!(levels, ["debug", "error"]);
    assert!(asked.iter().all(|asked| asked["params"]["level"] == "debug"), "{asked:?}");
    hub.until_some(async || {
        let asked = speaker.seen("logging/setLevel").await;
        (asked.last()?["params"]["level"] == "error").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_log_line_reaches_the_client_the_command_works_for_and_no_other() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [Client::connect(&url).await, Client::connect(&url).await];
    let mut others = two.listen().await;
    for client in [&one, &two] {
        client.request("logging/setLevel", json!({ "level": "debug" })).await;
    }

    let line = json!({ "method": "notifications/message", "params": { "level": "info", "data": "of one" } });
    let messages = one.calling(&json!("l"), "say", &line).answered().await;
    two.said("say", json!({ "method": "notifications/tools/list_changed" })).await;

    assert_eq!(messages[0]["params"]["data"], "of one");
    assert_eq!(others.next().await.expect("a message")["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn a_task_is_read_cancelled_and_listed_by_the_client_that_created_it_alone() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two, speaker] = [Client::connect(&url).await, Client::connect(&url).await, Client::connect(&url).await];
    for client in [&one, &two] {
        client.tools().await;
    }
    let mut streams = [one.listen().await, two.listen().await];
    for (client, id) in [(&one, "t1"), (&two, "t2")] {
        client.call("task", json!({ "id": id })).await;
    }

    let listed = async |client: &Client| client.request("tasks/list", json!({})).await["result"]["tasks"].clone();
    assert_eq!([listed(&one).await, listed(&two).await], [json!([{ "taskId": "t1" }]), json!([{ "taskId": "t2" }])]);
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        let own = one.request(method, json!({ "taskId": "t1" })).await;
        let foreign = two.request(method, json!({ "taskId": "t1" })).await;
        assert_eq!((&own["result"], &foreign["error"]["code"]), (&json!({}), &json!(-32602)), "{method}");
    }
    for id in ["t1", "t2"] {
        let status = json!({ "method": "notifications/tasks/status", "params": { "taskId": id } });
        speaker.said("say", status).await;
    }
    for (stream, id) in streams.iter_mut().zip(["t1", "t2"]) {
        assert_eq!(stream.next().await.expect("its status")["params"]["taskId"], id);
    }
}
