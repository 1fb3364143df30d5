//! Lists of servers as they really are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::client::{Client, text};
use crate::hub::Hub;
use crate::scripted::{Scripted, tools};

fn fits(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|char| char.is_ascii_alphanumeric() || "_-".contains(char))
}

#[tokio::test]
async fn an_entry_that_clients_refuse_is_repaired_or_left_out_and_the_others_are_there() {
    let list = json!([
        { "name": "good", "inputSchema": { "type": "object" } },
        { "name": "none" },
        { "name": "null", "inputSchema": null, "description": null },
        { "name": "any", "inputSchema": { "anyOf": [{ "type": "object" }] }, "outputSchema": { "type": "array" } },
        null, "text", { "name": 7 }, { "name": "", "inputSchema": {} },
        { "name": "wrong", "inputSchema": { "type": "string" } },
    ]);
    let (odd, fine) = (Scripted::of_tools("odd", list).await, Scripted::of_tools("fine", tools(&["good"])).await);
    let hub = Hub::of(&[("odd", &odd.url), ("fine", &fine.url)]).await;
    let (all, one) = (Client::connect(&hub.url("/mcp")).await, Client::connect(&hub.url("/mcp/odd")).await);

    let listed = all.request("tools/list", json!({})).await["result"]["tools"].clone();

    assert_eq!(all.tools().await, ["odd-good", "odd-none", "odd-null", "odd-any", "fine-good"]);
    assert_eq!(one.tools().await, ["good", "none", "null", "any"]);
    for tool in listed.as_array().expect("tools") {
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert!(tool.get("description").is_none() && tool.get("outputSchema").is_none(), "{tool}");
    }
    let notes = hub.gateway.notes("odd").join("\n");
    assert!(notes.contains("\"none\"") && notes.contains("\"wrong\"") && notes.contains("left out"), "{notes}");
    assert!(hub.gateway.notes("fine").is_empty());
}

/// Checks that every listed name leads to a tool of its own.
async fn expect_each(client: &Client, count: usize) {
    let names = client.tools().await;
    let different: BTreeSet<&String> = names.iter().collect();
    assert_eq!((names.len(), different.len()), (count, count), "{names:?}");
    let mut ran = BTreeSet::new();
    for name in &names {
        assert!(fits(name), "{name}");
        ran.insert(text(&client.call(name, json!({})).await).to_owned());
    }
    assert_eq!(ran.len(), count, "{names:?} {ran:?}");
}

#[tokio::test]
async fn a_call_reaches_the_tool_that_was_listed_where_prefixes_overlap() {
    let web = Scripted::of_tools("web", tools(&["scraper-fetch", "x"])).await;
    let scraper = Scripted::of_tools("web-scraper", tools(&["search"])).await;
    let servers = [("web", web.url.as_str()), ("web-scraper", scraper.url.as_str())];
    for servers in [servers, [servers[1], servers[0]]] {
        let hub = Hub::of(&servers).await;
        let unlisted = Client::connect(&hub.url("/mcp")).await.call("web-scraper-fetch", json!({})).await;
        let client = Client::connect(&hub.url("/mcp")).await;

        assert_eq!(text(&unlisted), "web ran scraper-fetch");
        assert!(client.tools().await.contains(&"web-scraper-fetch".to_owned()));
        expect_each(&client, 3).await;
        assert_eq!(text(&client.call("web-scraper-fetch", json!({})).await), "web ran scraper-fetch");
    }
}

#[tokio::test]
async fn of_two_tools_with_one_name_each_is_listed_once_and_can_be_called() {
    let web = Scripted::of_tools("web", tools(&["scraper-fetch", "scraper-fetch"])).await;
    let scraper = Scripted::of_tools("web-scraper", tools(&["fetch"])).await;
    let servers = [("web", web.url.as_str()), ("web-scraper", scraper.url.as_str())];
    let mut names = BTreeSet::new();
    for servers in [servers, [servers[1], servers[0]]] {
        let hub = Hub::of(&servers).await;
        let client = Client::connect(&hub.url("/mcp")).await;

        expect_each(&client, 2).await;

        assert_eq!(text(&client.call("web-scraper-fetch", json!({})).await), "web-scraper ran fetch");
        assert!(hub.gateway.notes("web").join("\n").contains("scraper-fetch"));
        names.insert(client.tools().await.into_iter().collect::<BTreeSet<_>>());
        let marked = names.first().and_then(|names| names.last()).expect("a name").clone();
        let unlisted = Client::connect(&hub.url("/mcp")).await;
        assert_eq!(text(&unlisted.call(&marked, json!({})).await), "web ran scraper-fetch");
    }
    assert_eq!(names.len(), 1, "the names depend on the order: {names:?}");
}

#[tokio::test]
async fn names_fit_what_models_accept_and_lead_back() {
    let odd: Vec<String> = ["a.b", "a_b", "a:b", "搜索", "查找", "-", " "].map(str::to_owned).into();
    let long = "l".repeat(70);
    let list: Vec<&str> = odd.iter().map(String::as_str).chain([long.as_str()]).collect();
    let odd = Scripted::of_tools("odd", tools(&list)).await;
    let plain = Scripted::of_tools("plain", tools(&["billing_cost_management_get_reservation_coverage"])).await;
    let other = Scripted::of_tools("other", tools(&["echo"])).await;
    let another = Scripted::of_tools("another", tools(&["echo"])).await;
    let servers = [
        ("My Server", odd.url.as_str()),
        ("acme.billing-cost-management-server", &plain.url),
        ("地图", &other.url),
        ("地国", &another.url),
    ];
    let hub = Hub::of(&servers).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    expect_each(&client, list.len() + 3).await;

    expect_each(&Client::connect(&hub.url("/mcp/My%20Server")).await, list.len()).await;
    let restarted = Hub::of(&servers).await;
    let again = Client::connect(&restarted.url("/mcp")).await;
    assert_eq!(again.tools().await, client.tools().await);
    assert!(hub.gateway.notes("My Server").join("\n").contains("models accept"));
}

async fn with_resource(label: &'static str, listed: &'static [&'static str]) -> Scripted {
    Scripted::start(move |method, params| {
        let resource = |uri: &&str| json!({ "uri": uri, "name": label });
        Some(match method {
            "resources/list" => json!({ "resources": listed.iter().map(resource).collect::<Vec<_>>() }),
            "resources/read" => json!({ "contents": [{ "uri": params["uri"], "text": label }] }),
            "tools/list" if label.starts_with("ui") => json!({ "tools": [
                { "name": "w", "inputSchema": { "type": "object" }, "_meta": { "ui": { "resourceUri": "ui://w/x" } } },
                { "name": "v", "inputSchema": { "type": "object" }, "_meta": { "ui/resourceUri": "ui://v/x" } },
            ] }),
            "tools/list" => json!({ "tools": [] }),
            _ => json!({}),
        })
    })
    .await
}

async fn read(client: &Client, uri: &str) -> String {
    let answer = client.request("resources/read", json!({ "uri": uri })).await;
    answer.pointer("/result/contents/0/text").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_resource_that_two_servers_list_is_listed_once_and_read_from_the_first() {
    let (a, b) = (with_resource("a", &["config://app"]).await, with_resource("b", &["config://app"]).await);
    let hub = Hub::of(&[("a", &a.url), ("b", &b.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let before = read(&client, "config://app").await;
    let listed = client.request("resources/list", json!({})).await;
    let after = read(&client, "config://app").await;

    assert_eq!((before.as_str(), after.as_str()), ("a", "a"));
    assert_eq!(listed["result"]["resources"].as_array().map(Vec::len), Some(1), "{listed}");
    client.request("resources/subscribe", json!({ "uri": "config://app" })).await;
    assert_eq!((a.count("resources/subscribe"), b.count("resources/subscribe")), (1, 0));
}

#[tokio::test]
async fn the_ui_resource_of_a_tool_comes_from_the_tools_own_server() {
    let (a, ui) = (with_resource("a", &["ui://w/x", "ui://v/x"]).await, with_resource("ui", &[]).await);
    let hub = Hub::of(&[("a", &a.url), ("ui", &ui.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    client.tools().await;

    assert_eq!(read(&client, "ui://w/x").await, "ui");
    assert_eq!(read(&client, "ui://v/x").await, "ui");
}

#[tokio::test]
async fn two_servers_with_the_same_ui_resource_each_show_their_own() {
    let (one, two) = (with_resource("ui", &["ui://w/x"]).await, with_resource("ui-2", &["ui://w/x"]).await);
    let hub = Hub::of(&[("one", &one.url), ("two", &two.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;

    let listed = client.request("tools/list", json!({})).await["result"]["tools"].clone();

    let pages = |at: usize| {
        let (nested, flat) = (&listed[at]["_meta"]["ui"]["resourceUri"], &listed[at + 1]["_meta"]["ui/resourceUri"]);
        [nested, flat].map(|uri| uri.as_str().expect("a page").to_owned())
    };
    for (at, label) in [(0, "ui"), (2, "ui-2")] {
        for uri in pages(at) {
            let answer = client.request("resources/read", json!({ "uri": uri })).await;
            assert_eq!(answer["result"]["contents"], json!([{ "uri": uri, "text": label }]));
        }
    }
}

#[tokio::test]
async fn a_list_with_a_repeated_or_empty_cursor_ends() {
    for cursors in [&["a"][..], &[""], &["a", "b"]] {
        let server = Scripted::start(move |method, params| {
            let next = match params["cursor"].as_str() {
                None => 0,
                Some(cursor) => (cursors.iter().position(|known| *known == cursor).expect("known") + 1) % cursors.len(),
            };
            Some(match method {
                "tools/list" => json!({ "tools": tools(&["x", "y"]), "nextCursor": cursors[next] }),
                _ => json!({}),
            })
        })
        .await;
        let hub = Hub::of(&[("s", &server.url)]).await;

        let all = Client::connect(&hub.url("/mcp")).await.tools().await;
        let one = Client::connect(&hub.url("/mcp/s")).await.tools().await;

        assert_eq!((all, one), (vec!["s-x".to_owned(), "s-y".to_owned()], vec!["x".to_owned(), "y".to_owned()]));
        assert!(server.count("tools/list") <= 2 * (cursors.len() + 1), "{}", server.count("tools/list"));
    }
}

#[tokio::test]
async fn a_list_is_read_up_to_its_limit_in_bytes() {
    let pages = Arc::new(AtomicUsize::new(0));
    let counted = pages.clone();
    let server = Scripted::start(move |method, _| {
        let page = if method == "tools/list" { counted.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let tool = json!({ "name": format!("t{page}"), "description": "d".repeat(50_000), "inputSchema": {} });
        Some(json!({ "tools": [tool], "nextCursor": (page + 1).to_string() }))
    })
    .await;
    let hub = Hub::of(&[("s", &server.url)]).await;

    let tools = Client::connect(&hub.url("/mcp")).await.tools().await;

    // The hub of these tests accepts 256 KiB.
    assert_eq!(tools.len(), 5);
    assert_eq!(pages.load(Ordering::Relaxed), 6);
    assert!(hub.gateway.notes("s").join("\n").contains("lists more than"));
}

#[tokio::test]
async fn a_server_that_hangs_does_not_hold_up_the_lists_of_others() {
    let hangs = Arc::new(AtomicBool::new(false));
    let is_hung = hangs.clone();
    let slow = Scripted::start(move |method, _| match method {
        "tools/list" if is_hung.load(Ordering::Relaxed) => None,
        "tools/list" => Some(json!({ "tools": tools(&["a"]) })),
        _ => Some(json!({})),
    })
    .await;
    let fine = Scripted::of_tools("fine", tools(&["b"])).await;
    let hub = Hub::of(&[("slow", &slow.url), ("fine", &fine.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    assert_eq!(client.tools().await, ["slow-a", "fine-b"]);
    hangs.store(true, Ordering::Relaxed);

    let listing = async {
        for _ in 0..4 {
            assert_eq!(client.tools().await, ["slow-a", "fine-b"], "what is known of it stays");
        }
        assert_eq!(Client::connect(&hub.url("/mcp")).await.tools().await, ["slow-a", "fine-b"]);
    };

    tokio::time::timeout(Duration::from_secs(10), listing).await.expect("it is waited for once");
}

#[tokio::test]
async fn clients_are_notified_when_a_slow_list_has_come() {
    let slow = Scripted::start(|method, _| match method {
        "tools/list" => Some(json!({ "tools": tools(&["a"]) })),
        _ => Some(json!({})),
    })
    .await;
    let gate = slow.clone().held();
    let hub = Hub::of(&[("slow", &slow.url)]).await;
    let client = Client::connect(&hub.url("/mcp")).await;
    let mut stream = client.listen().await;

    assert!(client.tools().await.is_empty());
    gate.add_permits(100);

    let change = stream.next().await.expect("a change");
    assert_eq!(change["method"], "notifications/tools/list_changed");
    assert_eq!(client.tools().await, ["slow-a"]);
}

#[tokio::test]
async fn a_server_that_declares_no_list_is_asked_once_and_a_refusal_is_an_empty_list() {
    let refusing = Scripted::start(|method, _| {
        Some(match method {
            "tools/list" => json!({ "tools": tools(&["a"]) }),
            _ => json!({ "error": { "code": -32601, "message": "no such method" } }),
        })
    })
    .await;
    let hub = Hub::of(&[("s", &refusing.url)]).await;
    let client = Client::connect(&hub.url("/mcp/s")).await;

    let prompts: Value = client.request("prompts/list", json!({})).await;

    assert_eq!(prompts["result"], json!({ "prompts": [] }));
    assert_eq!(client.tools().await, ["a"]);
}
