//! The way back: only the browser that started may finish, once, and a refusal says what to do.

use mcphub_tests::{Authority, Browser, Hub, Shape, text};
use serde_json::json;
use url::Url;

use crate::{World, sign_in};

/// A hub, its authority, and a browser that stands just before the callback.
struct Halfway {
    authority: Authority,
    hub: Hub,
    browser: Browser,
    callback: Url,
}

async fn halfway() -> Halfway {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    Halfway { authority, hub, browser, callback }
}

fn with(callback: &Url, name: &str, value: &str) -> String {
    let mut changed = callback.clone();
    let others: Vec<(String, String)> = callback.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    changed.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_says_no_is_told_what_to_do() {
    let Some(world) = World::start() else { return };
    world.hub.until("notes", "login_required").await;
    world.authority.set(json!({"refuse": true})).await;

    let trip = Browser::new().follow(&world.hub.link("notes").await).await;

    assert_eq!(trip.status, 403);
    assert!(trip.page.contains("access_denied") && trip.page.contains("choose Allow"), "{}", trip.page);
    let view = world.hub.until("notes", "login_required").await;
    assert!(text(&view, "/problem").contains("access_denied"), "{view:#}");
    world.authority.set(json!({"refuse": false})).await;
    sign_in(&world.hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_state_is_refused_and_the_right_one_still_works() {
    let at = halfway().await;
    let wrong = with(&at.callback, "state", "0123456789012345678901234567890123456789abc");

    let trip = at.browser.follow(&wrong).await;

    assert_eq!(trip.status, 403);
    assert!(trip.page.contains("does not belong to a sign-in") && trip.page.contains("fresh link"), "{}", trip.page);
    assert_eq!(at.authority.count("POST /token"), 0);
    assert!(at.browser.follow(at.callback.as_str()).await.page.contains("Signed in to notes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_without_a_state_is_refused() {
    let at = halfway().await;
    let mut bare = at.callback.clone();
    bare.set_query(Some("code=canary-guessed"));

    let trip = at.browser.follow(bare.as_str()).await;

    assert_eq!(trip.status, 403);
    assert_eq!(at.authority.count("POST /token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_comes_twice_is_taken_once() {
    let at = halfway().await;

    let first = at.browser.follow(at.callback.as_str()).await;
    let second = at.browser.follow(at.callback.as_str()).await;

    assert!(first.page.contains("Signed in to notes"), "{}", first.page);
    assert_eq!(second.status, 403);
    assert!(second.page.contains("used already"), "{}", second.page);
    assert_eq!(at.authority.count("POST /token"), 1);
    at.hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_from_another_browser_is_refused_and_the_first_one_may_go_on() {
    let at = halfway().await;

    let stranger = Browser::new().follow(at.callback.as_str()).await;
    let own = at.browser.follow(at.callback.as_str()).await;

    assert_eq!(stranger.status, 403);
    assert!(stranger.page.contains("another browser"), "{}", stranger.page);
    assert!(own.page.contains("Signed in to notes"), "{}", own.page);
    assert_eq!(at.authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connect_link_belongs_to_the_browser_that_opened_it() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let link = hub.link("notes").await;
    let provider = Browser::new().up_to_the_provider(&link).await;

    let stranger = Browser::new().follow(&link).await;

    assert_eq!(provider.origin().ascii_serialization(), authority.url);
    assert_eq!(stranger.status, 403);
    assert!(stranger.page.contains("opened in another browser"), "{}", stranger.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_connect_link_is_a_page_that_helps() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let trip = Browser::new().follow(&format!("{}/connect/guessed", hub.url)).await;

    assert_eq!(trip.status, 404);
    assert!(trip.page.contains("fresh link"), "{}", trip.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_not_the_one_asked_is_refused() {
    let at = halfway().await;
    let mixed_up = with(&at.callback, "iss", "https://evil.example");

    let trip = at.browser.follow(&mixed_up).await;

    assert_eq!(trip.status, 403);
    assert!(trip.page.contains("https://evil.example"), "{}", trip.page);
    assert_eq!(at.authority.count("POST /token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_something_twice_is_refused() {
    for (name, value) in [("iss", "https://evil.example"), ("code", "another-code"), ("error", "access_denied")] {
        let at = halfway().await;
        let issuer = if name == "iss" { format!("&iss={}", at.authority.url) } else { String::new() };
        let error = if name == "error" { "&error=access_denied" } else { "" };

        let trip = at.browser.follow(&format!("{}{issuer}{error}&{name}={value}", at.callback)).await;

        assert_eq!(trip.status, 403, "{name}");
        assert!(trip.page.contains("says something twice"), "{name}: {}", trip.page);
        assert_eq!(at.authority.count("POST /token"), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_provider_does_not_know_is_a_page_with_a_remedy() {
    let at = halfway().await;
    let wrong = with(&at.callback, "code", "canary-guessed");

    let trip = at.browser.follow(&wrong).await;

    assert_eq!(trip.status, 502, "{}", trip.page);
    assert!(trip.page.contains("What to do"), "{}", trip.page);
    sign_in(&at.hub, "notes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_writes_about_a_refusal_is_on_the_page_and_in_the_event() {
    let at = halfway().await;
    let mut refused = at.callback.clone();
    let kept: Vec<(String, String)> =
        at.callback.query_pairs().into_owned().filter(|(name, _)| name == "state" || name == "iss").collect();
    let code = at.callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let description = format!("Ask your <b>administrator</b> about {code}");
    refused.query_pairs_mut().clear().extend_pairs(kept).append_pair("error", "odd_policy");
    refused.query_pairs_mut().append_pair("error_description", &description).append_pair("code", &code);

    let trip = at.browser.follow(refused.as_str()).await;

    let told = "Ask your &lt;b&gt;administrator&lt;/b&gt; about ***";
    assert!(trip.page.contains("odd_policy") && trip.page.contains(told), "{}", trip.page);
    let view = at.hub.until("notes", "login_required").await;
    let events = view["events"].to_string();
    assert!(events.contains("Ask your <b>administrator</b> about ***") && !events.contains(&code), "{events}");
}
