//! Clients of revision 2026-07-28 in front of servers with sessions.

use futures::StreamExt;
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::peer::{TestServer, events};
use crate::scripted::Scripted;

const PREFIX: &str = "io.modelcontextprotocol/";

/// A client without a session.
pub(crate) struct ModernClient {
    http: reqwest::Client,
    url: String,
    capabilities: Value,
}

impl ModernClient {
    pub(crate) fn new(url: &str, capabilities: Value) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("client");
        Self { http, url: url.to_owned(), capabilities }
    }

    pub(crate) async fn send(&self, id: Value, method: &str, params: Value) -> reqwest::Response {
        self.send_with(id, method, params, &[]).await
    }

    fn complete(&self, params: &mut Value) {
        let meta = params.as_object_mut().expect("an object").entry("_meta").or_insert_with(|| json!({}));
        meta[format!("{PREFIX}protocolVersion")] = json!("2026-07-28");
        meta[format!("{PREFIX}clientCapabilities")] = self.capabilities.clone();
        meta[format!("{PREFIX}clientInfo")] = json!({ "name": "tester", "version": "7" });
    }

    /// The same with these headers, too.
    pub(crate) async fn send_with(
        &self,
        id: Value,
        method: &str,
        mut params: Value,
        headers: &[(&str, &str)],
    ) -> reqwest::Response {
        self.complete(&mut params);
        let name = ["name", "uri", "taskId"].iter().find_map(|key| params[key].as_str()).unwrap_or_default().to_owned();
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let request = self.http.post(&self.url).header("accept", "application/json, text/event-stream");
        let request = request.header("content-type", "application/json").header("mcp-protocol-version", "2026-07-28");
        let request = request.header("mcp-method", method).header("mcp-name", name);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(body.to_string()).send().await.expect("sent")
    }

    /// Sends a request, and returns the status and the last message.
    pub(crate) async fn request(&self, method: &str, params: Value) -> (u16, Value) {
        let response = self.send(json!(1), method, params).await;
        let status = response.status().as_u16();
        if response.headers()["content-type"] == "text/event-stream" {
            let all: Vec<Value> = events(response).collect().await;
            return (status, all.last().expect("answer").clone());
        }
        (status, serde_json::from_slice(&response.bytes().await.expect("body")).expect("json"))
    }
}

#[tokio::test]
async fn a_server_with_sessions_is_discovered_listed_and_called() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    let (_, found) = client.request("server/discover", json!({})).await;
    let (_, tools) = client.request("tools/list", json!({})).await;
    let (status, called) = client.request("tools/call", json!({ "name": "echo", "arguments": { "x": 1.0 } })).await;

    assert_eq!(found["result"]["supportedVersions"][0], "2026-07-28");
    assert_eq!(found["result"]["_meta"][format!("{PREFIX}serverInfo")]["name"], "peer");
    assert_eq!(found["result"]["capabilities"]["x-new"], json!({ "a": 1 }));
    assert_eq!((&tools["result"]["cacheScope"], &tools["result"]["ttlMs"]), (&json!("private"), &json!(0)));
    assert_eq!(tools["result"]["tools"][0]["x-new"], 1);
    assert_eq!((status, &called["id"], &called["result"]["resultType"]), (200, &json!(1), &json!("complete")));
    assert_eq!(called["result"]["content"][0]["text"], r#"{"x":1.0}"#);
    let call = &peer.seen("tools/call")[0];
    assert!(call.headers.get("mcp-method").is_none() && call.body["params"].get("_meta").is_none(), "{}", call.body);
    assert_eq!(peer.change(|state| state.opened), 1, "requests with the same capabilities share a session");
}

#[tokio::test]
async fn a_question_of_a_server_is_input_required_and_the_retry_finishes_the_call() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp"), json!({ "sampling": {} }));
    let params = json!({ "name": "a-ask", "arguments": {} });

    let (_, asked) = client.request("tools/call", params.clone()).await;
    let questions = asked["result"]["inputRequests"].as_object().expect("questions").clone();
    let (key, question) = questions.iter().next().expect("a question");
    let mut retry = params.clone();
    retry["inputResponses"] = json!({ key: { "role": "assistant", "x-new": 1 } });
    retry["requestState"] = asked["result"]["requestState"].clone();
    let (_, answer) = client.request("tools/call", retry.clone()).await;
    let (_, again) = client.request("tools/call", retry).await;

    assert_eq!(asked["result"]["resultType"], "input_required");
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(question["params"], json!({ "messages": [], "maxTokens": 5 }));
    let said = answer["result"]["content"][0]["text"].as_str().expect("text");
    assert_eq!(said, r#"{"jsonrpc":"2.0","id":0,"result":{"role":"assistant","x-new":1}}"#);
    assert_eq!(peer.seen("tools/call").len(), 1, "the server was called once");
    assert_eq!(again["error"]["code"], -32602, "a state works once");
}

#[tokio::test]
async fn a_retry_must_be_the_same_call_of_the_same_client() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "sampling": {} }));
    let stranger = ModernClient::new(&hub.url("/mcp/a"), json!({ "sampling": {}, "roots": {} }));
    let (_, asked) = client.request("tools/call", json!({ "name": "ask", "arguments": {} })).await;
    let key = asked["result"]["inputRequests"].as_object().expect("questions").keys().next().expect("one").clone();
    let retry = |arguments: Value, responses: Value| json!({ "name": "ask", "arguments": arguments, "inputResponses": responses, "requestState": asked["result"]["requestState"] });
    let good = json!({ key.clone(): { "role": "assistant" } });

    for refused in [
        stranger.request("tools/call", retry(json!({}), good.clone())).await,
        client.request("tools/call", retry(json!({ "other": 1 }), good.clone())).await,
        client.request("tools/call", retry(json!({}), Value::Null)).await,
        client.request("tools/call", retry(json!({}), json!({ key.clone(): "yes" }))).await,
    ] {
        assert_eq!(refused.1["error"]["code"], -32602, "{refused:?}");
    }
    let (_, asked_again) = client.request("tools/call", retry(json!({}), json!({ "other": {} }))).await;

    assert_eq!(asked_again["result"]["resultType"], "input_required", "an answer is still missing");
    assert_ne!(asked_again["result"]["requestState"], asked["result"]["requestState"]);
}

#[tokio::test]
async fn a_question_that_the_client_cannot_answer_is_refused_for_it() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "elicitation": {} }));

    let (_, answer) = client.request("tools/call", json!({ "name": "ask", "arguments": {} })).await;

    let said = answer["result"]["content"][0]["text"].as_str().expect("text");
    assert!(said.contains("-32601"), "{said}");
}

#[tokio::test]
async fn two_clients_may_use_the_same_id_and_progress_comes_under_the_own_token() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));
    let params = |token: &str| json!({ "name": "stream", "arguments": {}, "_meta": { "progressToken": token } });

    let mut first = events(client.send(json!(5), "tools/call", params("one")).await);
    let mut second = events(client.send(json!(5), "tools/call", params("two")).await);
    let (one, two) = (first.next().await.expect("progress"), second.next().await.expect("progress"));
    for answers in peer.change(|state| state.answers.clone()) {
        answers.send(json!({})).await.expect("waiting");
    }
    let (last, other) = (first.next().await.expect("answer"), second.next().await.expect("answer"));

    assert_eq!((&one["params"]["progressToken"], &two["params"]["progressToken"]), (&json!("one"), &json!("two")));
    assert_eq!((&last["id"], &other["id"]), (&json!(5), &json!(5)));
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_request() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));
    let params = json!({ "name": "stream", "arguments": {}, "_meta": { "progressToken": 1 } });

    let mut stream = events(client.send(json!(1), "tools/call", params).await);
    stream.next().await.expect("progress");
    drop(stream);

    hub.until(|| !peer.seen("notifications/cancelled").is_empty()).await;
    let called = peer.seen("tools/call")[0].body["id"].clone();
    assert_eq!(peer.seen("notifications/cancelled")[0].body["params"]["requestId"], called);
}

#[tokio::test]
async fn who_listens_gets_what_it_asked_for_under_its_id() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));
    let wanted = json!({ "toolsListChanged": true, "resourceSubscriptions": [peer.uri] });

    let response = client.send(json!("s-1"), "subscriptions/listen", json!({ "notifications": wanted })).await;
    let mut stream = events(response);
    let acknowledged = stream.next().await.expect("acknowledged");
    hub.until(|| peer.change(|state| !state.listeners.is_empty())).await;
    for method in ["prompts/list_changed", "message", "tools/list_changed"] {
        peer.say(json!({ "jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": {} })).await;
    }
    let changed = stream.next().await.expect("changed");
    let updated =
        json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": peer.uri } });
    peer.say(updated).await;
    let updated = stream.next().await.expect("updated");
    hub.gateway.stop().await;
    let ended = stream.next().await.expect("ended");

    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], wanted);
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    for message in [&acknowledged["params"], &changed["params"], &updated["params"], &ended["result"]] {
        assert_eq!(message["_meta"][format!("{PREFIX}subscriptionId")], "s-1", "{message}");
    }
    assert_eq!((&ended["id"], &ended["result"]["resultType"]), (&json!("s-1"), &json!("complete")));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn what_the_revision_does_not_have_is_refused_with_its_status() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({}));

    for removed in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"] {
        let (status, answer) = client.request(removed, json!({})).await;
        assert_eq!((status, &answer["error"]["code"], &answer["id"]), (404, &json!(-32601), &json!(1)), "{removed}");
    }
    let (status, no_filter) = client.request("subscriptions/listen", json!({})).await;
    let (_, unknown) = client.request("resources/read", json!({ "uri": "test://nowhere" })).await;
    let get = client.http.get(&client.url).header("mcp-protocol-version", "2026-07-28").send().await.expect("sent");

    assert_eq!((status, &no_filter["error"]["code"]), (200, &json!(-32602)));
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!((get.status().as_u16(), &get.headers()["allow"]), (405, &"POST".parse().expect("value")));
}

#[tokio::test]
async fn arguments_in_headers_must_say_what_the_body_says_and_do_not_go_to_an_older_server() {
    let schema =
        json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
    let server = Scripted::start(move |method, _| {
        Some(match method {
            "tools/list" => json!({ "tools": [{ "name": "x", "inputSchema": schema }] }),
            _ => json!({ "content": [] }),
        })
    })
    .await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp"), json!({}));
    let call = async |arguments: Value, headers: &[(&str, &str)]| {
        let params = json!({ "name": "a-x", "arguments": arguments });
        let response = client.send_with(json!(1), "tools/call", params, headers).await;
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_slice(&response.bytes().await.expect("body")).expect("JSON");
        (status, answer["error"]["code"].clone())
    };
    let (same, encoded) = (("mcp-param-region", "eu"), ("mcp-param-region", "=?base64?ZXU=?="));

    for headers in [same, encoded] {
        assert_eq!(call(json!({ "region": "eu" }), &[headers]).await, (200, Value::Null), "{headers:?}");
    }
    assert_eq!(call(json!({}), &[]).await, (200, Value::Null));
    let refused = (400, json!(-32020));
    for headers in
        [vec![], vec![("mcp-param-region", "us")], vec![("mcp-param-region", "=?base64?!?=")], vec![same, same]]
    {
        assert_eq!(call(json!({ "region": "eu" }), &headers).await, refused, "{headers:?}");
    }
    for arguments in [json!({}), json!({ "region": null })] {
        assert_eq!(call(arguments, &[same]).await, refused, "a header without its argument");
    }
    assert_eq!(server.count("tools/call"), 3);
}

#[tokio::test]
async fn a_question_on_no_stream_goes_to_the_only_call_that_can_be_asked_and_else_to_none() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    let client = ModernClient::new(&hub.url("/mcp/a"), json!({ "sampling": {} }));
    let held = || async {
        let params = json!({ "name": "stream", "arguments": {}, "_meta": { "progressToken": "p" } });
        let mut messages = events(client.send(json!(5), "tools/call", params).await);
        messages.next().await.expect("progress");
        messages
    };
    let question = |id: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": { "messages": [], "maxTokens": 5 } });

    let answers = |id: &str| -> Vec<Value> {
        let all = peer.change(|state| state.seen.iter().map(|seen| seen.body.clone()).collect::<Vec<_>>());
        all.into_iter().filter(|body| body["id"] == id).collect()
    };

    let two = (held().await, held().await);
    peer.say(question("of two")).await;
    hub.until(|| !answers("of two").is_empty()).await;
    // Any answer lets the calls of this server end.
    tokio::join!(two.0.count(), two.1.count());
    let mut one = held().await;
    peer.say(question("of one")).await;
    let asked = one.next().await.expect("a result");

    assert_eq!(answers("of two")[0]["error"]["code"], -32601);
    assert_eq!(asked["result"]["resultType"], "input_required");
}
