//! How long things may take, and which key of the settings changes that.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use mcphub::settings::Transport;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::client::Client;
use crate::hub::Hub;
use crate::odd::{OddRequest, answer, posted};
use crate::peer::serve;
use crate::scripted::{Scripted, tools};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(20);

/// A server that answers `initialize` once there are permits.
async fn starting() -> (String, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let router = Router::new().route("/mcp", post(start)).with_state(gate.clone());
    (format!("{}/mcp", serve(router).await), gate)
}

async fn start(State(gate): State<Arc<Semaphore>>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).expect("JSON");
    if body["method"] == "initialize" {
        gate.acquire().await.expect("open").forget();
    }
    let asked = OddRequest { method: axum::http::Method::POST, session: None, body };
    posted(&asked, |message| answer(200, "application/json", message.to_string()))
}

#[tokio::test]
async fn a_start_over_http_may_take_longer_than_a_request() {
    let (url, gate) = starting().await;
    let hub = Hub::with(&[("a", &url)], |server| {
        server.timeout = Some(SHORT);
        server.start_timeout = Some(LONG);
    })
    .await;
    let mut asked = std::pin::pin!(hub.gateway.tools_of("a"));

    assert!(timeout(3 * SHORT, &mut asked).await.is_err(), "it is still waited for");
    gate.add_permits(100);

    assert_eq!(asked.await.expect("tools").len(), 1);
}

#[tokio::test]
async fn a_request_over_http_takes_no_longer_than_its_own_limit() {
    let server = Scripted::start(|method, _| (method != "tools/call").then(|| json!({ "tools": [] }))).await;
    let hub = Hub::with(&[("a", &server.url)], |server| {
        server.timeout = Some(SHORT);
        server.start_timeout = Some(LONG);
    })
    .await;

    let call = timeout(LONG / 2, hub.gateway.call("a", "x", serde_json::Map::new())).await;

    assert!(call.expect("in time").expect_err("no answer").to_string().contains("did not answer within"));
}

#[tokio::test]
async fn a_server_that_does_not_start_in_time_is_reported_with_the_key_that_allows_more() {
    let (url, _gate) = starting().await;
    let over_http = Hub::with(&[("a", &url)], |server| server.start_timeout = Some(SHORT)).await;
    let command = Hub::with(&[("a", &url)], |server| {
        server.start_timeout = Some(SHORT);
        let args = vec!["600".to_owned()];
        let (env, inherits_environment, directory) = (Vec::new(), true, None);
        server.transport =
            Transport::Stdio { command: "sleep".into(), args: args.into(), env, inherits_environment, directory };
    })
    .await;

    for hub in [over_http, command] {
        let failure = hub.gateway.tools_of("a").await.expect_err("no start").to_string();
        assert!(failure.contains("did not answer initialize"), "{failure}");
        assert!(failure.contains("set initTimeout of its entry to more than 200"), "{failure}");
    }
}

#[tokio::test]
async fn a_list_may_take_as_long_as_a_request_where_that_is_longer() {
    let server = Scripted::start(|_, _| Some(json!({ "tools": tools(&["x"]) }))).await;
    let gate = server.clone().held();
    let hub = Hub::hurried(&[("a", &server.url)], SHORT, |server| {
        server.timeout = Some(LONG);
        server.start_timeout = Some(LONG);
    })
    .await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    let mut asked = std::pin::pin!(hub.gateway.tools_of("a"));

    assert!(timeout(3 * SHORT, &mut asked).await.is_err(), "it is still waited for");
    gate.add_permits(100);

    assert_eq!(asked.await.expect("tools").len(), 1);
    assert_eq!(server.count("tools/list"), 1, "it is asked for once");
    assert_eq!(client.tools().await, ["x"]);
}

#[tokio::test]
async fn a_list_takes_no_longer_than_its_limit_unless_the_settings_allow_more() {
    let server = Scripted::start(|_, _| Some(json!({ "tools": tools(&["x"]) }))).await;
    let _gate = server.clone().held();
    let hub = Hub::hurried(&[("a", &server.url)], SHORT, |_| {}).await;

    let failure = timeout(LONG / 2, hub.gateway.tools_of("a")).await.expect("in time").expect_err("no list");

    assert!(failure.to_string().contains("did not answer within"), "{failure}");
}
