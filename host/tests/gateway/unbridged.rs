//! Clients of revision 2026-07-28 in front of a server of the same: what passes as it is.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::bridging::{complete, needs};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::peer::events;
use crate::scripted::said;
use crate::sessionless::{PREFIX, Sessionless};

async fn of(server: &Sessionless, capabilities: Value) -> (Hub, ModernClient) {
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), capabilities);
    (hub, client)
}

#[tokio::test]
async fn results_pass_with_all_that_the_server_says() {
    let result =
        r#"{"resultType":"complete","z":1.5,"content":[],"structuredContent":[1000.0,"é"],"a":null,"_meta":{"x":1}}"#;
    let answer: Value = serde_json::from_str(result).expect("JSON");
    let server = Sessionless::start(move |method, _| (method == "tools/call").then(|| answer.clone())).await;
    let (_hub, client) = of(&server, json!({ "sampling": {} })).await;

    let (_, found) = client.request("server/discover", json!({})).await;
    let params = json!({ "name": "t", "arguments": { "x": 1.0 }, "_meta": { "x/own": 1 } });
    let called = client.send(json!("id"), "tools/call", params).await.text().await.expect("a body");

    assert_eq!((&found["result"]["ttlMs"], &found["result"]["cacheScope"]), (&json!(1000), &json!("public")));
    assert_eq!(found["result"]["_meta"][format!("{PREFIX}serverInfo")]["x-extra"], true);
    assert_eq!(called, format!(r#"{{"jsonrpc":"2.0","id":"id","result":{result}}}"#));
    let meta = &server.params("tools/call")[0]["_meta"];
    assert_eq!((&meta["x/own"], &meta[format!("{PREFIX}clientCapabilities")]), (&json!(1), &json!({ "sampling": {} })));
}

#[tokio::test]
async fn how_long_a_list_and_a_resource_may_be_kept_is_what_the_server_says() {
    let server = Sessionless::start(|method, _| {
        let kept = |key: &str| complete(json!({ key: [], "ttlMs": 500, "cacheScope": "public" }));
        match method {
            "tools/list" => Some(kept("tools")),
            "resources/read" => Some(kept("contents")),
            _ => None,
        }
    })
    .await;
    let (_hub, client) = of(&server, json!({})).await;

    let (_, tools) = client.request("tools/list", json!({})).await;
    let (_, read) = client.request("resources/read", json!({ "uri": "x://y" })).await;

    let ttl = tools["result"]["ttlMs"].as_u64().expect("a number");
    assert!((1..=500).contains(&ttl), "{tools}");
    assert_eq!((&read["result"]["ttlMs"], &read["result"]["cacheScope"]), (&json!(500), &json!("public")));
}

#[tokio::test]
async fn what_a_server_needs_and_its_state_pass_and_the_retry_too() {
    const STATE: &str = "é\u{2028}/+\"\\ =";
    let server = Sessionless::start(|method, params| {
        let roots = json!({ "method": "roots/list", "x-new": 1 });
        (method == "tools/call").then(|| match params.get("requestState") {
            None => needs(json!({ "r": roots }), STATE),
            Some(_) => complete(said(&params["inputResponses"].to_string())),
        })
    })
    .await;
    let (_hub, client) = of(&server, json!({ "roots": {} })).await;

    let params = json!({ "name": "t", "arguments": {} });
    let (_, asked) = client.request("tools/call", params.clone()).await;
    let mut retry = params;
    retry["requestState"] = asked["result"]["requestState"].clone();
    retry["inputResponses"] = json!({ "r": { "roots": [] } });
    let (_, answer) = client.request("tools/call", retry).await;

    assert_eq!(asked["result"], needs(json!({ "r": { "method": "roots/list", "x-new": 1 } }), STATE));
    assert_eq!(server.params("tools/call")[1]["requestState"], STATE);
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"r":{"roots":[]}}"#);
}

#[tokio::test]
async fn progress_and_log_lines_come_with_the_call_that_wanted_them() {
    let server = Sessionless::start(|_, _| None).await;
    let (hub, client) = of(&server, json!({})).await;
    let meta = json!({ "progressToken": 7, format!("{PREFIX}logLevel"): "debug" });
    let sending = client.send(json!("id"), "tools/call", json!({ "name": "t", "_meta": meta }));

    let answering = async {
        let call = hub.until_some(async || server.streams("tools/call").pop()).await;
        let token = &call.request["params"]["_meta"]["progressToken"];
        let note = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
        call.say(&note("notifications/progress", json!({ "progressToken": token, "progress": 1 }))).await;
        call.say(&note("notifications/message", json!({ "level": "debug", "data": 1 }))).await;
        call.answer(complete(said("done"))).await;
        call.request["params"]["_meta"].clone()
    };
    let (response, sent) = tokio::join!(sending, answering);
    let all: Vec<Value> = events(response).collect().await;

    assert_eq!(sent[format!("{PREFIX}logLevel")], "debug");
    let [progress, line, answer] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((&progress["params"]["progressToken"], &line["params"]["data"]), (&json!(7), &json!(1)));
    assert_eq!((&answer["id"], &answer["result"]["resultType"]), (&json!("id"), &json!("complete")));
}

#[tokio::test]
async fn a_client_that_goes_away_closes_the_stream_of_its_call() {
    let server = Sessionless::start(|_, _| None).await;
    let (hub, client) = of(&server, json!({})).await;
    let url = client.send(json!(1), "tools/call", json!({ "name": "t" }));
    let calling = tokio::time::timeout(std::time::Duration::from_millis(500), url);
    let started = hub.until(|| server.streams("tools/call").len() == 1);

    let (gone, ()) = tokio::join!(calling, started);

    assert!(gone.is_err(), "no answer came");
    hub.until(|| server.streams("tools/call").is_empty()).await;
    assert!(server.seen("notifications/cancelled").is_empty());
}

#[tokio::test]
async fn who_listens_is_told_under_its_own_id_and_leaves_nothing_behind() {
    let server = Sessionless::start(|_, _| None).await;
    let (hub, client) = of(&server, json!({})).await;
    let wanted = json!({ "toolsListChanged": true, "resourceSubscriptions": ["x://1"] });

    let response = client.send(json!("s"), "subscriptions/listen", json!({ "notifications": wanted })).await;
    let mut stream = events(response);
    let acknowledged = stream.next().await.expect("an acknowledgement");
    hub.until(|| {
        let listening = server.streams("subscriptions/listen");
        listening.iter().any(|stream| stream.request["params"]["notifications"]["resourceSubscriptions"].is_array())
    })
    .await;
    server.tell("notifications/resources/updated", json!({ "uri": "x://1" })).await;
    let updated = stream.next().await.expect("an update");
    server.tell("notifications/tools/list_changed", json!({})).await;
    let changed = stream.next().await.expect("a change");
    drop(stream);

    assert_eq!(acknowledged["params"]["notifications"], wanted);
    let marked = json!({ format!("{PREFIX}subscriptionId"): "s" });
    assert_eq!(updated["params"], json!({ "uri": "x://1", "_meta": marked }));
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"], marked);
    hub.until(|| server.streams("subscriptions/listen").is_empty()).await;
}
