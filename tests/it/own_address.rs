//! The hub's own address: what it is called, and that nobody makes the hub ask itself.

use mcphub_tests::{Authority, Home, Hub, Shape, text};
use serde_json::{Value, json};

fn write(hub: &Hub, servers: &Value) {
    let settings = json!({"mcpServers": servers});
    std::fs::write(hub.home.settings(), settings.to_string()).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_cannot_make_the_hub_use_its_own_api() {
    let (good, bad) = (Authority::start(Shape::PLAIN).await, Authority::start(Shape::PLAIN).await);
    let hub = Hub::start_in(Home::new("{}"), 0, &[]);
    bad.patch_metadata(json!({"registration_endpoint": format!("{}/api/servers/good/logout", hub.url)}));

    write(&hub, &json!({"good": {"url": good.server()}, "bad": {"url": bad.server()}}));
    hub.until("good", "login_required").await;
    hub.until_told("is this hub itself").await;

    let shown = hub.view("bad").await.to_string();
    assert!(shown.contains("is this hub itself"), "{shown}");
    assert!(!hub.view("good").await.to_string().contains("logout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_leads_back_to_the_hub_is_refused_with_a_sentence() {
    let hub = Hub::start_in(Home::new("{}"), 0, &[]);

    write(&hub, &json!({"circle": {"url": format!("{}/mcp", hub.url)}}));
    hub.until_told("circle leads back to this hub").await;

    let view = hub.until("circle", "failed").await;
    assert!(text(&view, "/problem").contains("leads back to this hub"), "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_redirect_addresses_say_localhost_only_where_all_of_it_is_the_hub() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = || Home::new(&json!({"mcpServers": {"notes": {"url": authority.server()}}}).to_string());
    for (addresses, expected) in
        [(&["127.0.0.1:0", "[::1]:0"][..], "http://localhost:"), (&["127.0.0.1:0"], "http://127.0.0.1:")]
    {
        let hub = Hub::start_at(home(), addresses, (&[], &[]));
        hub.until("notes", "login_required").await;

        let link = hub.link("notes").await;
        let trip = mcphub_tests::Browser::new().up_to_the_callback(&link).await;

        assert!(link.starts_with(expected), "{link}");
        assert!(trip.as_str().starts_with(&format!("{expected}{}/oauth/callback", port(&link))), "{trip}");
    }
}

fn port(link: &str) -> String {
    let rest = link.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    rest.rsplit(':').next().unwrap_or_default().to_owned()
}
