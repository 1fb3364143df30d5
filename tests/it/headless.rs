//! Logins where the browser is on another machine, or cannot come back to the hub.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use mcphub_tests::{Authority, Browser, Hub, Shape, text};
use serde_json::json;

use crate::{World, expect_echo};

async fn start() -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_any_machine_and_the_pasted_address_are_a_login() {
    let (_authority, hub) = start().await;
    let (_, started) = hub.post("/api/servers/notes/login/terminal").await;
    let callback = Browser::new().up_to_the_callback(&text(&started, "/url")).await;

    let (status, answer) =
        hub.post_json("/api/callback", &json!({"terminal": started["terminal"], "url": callback.as_str()})).await;

    assert_eq!((status, text(&answer, "/server")), (200, "notes".to_owned()), "{answer:#}");
    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_come_back_is_told_where_its_address_belongs() {
    let (authority, hub) = start().await;
    let (_, started) = hub.post("/api/servers/notes/login/terminal").await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&text(&started, "/url")).await;

    let trip = browser.follow(callback.as_str()).await;

    assert_eq!(trip.status, 403);
    assert!(trip.page.contains("paste it into the terminal"), "{}", trip.page);
    assert_eq!(authority.count("POST /token"), 0);
    let pasted = json!({"terminal": started["terminal"], "url": callback.as_str()});
    assert_eq!(hub.post_json("/api/callback", &pasted).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_pasted_elsewhere_twice_or_without_a_state_is_refused() {
    let (authority, hub) = start().await;
    let (_, started) = hub.post("/api/servers/notes/login/terminal").await;
    let (_, other) = hub.post("/api/servers/notes/login/terminal").await;
    let callback = Browser::new().up_to_the_callback(&text(&started, "/url")).await;
    let paste = |terminal: &serde_json::Value, url: &str| json!({"terminal": terminal, "url": url});

    let (elsewhere, _) = hub.post_json("/api/callback", &paste(&other["terminal"], callback.as_str())).await;
    let (nonsense, told) = hub.post_json("/api/callback", &paste(&started["terminal"], "https://a.example/")).await;
    let (first, _) = hub.post_json("/api/callback", &paste(&started["terminal"], callback.as_str())).await;
    let (second, _) = hub.post_json("/api/callback", &paste(&started["terminal"], callback.as_str())).await;

    assert_eq!((elsewhere, nonsense, first, second), (403, 403, 200, 403));
    assert!(text(&told, "/remedy").contains("fresh link"), "{told:#}");
    assert_eq!(authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_the_link_and_takes_the_address() {
    let (_authority, hub) = start().await;
    let listen = hub.url.replace("http://localhost", "127.0.0.1");
    let mut command = hub.home.command(&["--listen", &listen, "auth", "login", "notes"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command runs");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines().map_while(Result::ok);
    let link = lines.by_ref().map(|line| line.trim().to_owned()).find(|line| line.contains("/authorize?"));
    let callback = Browser::new().up_to_the_callback(&link.expect("a link")).await;

    let mut input = child.stdin.take().expect("input");
    writeln!(input, "nonsense\n{callback}").expect("typed");

    let last = lines.last().expect("a last line");
    assert!(child.wait().expect("ends").success() && last.contains("notes is logged in"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_the_address_in_the_browser_that_started() {
    let (_authority, hub) = start().await;
    let browser = Browser::new();
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let page = format!("{}/oauth/paste", hub.url);

    let form = browser.follow(&page).await;
    let other = Browser::new().submit(&page, &[("url", callback.as_str())]).await;
    let trip = browser.submit(&page, &[("url", callback.as_str())]).await;

    assert!(form.page.contains("Address of the error page"), "{}", form.page);
    assert_eq!(other.status, 403, "{other:#?}");
    assert!(trip.page.contains("Signed in to notes"), "{trip:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_entered_on_another_device_is_a_login() {
    let Some(world) = World::with(&json!({"deviceFlow": true}), json!({}), |_| json!({})) else { return };
    world.hub.until("notes", "login_required").await;

    // The page for the code is of another site than the server: that is said first.
    let (_, question) = world.hub.post("/api/servers/notes/login/device").await;
    assert!(text(&question, "/question").contains("sends you to"), "{question:#}");
    world.hub.post_json("/api/servers/notes/login/acknowledge", &question["acknowledge"]).await;
    let (status, login) = world.hub.post("/api/servers/notes/login/device").await;
    assert_eq!(status, 200, "{login:#}");
    world.authority.set(json!({"approveDevice": login["user_code"]})).await;

    world.hub.until("notes", "connected").await;
    expect_echo(&world.client().await).await;
    assert_eq!(world.authority.count("grant:authorization_code").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_login_on_another_device_is_offered_that_is_told() {
    let (_authority, hub) = start().await;

    let (status, answer) = hub.post("/api/servers/notes/login/device").await;

    assert_eq!(status, 409);
    assert!(text(&answer, "/error").contains("offers no login on another device"), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_at_a_terminal_that_is_begun_anew_still_belongs_to_the_terminal() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let (_, started) = hub.post("/api/servers/notes/login/terminal").await;
    let browser = Browser::new();
    let refused = browser.up_to_the_callback(&text(&started, "/url")).await;
    let paste = |url: &str| json!({"terminal": started["terminal"], "url": url});

    let (_, again) = hub.post_json("/api/callback", &paste(refused.as_str())).await;
    let callback = browser.up_to_the_callback(&text(&again, "/url")).await;
    let trip = browser.follow(callback.as_str()).await;

    assert!(trip.page.contains("paste it into the terminal"), "{}", trip.page);
    assert_eq!(hub.post_json("/api/callback", &paste(callback.as_str())).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_login_page_the_code_for_another_device_is_the_way() {
    let authority = Authority::start(Shape::PLAIN).await;
    let device = format!("{}/device", authority.url);
    authority.patch_metadata(json!({"authorization_endpoint": null, "device_authorization_endpoint": device}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;

    let (status, answer) = hub.post("/api/servers/notes/login/terminal").await;

    assert_eq!(status, 502, "{answer:#}");
    assert!(text(&answer, "/error").contains("has no login page"), "{answer:#}");
    assert!(text(&answer, "/remedy").contains("on another device"), "{answer:#}");
}
