//! Clients with sessions in front of a server without.

use std::collections::BTreeSet;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::scripted::said;
use crate::sessionless::{PREFIX, Sessionless};

/// A server whose tools say what they were called with.
async fn echoing() -> Sessionless {
    Sessionless::start(|method, params| (method == "tools/call").then(|| complete(said(&params.to_string())))).await
}

pub(crate) fn complete(mut result: Value) -> Value {
    result["resultType"] = json!("complete");
    result
}

/// What a server asks for before it goes on.
pub(crate) fn needs(questions: Value, state: &str) -> Value {
    let mut result = json!({ "resultType": "input_required", "requestState": state });
    result["inputRequests"] = questions;
    result
}

#[tokio::test]
async fn a_server_without_sessions_is_discovered_and_greets_as_one_with_sessions() {
    let server = echoing().await;
    let hub = Hub::of(&[("a", &server.url)]).await;

    let client = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-06-18").await;
    let answer = client.call("echo", json!({ "x": 1.0 })).await;

    let greeting = &client.greeting;
    assert_eq!((&greeting["protocolVersion"], &greeting["instructions"]), (&json!("2025-06-18"), &json!("Be kind.")));
    assert_eq!(greeting["serverInfo"], json!({ "name": "sessionless", "version": "1", "x-extra": true }));
    assert!(greeting.get("supportedVersions").is_none() && greeting.get("resultType").is_none(), "{greeting}");
    assert!(text(&answer).contains(r#""arguments":{"x":1.0}"#) && answer["result"].get("resultType").is_none());
    assert!(server.seen("initialize").is_empty() && server.seen("notifications/initialized").is_empty());
}

#[tokio::test]
async fn every_request_says_what_its_own_client_can_do() {
    let server = echoing().await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let able = json!({ "roots": { "listChanged": true }, "sampling": {}, "tasks": {}, "elicitation": { "url": {} } });
    let able = Client::connect_as(&hub.url("/mcp/a"), able, "2025-11-25").await;
    let unable = Client::connect_as(&hub.url("/mcp/a"), json!({}), "2025-11-25").await;

    able.call("echo", json!({})).await;
    unable.request("tools/call", json!({ "name": "echo", "_meta": { "x/own": 1, "progressToken": "p" } })).await;

    let metas: Vec<Value> = server.params("tools/call").iter().map(|params| params["_meta"].clone()).collect();
    let capabilities = |meta: &Value| meta[format!("{PREFIX}clientCapabilities")].clone();
    assert_eq!(capabilities(&metas[0]), json!({ "roots": {}, "sampling": {}, "elicitation": { "url": {} } }));
    assert_eq!(capabilities(&metas[1]), json!({}));
    assert_eq!(metas[1][format!("{PREFIX}clientInfo")], json!({ "name": "tester", "version": "7" }));
    assert_eq!(metas[1]["x/own"], 1);
    assert!(metas[1].get(format!("{PREFIX}logLevel")).is_none());
}

#[tokio::test]
async fn headers_say_what_the_body_says_and_encode_what_no_header_can_carry() {
    let properties = json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "deep": { "type": "object", "properties": { "count": { "type": "integer", "x-mcp-header": "Count" } } },
    });
    let server = Sessionless::start(move |method, _| {
        let tool = json!({ "name": "räume", "inputSchema": { "type": "object", "properties": properties } });
        Some(complete(match method {
            "tools/list" => json!({ "tools": [tool] }),
            "resources/list" => json!({ "resources": [{ "uri": "x://é", "name": "r" }] }),
            "prompts/list" => json!({ "prompts": [{ "name": "p" }] }),
            "resources/read" => json!({ "contents": [] }),
            "prompts/get" => json!({ "messages": [] }),
            _ => json!({ "content": [] }),
        }))
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    client.tools().await;
    client.call("räume", json!({ "region": "Zürich", "deep": { "count": 3 } })).await;
    client.request("resources/read", json!({ "uri": "x://é" })).await;
    client.request("prompts/get", json!({ "name": "p" })).await;

    let header = |method: &str, name: &str| {
        let seen = server.seen(method).pop().expect("a request");
        seen.headers.get(name).map(|value| value.to_str().expect("text").to_owned())
    };
    assert_eq!(header("tools/call", "mcp-name").as_deref(), Some("=?base64?csOkdW1l?="));
    assert_eq!(header("tools/call", "mcp-param-region").as_deref(), Some("=?base64?WsO8cmljaA==?="));
    assert_eq!(header("tools/call", "mcp-param-count").as_deref(), Some("3"));
    assert_eq!(header("resources/read", "mcp-name").as_deref(), Some("=?base64?eDovL8Op?="));
    assert_eq!(header("prompts/get", "mcp-name").as_deref(), Some("p"));
    assert_eq!((header("tools/list", "mcp-name"), header("tools/list", "mcp-session-id")), (None, None));
}

#[tokio::test]
async fn what_a_server_needs_becomes_requests_and_the_answers_go_back_with_the_state_over_several_rounds() {
    const STATE: &str = "é\u{2028}/+\"\\ =";
    let server = Sessionless::start(|method, params| {
        let sampling = json!({ "messages": [], "maxTokens": 5 });
        let form = json!({ "mode": "form", "message": "who?", "requestedSchema": { "type": "object" } });
        (method == "tools/call").then(|| match params["requestState"].as_str() {
            None => needs(
                json!({
                    "who": { "method": "elicitation/create", "params": form },
                    "think": { "method": "sampling/createMessage", "params": sampling },
                }),
                STATE,
            ),
            Some(STATE) => needs(json!({ "where": { "method": "roots/list" } }), "second"),
            Some(_) => complete(said("done")),
        })
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let able = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
    let client = Client::connect_as(&hub.url("/mcp/a"), able, "2025-11-25").await;

    let all = client
        .answering("tools/call", json!({ "name": "t", "arguments": { "a": 1 } }), |question| match question {
            "elicitation/create" => json!({ "result": { "action": "accept", "content": { "name": "octo" } } }),
            "sampling/createMessage" => json!({ "result": { "role": "assistant", "x-new": 1.50 } }),
            _ => json!({ "result": { "roots": [] } }),
        })
        .await;

    let methods: Vec<&str> = all.iter().filter_map(|message| message["method"].as_str()).collect();
    assert_eq!(BTreeSet::from_iter(methods), ["elicitation/create", "sampling/createMessage", "roots/list"].into());
    assert_eq!(text(all.last().expect("an answer")), "done");
    let calls = server.params("tools/call");
    let [first, second, third] = calls.as_slice() else { panic!("{calls:?}") };
    assert!(first.get("inputResponses").is_none() && first.get("requestState").is_none());
    assert_eq!((&second["requestState"], &third["requestState"]), (&json!(STATE), &json!("second")));
    let answered = json!({
        "who": { "action": "accept", "content": { "name": "octo" } },
        "think": { "role": "assistant", "x-new": 1.50 },
    });
    assert_eq!((&second["inputResponses"], &second["arguments"]), (&answered, &json!({ "a": 1 })));
    assert_eq!(third["inputResponses"], json!({ "where": { "roots": [] } }));
    let ids: BTreeSet<String> = server.seen("tools/call").iter().map(|seen| seen.body["id"].to_string()).collect();
    assert_eq!(ids.len(), 3, "every round has an id of its own");
}

#[tokio::test]
async fn a_state_alone_is_sent_back_without_answers_and_none_is_made_up() {
    let server = Sessionless::start(|method, params| {
        let roots = json!({ "r": { "method": "roots/list" } });
        (method == "prompts/get").then(|| match (params.get("requestState"), params.get("inputResponses")) {
            (None, None) => json!({ "resultType": "input_required", "requestState": "later" }),
            (Some(_), None) => json!({ "resultType": "input_required", "inputRequests": roots }),
            (None, Some(_)) => complete(json!({ "messages": [] })),
            (Some(_), Some(_)) => json!({ "error": { "code": -32602, "message": "an old state" } }),
        })
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "roots": {} }), "2025-11-25").await;

    let all = client.answering("prompts/get", json!({ "name": "p" }), |_| json!({ "result": { "roots": [] } })).await;

    assert_eq!(all.last().expect("an answer")["result"], json!({ "messages": [] }));
    assert_eq!(server.seen("prompts/get").len(), 3);
}

#[tokio::test]
async fn a_client_that_refuses_a_question_cancels_an_elicitation_and_ends_any_other_call() {
    let server = Sessionless::start(|method, params| {
        let question = params["name"].as_str().unwrap_or_default();
        (method == "tools/call").then(|| match params.get("inputResponses") {
            None => needs(json!({ "q": { "method": question, "params": {} } }), "s"),
            Some(answers) => complete(said(&answers.to_string())),
        })
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client =
        Client::connect_as(&hub.url("/mcp/a"), json!({ "elicitation": {}, "sampling": {} }), "2025-11-25").await;
    let refused = |_: &str| json!({ "error": { "code": -32601, "message": "not here" } });

    let elicited = client.answering("tools/call", json!({ "name": "elicitation/create" }), refused).await;
    let sampled = client.answering("tools/call", json!({ "name": "sampling/createMessage" }), refused).await;

    assert_eq!(text(elicited.last().expect("an answer")), r#"{"q":{"action":"cancel"}}"#);
    let answer = sampled.last().expect("an answer");
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(text(answer).contains("a asked for sampling/createMessage and cannot go on"), "{answer}");
    assert_eq!(server.seen("tools/call").len(), 3, "the call that has no answer is not sent again");
}

#[tokio::test]
async fn a_client_is_not_asked_what_it_did_not_declare_and_its_call_ends_at_once() {
    let server = Sessionless::start(|method, _| {
        let question = json!({ "q": { "method": "elicitation/create", "params": { "message": "m" } } });
        (method == "tools/call").then(|| needs(question.clone(), "s"))
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect_as(&hub.url("/mcp/a"), json!({ "sampling": {} }), "2025-11-25").await;

    let answer = client.call("x", json!({})).await;

    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(text(&answer).contains("the client did not declare the capability for it"), "{answer}");
    assert_eq!(server.seen("tools/call").len(), 1);
}

#[tokio::test]
async fn subscriptions_and_changes_of_lists_come_through_one_stream_that_follows_what_is_wanted() {
    let server = Sessionless::start(|_, _| None).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut stream = client.listen().await;
    hub.until(|| server.streams("subscriptions/listen").len() == 1).await;

    let subscribed = client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    hub.until(|| server.streams("subscriptions/listen").len() == 1).await;
    server.tell("notifications/resources/updated", json!({ "uri": "x://1" })).await;
    let updated = stream.next().await.expect("an update");
    server.tell("notifications/tools/list_changed", json!({})).await;
    let changed = stream.next().await.expect("a change");
    let unsubscribed = client.request("resources/unsubscribe", json!({ "uri": "x://1" })).await;
    hub.until(|| server.params("subscriptions/listen").len() == 3).await;

    assert_eq!((&subscribed["result"], &unsubscribed["result"]), (&json!({}), &json!({})));
    assert_eq!(updated["params"], json!({ "uri": "x://1" }));
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert!(changed["params"].get("_meta").is_none(), "{changed}");
    let filters: Vec<Value> =
        server.params("subscriptions/listen").iter().map(|params| params["notifications"].clone()).collect();
    let lists = json!({ "toolsListChanged": true, "resourcesListChanged": true });
    let mut with_resource = lists.clone();
    with_resource["resourceSubscriptions"] = json!(["x://1"]);
    assert_eq!(filters, [lists.clone(), with_resource, lists]);
    client.delete().await;
    hub.until(|| server.streams("subscriptions/listen").is_empty()).await;
}

#[tokio::test]
async fn the_log_level_goes_with_every_later_request_and_its_lines_come_with_the_call() {
    let server = Sessionless::start(|_, _| None).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    client.request("logging/setLevel", json!({ "level": "debug" })).await;
    let unknown = client.request("logging/setLevel", json!({ "level": "loud" })).await;
    let calling = client.calling(&json!("t"), "work", &json!({}));
    let call = hub.until_some(async || server.streams("tools/call").pop()).await;
    let token = &call.request["params"]["_meta"]["progressToken"];
    let note = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    call.say(&note("notifications/progress", json!({ "progressToken": token, "progress": 1 }))).await;
    call.say(&note("notifications/message", json!({ "level": "debug", "data": "here" }))).await;
    call.answer(complete(said("done"))).await;
    let all = calling.answered().await;

    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(call.request["params"]["_meta"][format!("{PREFIX}logLevel")], "debug");
    let [progress, line, answer] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((&progress["params"]["progressToken"], &line["params"]["data"]), (&json!("t"), &json!("here")));
    assert_eq!(text(answer), "done");
    assert!(server.seen("logging/setLevel").is_empty());
}

#[tokio::test]
async fn a_call_that_the_client_cancels_closes_its_stream_and_sends_nothing() {
    let server = Sessionless::start(|_, _| None).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let calling = client.calling(&json!("c"), "work", &json!({}));
    hub.until(|| server.streams("tools/call").len() == 1).await;

    client.notify("notifications/cancelled", json!({ "requestId": "c" })).await;

    hub.until(|| server.streams("tools/call").is_empty()).await;
    assert!(server.seen("notifications/cancelled").is_empty());
    drop(calling);
}
