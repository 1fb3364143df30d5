//! The hub's own session with servers, as the command line uses it.

use serde_json::{Map, json};

use crate::hub::Hub;
use crate::peer::TestServer;

#[tokio::test]
async fn tools_are_listed_and_called() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;

    let tools = hub.gateway.tools(None).await;
    let result = hub.gateway.call("a", "echo", Map::new()).await.expect("result");

    assert_eq!(tools.len(), 7);
    assert_eq!((tools[0].full_name.as_str(), tools[0].name.as_str()), ("a-echo", "echo"));
    assert_eq!(tools[0].input_schema["$defs"], json!({ "z": {}, "a": {} }));
    assert_eq!(result["content"][0]["text"], "{}");
}

#[tokio::test]
async fn a_request_of_the_server_is_declined() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;

    let result = hub.gateway.call("a", "ask", Map::new()).await.expect("result");

    assert!(result["content"][0]["text"].as_str().expect("text").contains("-32601"), "{result}");
}

#[tokio::test]
async fn a_server_that_does_not_exist_is_named() {
    let hub = Hub::of(&[("a", "http://127.0.0.1:1/")]).await;

    let failure = hub.gateway.call("z", "echo", Map::new()).await.expect_err("unknown");

    assert_eq!(failure.to_string(), "no server is called z; there are: a");
}

#[tokio::test]
async fn the_end_of_the_hub_ends_its_sessions() {
    let peer = TestServer::start().await;
    let hub = Hub::of(&[("a", &peer.url)]).await;
    hub.gateway.tools(None).await;

    hub.gateway.stop().await;

    assert!(peer.change(|state| state.sessions.is_empty()));
}
