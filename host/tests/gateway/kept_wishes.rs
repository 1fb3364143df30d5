//! What a client set in its session outlives the hub: its subscriptions and its log level.

use std::fs;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use mcphub::gateway::{EndedIds, SessionKey, WishesFile};
use mcphub::settings::{Environment, Server, SettingsFile};
use serde_json::json;

use crate::client::Client;
use crate::fake_command::hub;
use crate::hub::Hub;

fn settings(folder: &Path) -> SettingsFile {
    let path = folder.join("s.json");
    SettingsFile::open(&path, Environment::of::<String, String>([])).expect("settings")
}

fn file(folder: &Path) -> PathBuf {
    settings(folder).beside("wishes").expect("path")
}

/// A hub in front of the fake command that keeps sessions, and what clients set in them in this folder.
async fn keeping(key: u8, folder: &Path) -> Hub {
    keeping_with(key, folder, |_| {}).await
}

/// The same with other settings of the command.
async fn keeping_with(key: u8, folder: &Path, change: impl Fn(&mut Server)) -> Hub {
    let hub = hub(change).await;
    let wishes = WishesFile::beside(settings(folder), "wishes", "lock", fs::read(file(folder)).ok());
    hub.gateway.keep_sessions(SessionKey::new(&[key; 32]).expect("a key"), EndedIds::default(), Some(wishes));
    hub.gateway.start();
    hub
}

/// The same client at another hub.
fn moved(client: Client, hub: &Hub) -> Client {
    Client { url: hub.url("/mcp/a"), ..client }
}

/// A client that is subscribed to `x://1` and wants warnings, at a hub that has written so and is killed then.
async fn of_killed_hub(folder: &Path) -> Client {
    let before = keeping(1, folder).await;
    let client = Client::connect(&before.url("/mcp/a")).await;
    client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    client.request("logging/setLevel", json!({ "level": "warning" })).await;
    before.until(|| file(folder).exists()).await;
    client
}

#[tokio::test]
async fn an_update_reaches_a_client_that_only_listens_after_the_hub_was_killed() {
    let folder = tempfile::tempdir().expect("folder");
    let client = of_killed_hub(folder.path()).await;

    let after = keeping(1, folder.path()).await;
    let client = moved(client, &after);
    let tells_of_change = |message: &serde_json::Value| message["method"] == "notifications/resources/updated";
    let mut stream = client.listen().await.filter(|message| std::future::ready(tells_of_change(message)));
    let speaker = Client::connect(&after.url("/mcp/a")).await;
    let again = after.until_some(async || speaker.seen("resources/subscribe").await.pop()).await;
    let updated = json!({ "method": "notifications/resources/updated", "params": { "uri": "x://1" } });
    speaker.said("say", updated.clone()).await;
    let told = stream.next().await.expect("an update");

    assert_eq!(again["params"], json!({ "uri": "x://1" }));
    assert_eq!(told["params"], updated["params"]);
    let levels = speaker.seen("logging/setLevel").await;
    assert_eq!(levels.last().expect("a level")["params"], json!({ "level": "warning" }));
}

#[tokio::test]
async fn what_was_set_just_before_the_hub_stops_is_kept_and_what_was_ended_is_not() {
    let folder = tempfile::tempdir().expect("folder");
    let before = keeping(1, folder.path()).await;
    let client = Client::connect(&before.url("/mcp/a")).await;
    for uri in ["x://1", "x://2"] {
        client.request("resources/subscribe", json!({ "uri": uri })).await;
    }
    client.request("resources/unsubscribe", json!({ "uri": "x://1" })).await;
    before.gateway.stop().await;

    let after = keeping(1, folder.path()).await;
    let client = moved(client, &after);
    let seen =
        after.until_some(async || Some(client.seen("resources/subscribe").await).filter(|seen| !seen.is_empty()));

    assert_eq!(seen.await.iter().map(|seen| seen["params"]["uri"].clone()).collect::<Vec<_>>(), ["x://2"]);
}

#[tokio::test]
async fn a_session_that_the_hub_ended_because_nobody_used_it_has_its_subscriptions_when_it_is_begun_again() {
    let folder = tempfile::tempdir().expect("folder");
    let hub = keeping(1, folder.path()).await;
    let client = Client::connect(&hub.url("/mcp/a")).await;
    client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    let others = futures::future::join_all((0..100).map(|_| async {
        hub.advance(60);
        Client::connect(&hub.url("/mcp/a")).await
    }));
    let speaker = others.await.pop().expect("a client");
    hub.until_some(async || speaker.seen("resources/unsubscribe").await.pop()).await;

    hub.advance(60);
    let _stream = client.listen().await;

    hub.until_some(async || (speaker.seen("resources/subscribe").await.len() == 2).then_some(())).await;
}

#[tokio::test]
async fn a_file_that_is_broken_or_of_another_key_loses_nothing_but_itself() {
    let folder = tempfile::tempdir().expect("folder");
    let client = of_killed_hub(folder.path()).await;
    let path = file(folder.path());
    assert!(!String::from_utf8(fs::read(&path).expect("file")).expect("text").contains("x://1"), "it is sealed");

    fs::write(&path, "broken").expect("written");
    let after = keeping(1, folder.path()).await;
    let client = moved(client, &after);
    let before = client.seen("resources/subscribe").await.len();
    client.request("resources/subscribe", json!({ "uri": "x://1" })).await;
    after.gateway.stop().await;

    assert_eq!(before, 0);
    assert_ne!(fs::read(&path).expect("file"), b"broken");
    let last = moved(client, &keeping(1, folder.path()).await);
    assert_eq!(last.seen("resources/subscribe").await.len(), 1);
}

#[tokio::test]
async fn a_resource_that_was_switched_off_since_is_not_subscribed_to_again_and_is_forgotten() {
    let folder = tempfile::tempdir().expect("folder");
    let before = keeping(1, folder.path()).await;
    let client = Client::connect(&before.url("/mcp/a")).await;
    for uri in ["x://1", "x://2"] {
        client.request("resources/subscribe", json!({ "uri": uri })).await;
    }
    before.gateway.stop().await;
    let subscribed = async |hub: &Hub| {
        let client = moved(client.clone(), hub);
        let seen = || async { Some(client.seen("resources/subscribe").await).filter(|seen| !seen.is_empty()) };
        let seen = hub.until_some(seen).await;
        seen.iter().map(|seen| seen["params"]["uri"].clone()).collect::<Vec<_>>()
    };

    let off = keeping_with(1, folder.path(), |server| {
        server.resources.insert("x://1".into(), Hub::tool(Some(false), None));
    })
    .await;
    assert_eq!(subscribed(&off).await, ["x://2"]);
    off.gateway.stop().await;

    let on_again = keeping(1, folder.path()).await;
    assert_eq!(subscribed(&on_again).await, ["x://2"]);
}
