//! Streams of changes of servers without sessions that break and are opened again.

use std::collections::BTreeSet;

use futures::StreamExt;
use serde_json::json;

use crate::client::Client;
use crate::hub::Hub;
use crate::sessionless::Sessionless;

#[tokio::test]
async fn a_stream_of_changes_that_broke_is_opened_again_and_what_may_have_been_missed_is_told() {
    let server = Sessionless::start(|_, _| None).await;
    let hub = Hub::of(&[("a", &server.url)]).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    let mut stream = client.listen().await;
    hub.until(|| {
        server
            .streams("subscriptions/listen")
            .iter()
            .any(|stream| stream.request["params"]["notifications"]["toolsListChanged"] == true)
    })
    .await;

    server.end("subscriptions/listen");
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        told.insert(stream.next().await.expect("a message")["method"].as_str().expect("a method").to_owned());
    }

    let expected = ["resources/list_changed", "resources/updated", "tools/list_changed"];
    assert_eq!(told, expected.map(|method| format!("notifications/{method}")).into());
}
