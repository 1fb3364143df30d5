//! How often a key may be used.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ALL, NOTES, ask, document, initialize, started};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_used_too_often_is_told_when_to_come_back_and_others_go_on() {
    let keys = json!([
        {"name": "all", "token": ALL, "accessType": "all", "rateLimit": {"requestsPerMinute": 1, "burst": 2}},
        {"name": "notes", "token": NOTES, "accessType": "all"},
    ]);
    let (hub, _servers) = started(&json!({"bearerKeys": keys})).await;
    let url = format!("{}/mcp", hub.url);

    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask(&url, (Method::POST, Some(ALL)), &initialize()).await.status().as_u16());
    }
    let refused = ask(&url, (Method::POST, Some(ALL)), &initialize()).await;
    let other = ask(&url, (Method::POST, Some(NOTES)), &initialize()).await;

    assert_eq!(statuses, [200, 200, 429]);
    let wait: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let body: Value = document(refused).await;
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("used too often")), "{body}");
    assert_eq!(other.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_setting_there_is_no_limit() {
    let (hub, _servers) = started(&json!({})).await;

    for _ in 0..50 {
        let answer = ask(&format!("{}/mcp/nothing", hub.url), (Method::POST, Some(ALL)), &initialize()).await;
        assert_eq!(answer.status(), 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_wrong_keys_from_an_address_are_told_to_wait_and_the_right_one_goes_on() {
    let (hub, _servers) = started(&json!({})).await;
    let (url, api) = (format!("{}/mcp", hub.url), format!("{}/api/keys", hub.url));

    let mut statuses = Vec::new();
    for number in 0..12 {
        let guess = format!("guess {number}");
        statuses.push(ask(&url, (Method::POST, Some(&guess)), &initialize()).await.status().as_u16());
    }
    let refused = ask(&url, (Method::POST, Some("guess")), &initialize()).await;
    let at_api = ask(&api, (Method::POST, Some("guess")), &json!({"name": "n"})).await;
    let without = ask(&url, (Method::POST, None), &initialize()).await;
    let right = ask(&url, (Method::POST, Some(ALL)), &initialize()).await;

    assert_eq!((&statuses[..10], statuses[11]), (&[401; 10][..], 429));
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = document(refused).await;
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("too many such keys")), "{body}");
    assert_eq!([at_api.status(), without.status(), right.status()].map(|status| status.as_u16()), [429, 401, 200]);
}
