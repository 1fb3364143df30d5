//! What a link, a click or a change of an entry cannot bring about.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_good_servers_client_outlives_a_hostile_servers_clicks() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let evil = server_that_names(&authority.url).await;
    let settings =
        json!({"mcpServers": {"good": {"url": authority.server()}, "evil": {"url": format!("{}/mcp", evil.url)}}});
    let hub = Hub::start(&settings);
    hub.until("good", "login_required").await;
    sign_in(&hub, "good").await;
    hub.until("good", "connected").await;
    hub.until("evil", "login_required").await;
    let client = hub.home.json()["obtained"]["clients"][0].clone();

    // Two clicks, and a login page that says of the client of both that it is unknown.
    Browser::new().up_to_the_provider(&hub.link("evil").await).await;
    authority.forget_clients();
    Browser::new().follow(&hub.link("evil").await).await;

    let clients = hub.home.json()["obtained"]["clients"].clone();
    assert!(clients.as_array().expect("clients").contains(&client), "{clients:#}");
    assert_eq!(clients.as_array().map(Vec::len), Some(2), "{clients:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connect_link_changes_no_entry_that_is_set_up_and_reads_no_variable() {
    let authority = Authority::start(Shape::PLAIN).await;
    let by_hand = Authority::start(Shape { registration: Registration::Closed, ..Shape::PLAIN }).await;
    let settings = json!({"mcpServers": {"notes": {"url": authority.server()}, "manual": {"url": by_hand.server()}}});
    let hub = Hub::start_in(Home::new(&settings.to_string()), 0, &[("ENVS", "canary-environment")]);
    hub.until("notes", "login_required").await;
    hub.until("manual", "setup_required").await;
    let browser = Browser::new();

    let trip = browser.submit(&hub.link("notes").await, &[("client_id", "stranger")]).await;
    assert!(trip.page.contains("is set up already"), "{}", trip.page);
    for placeholder in ["${ENVS}", "$ENVS", "a${ENVS:-b}"] {
        let trip = browser.submit(&hub.link("manual").await, &[("client_id", placeholder)]).await;
        assert!(trip.page.contains("placeholder"), "{placeholder}: {}", trip.page);
    }

    assert!(!hub.home.text().contains("stranger") && !hub.home.text().contains("ENVS"), "{}", hub.home.text());
    assert!(!hub.log().contains("canary-environment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_stays_with_its_issuer_whatever_else_of_the_entry_changes() {
    let authority = Authority::start(Shape::PLAIN).await;
    let thief = Hostile::start().await;
    thief.answer("/.well-known/oauth-authorization-server", &metadata(&thief.url, &format!("{}/authorize", thief.url)));
    let entry = |id: &str, secret: &str| json!({"notes": {"url": authority.server(), "oauth": {"clientId": id, "clientSecret": secret}}});
    let hub = Hub::start(&json!({"mcpServers": entry(CLIENT_ID, CLIENT_SECRET)}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    authority.patch_resource(json!({"authorization_servers": [thief.url]}));
    authority.forget_all_tokens();
    edit(&hub, &json!({"mcpServers": entry("another", "another-secret")}));
    hub.until_told("the settings were changed").await;
    call(&hub).await;

    let view = hub.until("notes", "failed").await;
    assert!(text(&view, "/problem").contains(&format!("now names {}", thief.url)), "{view:#}");
    assert_eq!(thief.count("POST /token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_needs_no_person_has_no_login_link() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "connected").await;

    for way in ["login", "login/terminal", "login/device"] {
        let (status, answer) = hub.post(&format!("/api/servers/notes/{way}")).await;
        assert_eq!(status, 409, "{way}: {answer:#}");
        assert!(text(&answer, "/error").contains("needs no person"), "{way}: {answer:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_of_an_address_is_no_part_of_the_resource() {
    let server = authority_without_resource_metadata().await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp?api_key=canary-query", server.url)}));
    hub.until("notes", "login_required").await;

    let page = Browser::new().up_to_the_provider(&hub.link("notes").await).await;

    assert_eq!(parameter(&page, "resource"), format!("{}/mcp", server.url));
    assert!(!page.as_str().contains("canary-query"), "{page}");
}

/// One that names its authorization server by nothing but its own origin.
async fn authority_without_resource_metadata() -> Hostile {
    let server = Hostile::start().await;
    server.answer_with("/mcp", 401, &[("www-authenticate", "Bearer".into())], "");
    server.answer(
        "/.well-known/oauth-authorization-server",
        &metadata(&server.url, &format!("{}/authorize", server.url)),
    );
    let client = json!({"client_id": "c"}).to_string();
    server.answer_with("/register", 201, &[("content-type", "application/json".into())], &client);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_the_head_of_a_link_or_a_callback_spends_neither() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let (browser, link) = (Browser::new(), hub.link("notes").await);
    let look = async |url: &str| mcphub_tests::http().head(url).send().await.expect("answers").status().as_u16();

    assert_eq!(look(&link).await, 405);
    let callback = browser.up_to_the_callback(&link).await;
    assert_eq!(look(callback.as_str()).await, 405);

    let trip = browser.follow(callback.as_str()).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
}
