//! Questions of one process that all client sessions share: each reaches the client that it is about, and none is a guess.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::fake_command::{Calling, hub};
use crate::hub::Hub;

const ELICITS: &str = "elicitation/create";

async fn able(url: &str) -> Client {
    Client::connect_as(url, json!({ "elicitation": {} }), "2025-11-25").await
}

async fn unable(url: &str) -> Client {
    Client::connect_as(url, json!({}), "2025-11-25").await
}

fn question(message: &str) -> Value {
    json!({ "method": ELICITS, "params": { "message": message, "requestedSchema": { "type": "object", "properties": {} } } })
}

/// Calls a tool that asks this, and answers. Returns the question and the tool's result.
async fn asked(client: &Client, message: &str) -> (Value, String) {
    let call = json!({ "name": "ask", "arguments": question(message) });
    let response = client.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call })).await;
    let mut events = crate::peer::events(response);
    let question = events.next().await.expect("question");
    client.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } })).await;
    let answer = events.next().await.expect("answer");
    (question, text(&answer).to_owned())
}

async fn answered(calling: Calling) -> Value {
    calling.answered().await.last().expect("an answer").clone()
}

/// Waits until the fake server has seen this many calls of the tool.
async fn until_called(hub: &Hub, client: &Client, tool: &str, count: usize) {
    hub.until_some(async || {
        let calls = client.seen("tools/call").await;
        (calls.iter().filter(|call| call["params"]["name"] == tool).count() == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_question_reaches_the_session_whose_call_is_running_and_no_other() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let able = json!({ "elicitation": {} });
    let one = Client::connect_as(&url, able.clone(), "2025-11-25").await;
    let two = Client::connect_as(&url, able, "2025-11-25").await;
    let mut others = two.listen().await;

    let params = json!({ "message": "who?", "requestedSchema": { "type": "object", "properties": {} } });
    let ask = json!({ "method": "elicitation/create", "params": params });
    let call = json!({ "name": "ask", "arguments": ask });
    let response =
        one.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call.clone() })).await;
    let mut events = crate::peer::events(response);
    let question = events.next().await.expect("question");
    one.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } })).await;
    let answer = events.next().await.expect("answer");

    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(text(&answer), r#"{"action": "accept"}"#);
    two.said("say", json!({ "method": "notifications/tools/list_changed" })).await;
    assert_eq!(others.next().await.expect("the change")["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn the_hub_answers_what_no_waiting_client_can_answer() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let unable = Client::connect_as(&url, json!({}), "2025-11-25").await;
    let _able = Client::connect_as(&url, json!({ "elicitation": {}, "sampling": {} }), "2025-11-25").await;
    let params = json!({ "message": "who?", "requestedSchema": { "type": "object" } });

    let declined = unable.said("ask", json!({ "method": "elicitation/create", "params": params })).await;
    let refused = unable.said("ask", json!({ "method": "sampling/createMessage", "params": {} })).await;
    let ping = unable.said("ask", json!({ "method": "ping" })).await;

    assert_eq!(declined, r#"{"action": "decline"}"#);
    assert!(
        refused.contains("-32601") && refused.contains("no client that waits for this server answers"),
        "{refused}"
    );
    assert_eq!(ping, "null");
}

#[tokio::test]
async fn roots_are_asked_for_again_once_a_client_shows_some() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let unable = Client::connect_as(&url, json!({}), "2025-11-25").await;
    unable.said("ask", json!({ "method": "roots/list" })).await;

    let able = Client::connect_as(&url, json!({ "roots": {} }), "2025-11-25").await;
    able.notify("notifications/roots/list_changed", json!({})).await;

    let told = hub.until_some(async || {
        let seen = able.seen("notifications/roots/list_changed").await;
        (seen.len() == 2).then_some(seen.len())
    });
    assert_eq!(told.await, 2);
}

#[tokio::test]
async fn a_question_that_several_clients_could_be_meant_by_is_refused_and_not_given_to_a_guess() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [able(&url).await, able(&url).await];
    let held = one.calling(&json!("h"), "hold", &json!({ "text": "held" }));
    one.until_held(&hub, 1).await;

    let refused = two.said("ask", question("of two")).await;
    one.said("release", json!({})).await;
    let first = held.answered().await;

    assert!(refused.contains("-32603") && refused.contains("perSessionClient"), "{refused}");
    assert!(first.iter().all(|message| message["method"] != ELICITS), "{first:?}");
    assert_eq!(asked(&two, "again").await.1, r#"{"action": "accept"}"#);
}

#[tokio::test]
async fn a_question_that_comes_while_a_client_calls_that_cannot_be_asked_is_not_shown_to_another() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, other] = [unable(&url).await, able(&url).await];
    let held = other.calling(&json!("h"), "hold", &json!({ "text": "held" }));
    other.until_held(&hub, 1).await;

    let refused = one.said("ask", question("of one")).await;
    other.said("release", json!({})).await;

    assert!(refused.contains("-32603") && refused.contains("perSessionClient"), "{refused}");
    assert!(held.answered().await.iter().all(|message| message["method"] != ELICITS));
    assert_eq!(one.said("ask", question("again")).await, r#"{"action": "decline"}"#);
}

#[tokio::test]
async fn once_a_command_has_asked_its_clients_take_turns_and_calls_of_one_go_side_by_side() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [able(&url).await, able(&url).await];
    let other = unable(&url).await;
    asked(&one, "first").await;

    let held = one.calling(&json!("h"), "hold", &json!({ "text": "held" }));
    one.until_held(&hub, 1).await;
    let beside = one.said("who", json!({})).await;
    let waiting = tokio::spawn({
        let two = two.clone();
        async move { asked(&two, "of two").await }
    });
    let unasked = tokio::spawn(async move { other.said("who", json!({})).await });
    let before = one.seen("tools/call").await;
    let also = one.calling(&json!("i"), "hold", &json!({ "text": "also" }));
    one.until_held(&hub, 2).await;
    one.said("release", json!({})).await;

    assert_eq!(before.iter().filter(|call| call["params"]["name"] == "ask").count(), 1, "two waits for its turn");
    for calling in [held, also] {
        assert!(calling.answered().await.iter().all(|message| message["method"] != ELICITS));
    }
    assert_eq!(beside, unasked.await.expect("its turn"));
    let (question, said) = waiting.await.expect("asked");
    assert_eq!((&question["params"]["message"], said.as_str()), (&json!("of two"), r#"{"action": "accept"}"#));
}

#[tokio::test]
async fn many_clients_that_are_asked_at_once_each_get_their_own_question() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let clients = futures::future::join_all((0..20).map(|_| able(&url))).await;
    asked(&clients[0], "first").await;

    let all = clients.iter().enumerate().map(async |(number, client)| {
        let own = format!("of {number}");
        for _ in 0..3 {
            let (question, said) = asked(client, &own).await;
            assert_eq!((&question["params"]["message"], said.as_str()), (&json!(own), r#"{"action": "accept"}"#));
        }
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn that_a_command_asks_is_remembered_when_it_is_started_again() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let [one, two] = [able(&url).await, able(&url).await];
    asked(&one, "first").await;
    one.said("die", json!({})).await;

    let held = one.calling(&json!("h"), "hold", &json!({ "text": "held" }));
    one.until_held(&hub, 1).await;
    let waiting = two.calling(&json!("w"), "hold", &json!({ "text": "waited" }));
    let third = one.calling(&json!("i"), "hold", &json!({ "text": "also" }));
    one.until_held(&hub, 2).await;
    one.said("release", json!({})).await;

    assert_eq!([text(&answered(held).await), text(&answered(third).await)], ["held", "also"]);
    until_called(&hub, &two, "hold", 3).await;
    two.said("release", json!({})).await;
    assert_eq!(text(&answered(waiting).await), "waited");
}

#[tokio::test]
async fn a_call_whose_turn_does_not_come_in_time_is_answered_with_the_remedy() {
    let hub = hub(|server| {
        server.timeout = Some(Duration::from_secs(1));
        server.start_timeout = Some(Duration::from_secs(20));
    })
    .await;
    let url = hub.url("/mcp/a");
    let [one, two] = [able(&url).await, able(&url).await];
    asked(&one, "first").await;

    // It is given up after its second, and may still ask for a while.
    let held = one.calling(&json!("h"), "hold", &json!({}));
    one.until_held(&hub, 1).await;
    let late = answered(two.calling(&json!("w"), "who", &json!({}))).await;
    held.answered().await;

    assert_eq!((&late["id"], &late["error"]["code"]), (&json!("w"), &json!(-32000)), "{late}");
    let sentence = late["error"]["message"].as_str().expect("a sentence");
    assert!(sentence.contains("within 1 second") && sentence.contains(r#""perSessionClient": true"#), "{sentence}");
}

#[tokio::test]
async fn a_question_outside_of_any_call_goes_to_the_only_client_and_to_nobody_among_several() {
    let hub = hub(|_| {}).await;
    let url = hub.url("/mcp/a");
    let one = able(&url).await;
    one.tools().await;
    let mut stream = one.listen().await;
    one.said("ask_later", question("alone")).await;
    let asked = stream.next().await.expect("a question");
    one.post(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } })).await;
    hub.until_some(async || (one.seen("answer").await.len() == 1).then_some(())).await;

    unable(&url).await.tools().await;
    one.said("ask_later", question("of whom?")).await;
    let answers = hub.until_some(async || Some(one.seen("answer").await).filter(|seen| seen.len() == 2)).await;

    assert_eq!(asked["params"]["message"], "alone");
    assert_eq!(answers[0]["result"], json!({ "action": "accept" }));
    assert_eq!(answers[1]["error"]["code"], -32603, "{answers:?}");
}
