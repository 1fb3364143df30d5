//! A login page of another site is announced before anybody is sent there.

use super::*;

/// A server with an authorization server of its own, whose login page is somebody else's.
async fn mixed_up(login: &str) -> Hostile {
    let evil = Hostile::start().await;
    evil.demand_login("/mcp");
    names(&evil, "/mcp", &format!("{}/mcp", evil.url), &evil.url);
    evil.answer("/.well-known/oauth-authorization-server", &metadata(&evil.url, login));
    evil.answer_with(
        "/register",
        201,
        &[("content-type", "application/json".into())],
        &json!({"client_id": CLIENT_ID}).to_string(),
    );
    evil
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_of_another_site_is_announced_before_anybody_is_sent_there() {
    let victim = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let evil = mixed_up(&format!("{}/authorize", victim.url)).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", evil.url)}));
    hub.until("notes", "login_required").await;
    let (browser, link) = (Browser::cautious(), hub.link("notes").await);

    let trip = browser.follow(&link).await;

    let site = |url: &str| url.trim_start_matches("http://").to_owned();
    for named in [evil.url.clone(), site(&victim.url), site(&evil.url), "notes".into()] {
        assert!(trip.page.contains(&named), "{named}: {}", trip.page);
    }
    assert_eq!((trip.status, victim.count("GET /authorize"), evil.count("POST /token")), (200, 0, 0));
    // Agreeing to something else does not help.
    let other = [("login", "other.example"), ("token", "other.example")];
    let trip = browser.submit(&format!("{link}/go-on"), &other).await;
    assert!(trip.page.contains("Sign in at"), "{}", trip.page);
    assert_eq!(victim.count("GET /authorize"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_of_another_site_is_announced_once() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let server = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url)}));
    hub.until("notes", "login_required").await;
    let trip = Browser::new().follow(&hub.link("notes").await).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    hub.post("/api/servers/notes/logout").await;

    let hub = hub.restart();
    hub.until("notes", "login_required").await;
    let trip = Browser::cautious().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("Signed in"), "{}", trip.page);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_at_a_terminal_is_asked_before_a_login_page_of_another_site() {
    let victim = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let evil = mixed_up(&format!("{}/authorize", victim.url)).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", evil.url)}));
    hub.until("notes", "login_required").await;

    let (status, answer) = hub.post("/api/servers/notes/login/terminal").await;

    assert_eq!((status, &answer["url"]), (200, &Value::Null), "{answer:#}");
    assert!(text(&answer, "/question").contains("sends you to"), "{answer:#}");
    hub.post_json("/api/servers/notes/login/acknowledge", &answer["acknowledge"]).await;
    let (_, answer) = hub.post("/api/servers/notes/login/terminal").await;
    assert!(text(&answer, "/url").starts_with(&victim.url), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_login_page_that_the_hub_itself_would_not_ask() {
    for login in ["http://login.example/authorize", "http://10.0.0.1/authorize", "https://169.254.169.254/authorize"] {
        let evil = mixed_up(login).await;
        let hub = Hub::of_one(&json!({"url": format!("{}/mcp", evil.url)}));
        hub.until("notes", "login_required").await;

        let trip = Browser::new().follow(&hub.link("notes").await).await;

        assert!(trip.page.contains("Something went wrong"), "{login}: {}", trip.page);
        assert_eq!(trip.path.len(), 1, "{:?}", trip.path);
    }
}
