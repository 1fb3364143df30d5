//! A login that the client is asked for by URL elicitation, after which the same call goes through.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::authority::{Authority, log_in, plugins};
use crate::client::{Client, text};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::{TestServer, events};

async fn protected() -> (Hub, TestServer, Authority) {
    let peer = TestServer::start_with(|state| state.token = Some("t".to_owned())).await;
    let authority = Authority::start("t").await;
    let hub = Hub::knowing(plugins().await, &[("a", &peer.url)], |server| authority.of(server)).await;
    hub.gateway.start();
    (hub, peer, authority)
}

fn call(id: i32) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "echo", "arguments": { "x": 1 } } })
}

#[tokio::test]
async fn a_client_with_a_session_opens_the_page_and_its_call_goes_through() {
    let (hub, peer, _authority) = protected().await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "elicitation": { "url": {} } }), "2025-11-25").await;

    let mut stream = events(client.post(&call(9)).await);
    let question = stream.next().await.expect("question");
    let accepted = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } });
    client.post(&accepted).await;
    log_in(&hub, question["params"]["url"].as_str().expect("url")).await;
    let (complete, answer) = (stream.next().await.expect("complete"), stream.next().await.expect("answer"));

    assert_eq!((&question["method"], &question["params"]["mode"]), (&json!("elicitation/create"), &json!("url")));
    assert!(question["params"]["message"].as_str().expect("text").starts_with("a needs you to sign in"), "{question}");
    assert_eq!(complete["method"], "notifications/elicitation/complete");
    assert_eq!(complete["params"]["elicitationId"], question["params"]["elicitationId"]);
    assert_eq!((&answer["id"], text(&answer)), (&json!(9), r#"{"x":1}"#));
    let accepted =
        peer.seen("tools/call").into_iter().filter(|seen| seen.headers["authorization"] == "Bearer t").count();
    assert_eq!(accepted, 1, "the call goes to the server once");
}

#[tokio::test]
async fn a_client_that_declines_gets_the_link_in_words() {
    let (hub, _peer, _authority) = protected().await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "elicitation": { "url": {} } }), "2025-11-25").await;

    let mut stream = events(client.post(&call(9)).await);
    let question = stream.next().await.expect("question");
    client.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } })).await;
    let answer = stream.next().await.expect("answer");

    assert_eq!(answer["result"]["isError"], true);
    assert!(text(&answer).contains("/connect/"), "{answer}");
}

#[tokio::test]
async fn a_client_that_only_knows_forms_gets_the_link_in_words() {
    let (hub, _peer, _authority) = protected().await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "elicitation": {} }), "2025-11-25").await;

    let answer = client.call("echo", json!({})).await;

    assert!(text(&answer).contains("/connect/"), "{answer}");
}

#[tokio::test]
async fn a_client_without_a_session_is_asked_for_input_and_its_retry_goes_through() {
    let (hub, _peer, _authority) = protected().await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "elicitation": { "url": {} } }));
    let mut params = json!({ "name": "echo", "arguments": { "x": 1 } });

    let (_, asked) = client.request("tools/call", params.clone()).await;
    let questions = asked["result"]["inputRequests"].as_object().expect("questions").clone();
    let (key, question) = questions.iter().next().expect("a question");
    log_in(&hub, question["params"]["url"].as_str().expect("url")).await;
    params["inputResponses"] = json!({ key: { "action": "accept" } });
    params["requestState"] = asked["result"]["requestState"].clone();
    let (_, answer) = client.request("tools/call", params).await;

    assert_eq!((&question["method"], &question["params"]["mode"]), (&json!("elicitation/create"), &json!("url")));
    assert!(question["params"].get("elicitationId").is_none(), "{question}");
    assert_eq!(text(&answer), r#"{"x":1}"#);
    assert_eq!(answer["result"]["resultType"], "complete");
}
