//! Servers that fail in the middle of an answer. The client is told in one sentence, nothing is sent twice, and the next
//! call goes through.

use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::modern::ModernClient;
use crate::raw::{End, Generation, RawServer, Written, closing, done, head, response};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// A way to fail, and what the client is told.
type Fault = (&'static str, fn(&Value) -> Written, &'static str);

const TRY_AGAIN: &str = "a closed the connection before it answered; try again";

const FAULTS: [Fault; 9] = [
    ("half a body of the right length", half_json, TRY_AGAIN),
    ("the same, reset", |body| reset(half_json(body)), TRY_AGAIN),
    ("half a chunk", half_chunk, TRY_AGAIN),
    ("half an event", half_event, TRY_AGAIN),
    ("the same, reset", |body| reset(half_event(body)), TRY_AGAIN),
    ("an event of progress and no answer", progress_only, TRY_AGAIN),
    ("half a head", |_| closing("HTTP/1.1 200 OK\r\ncontent-ty"), "a cannot be reached"),
    ("nothing", |_| closing(""), "a cannot be reached"),
    ("nothing, reset", |_| reset(closing("")), "a cannot be reached"),
];

fn reset(written: Written) -> Written {
    Written { end: End::Reset, ..written }
}

fn halved(mut bytes: Vec<u8>) -> Written {
    bytes.truncate(bytes.len() - 20);
    closing(bytes)
}

fn half_json(body: &Value) -> Written {
    halved(response("200 OK", JSON, done(body).to_string().as_bytes()).bytes)
}

fn half_chunk(body: &Value) -> Written {
    let body = done(body).to_string();
    halved(
        format!("{}{:x}\r\n{body}\r\n0\r\n\r\n", head("200 OK", JSON, "transfer-encoding: chunked\r\n"), body.len())
            .into(),
    )
}

fn half_event(body: &Value) -> Written {
    halved(format!("{}data: {}\n\n", head("200 OK", EVENTS, ""), done(body)).into())
}

fn progress_only(body: &Value) -> Written {
    let params = json!({ "progressToken": body["params"]["_meta"]["progressToken"], "progress": 1 });
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
    closing(format!("{}data: {progress}\n\n", head("200 OK", EVENTS, "")))
}

/// The text of a result that says that it failed.
fn failure(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let told = text(answer);
    assert!(!told.contains('\n') && told.len() < 200 && told.contains("; "), "one sentence with a remedy: {told}");
    told
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told_in_a_sentence_and_the_next_call_goes_through() {
    for generation in Generation::BOTH {
        for (what, fault, told) in FAULTS {
            let server =
                RawServer::speaking(generation, move |body| (body["params"]["name"] == "breaks").then(|| fault(body)))
                    .await;
            let hub = Hub::of(&[("a", &server.url)]).await;
            let (one, all) = (Client::connect(&hub.url("/mcp/a")).await, Client::connect(&hub.url("/mcp")).await);
            let modern = ModernClient::new(&hub.url("/mcp/a"), json!({}));

            let (_, newer) = modern.request("tools/call", json!({ "name": "breaks", "arguments": {} })).await;
            let answers = [one.call("breaks", json!({})).await, all.call("a-breaks", json!({})).await, newer];

            for answer in &answers {
                assert!(failure(answer).starts_with(told), "{generation:?}, {what}: {answer}");
            }
            assert_eq!(server.calls("breaks"), 3, "{generation:?}, {what}: each call is sent once");
            assert_eq!(text(&one.call("echo", json!({})).await), "did", "{generation:?}, {what}");
            assert_eq!(text(&all.call("a-echo", json!({})).await), "did", "{generation:?}, {what}");
            let (_, newer) = modern.request("tools/call", json!({ "name": "echo", "arguments": {} })).await;
            assert_eq!(text(&newer), "did", "{generation:?}, {what}");
        }
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_does_not_cost_the_lists_of_others() {
    for (what, fault, _) in FAULTS {
        let broken = RawServer::start(move |body| (body["method"] == "tools/list").then(|| fault(body))).await;
        let other = RawServer::start(|_| None).await;
        let hub = Hub::of(&[("a", &broken.url), ("b", &other.url)]).await;

        let client = Client::connect(&hub.url("/mcp")).await;

        assert_eq!(client.tools().await, ["b-echo"], "{what}");
    }
}

#[tokio::test]
async fn a_greeting_that_breaks_off_leaves_a_sentence_and_the_server_is_used_once_it_is_whole() {
    for (what, fault, _) in FAULTS {
        let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        let breaks = broken.clone();
        let server = RawServer::start(move |body| {
            let is_greeting = body["method"] == "initialize" && breaks.load(std::sync::atomic::Ordering::Relaxed);
            is_greeting.then(|| fault(body))
        })
        .await;
        let hub = Hub::of(&[("a", &server.url)]).await;
        let client = Client::connect(&hub.url("/mcp")).await;

        let refused = client.call("a-echo", json!({})).await;
        broken.store(false, std::sync::atomic::Ordering::Relaxed);

        assert!(failure(&refused).starts_with("a "), "{what}: {refused}");
        let answered = hub.until_some(async || {
            let answer = client.call("a-echo", json!({})).await;
            (answer["result"]["isError"] != true).then_some(answer)
        });
        assert_eq!(text(&answered.await), "did", "{what}");
    }
}

/// A response that leads elsewhere.
fn redirect(to: &str) -> Written {
    closing(
        format!(
            "{}\r\n",
            head("307 Temporary Redirect", "text/plain", &format!("location: {to}\r\ncontent-length: 0\r\n"))
                .trim_end()
        ) + "\r\n",
    )
}

#[tokio::test]
async fn a_call_that_is_redirected_to_another_host_or_around_in_a_circle_is_refused_with_the_address() {
    for (to, shown) in
        [("http://127.0.0.2:9/mcp?secret=1", "http://127.0.0.2:9/mcp"), ("/elsewhere", "/elsewhere"), ("/mcp", "/mcp")]
    {
        for generation in Generation::BOTH {
            let server =
                RawServer::speaking(generation, move |body| (body["params"]["name"] == "moves").then(|| redirect(to)))
                    .await;
            let hub = Hub::of(&[("a", &server.url)]).await;
            let client = Client::connect(&hub.url("/mcp/a")).await;

            let refused = client.call("moves", json!({})).await;

            let told = failure(&refused);
            assert!(told.starts_with("a has moved: it redirects to ") && told.contains(shown), "{told}");
            assert!(!told.contains("secret") && server.calls("moves") == 1, "{told}");
            assert_eq!(text(&client.call("echo", json!({})).await), "did");
        }
    }
}

#[tokio::test]
async fn a_redirect_between_an_address_with_and_without_a_slash_is_followed_once_and_a_circle_of_both_ends() {
    let server = RawServer::start(|body| (body["params"]["name"] == "moves").then(|| redirect("/mcp/"))).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;

    let refused = client.call("moves", json!({})).await;

    assert!(failure(&refused).contains("it redirects to "), "{refused}");
    assert_eq!(server.calls("moves"), 2, "the address, and the one with a slash");
    assert_eq!(text(&client.call("echo", json!({})).await), "did");
}
