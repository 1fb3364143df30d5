//! Tokens and secrets go only where they belong, whatever a server says of itself and of others.

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET, Registration};
use mcphub_tests::hostile::Seen;
use mcphub_tests::{Authority, Browser, Client, Home, Hostile, Hub, Shape, text};
use serde_json::{Value, json};
use url::Url;

use crate::sign_in;

/// A server whose metadata names this authorization server.
async fn server_that_names(issuer: &str) -> Hostile {
    let server = Hostile::start().await;
    server.demand_login("/mcp");
    names(&server, "/mcp", &format!("{}/mcp", server.url), issuer);
    server
}

fn names(server: &Hostile, path: &str, resource: &str, issuer: &str) {
    let document = json!({"resource": resource, "authorization_servers": [issuer]});
    server.answer(&format!("/.well-known/oauth-protected-resource{path}"), &document);
}

fn metadata(issuer: &str, login: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": login,
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
    })
}

fn edit(hub: &Hub, settings: &Value) {
    let mut kept = hub.home.json();
    for (name, value) in settings.as_object().expect("members") {
        kept[name] = value.clone();
    }
    std::fs::write(hub.home.settings(), format!("{kept:#}")).expect("written");
}

fn issues() -> (String, bool) {
    ("three issues".to_owned(), false)
}

async fn call(hub: &Hub) -> (String, bool) {
    Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_sent_to_another_address_under_the_same_name() {
    let authority = Authority::start(Shape::PLAIN).await;
    let evil = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    for path in ["/mcp", "/"] {
        evil.demand_login(path);
        edit(&hub, &json!({"mcpServers": {"notes": {"url": format!("{}{path}", evil.url)}}}));
        hub.until("notes", "login_required").await;
    }

    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()), "{:#?}", evil.seen());
    // Where the address is what it was, so is the login.
    edit(&hub, &json!({"mcpServers": {"notes": {"url": authority.server()}}}));
    hub.until("notes", "connected").await;
    assert_eq!((call(&hub).await, authority.count("GET /authorize")), (issues(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_changes_the_address_takes_no_token_along() {
    let authority = Authority::start(Shape::PLAIN).await;
    let evil = server_that_names(&authority.url).await;
    let home = Home::new(r#"{"mcpServers": {"notes": {"url": "${NOTES_URL}"}}}"#);
    let hub = Hub::start_in(home, 0, &[("NOTES_URL", &authority.server())]);
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;

    let hub = Hub::start_in(hub.kill(), 0, &[("NOTES_URL", &format!("{}/mcp", evil.url))]);

    hub.until("notes", "login_required").await;
    assert!(evil.count("POST /mcp") > 0);
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()), "{:#?}", evil.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resource_indicator_is_never_left_out_for_a_server_elsewhere() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let evil = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", evil.url)}));
    hub.until("notes", "login_required").await;

    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("resource indicator") && trip.page.contains("oauth.resource"), "{}", trip.page);
    assert_eq!((authority.count("GET /authorize"), authority.count("POST /token")), (1, 0));
    assert_eq!(hub.view("notes").await["learned"], json!([]));
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_say_that_no_resource_indicator_is_sent() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let server = server_that_names(&authority.url).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url), "oauth": {"resource": false}}));
    hub.until("notes", "login_required").await;

    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    assert_eq!(authority.asked("resource"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_of_one_resource_holds_for_no_other() {
    let authority = Authority::start(Shape { resource: false, refuses_resource: true, ..Shape::PLAIN }).await;
    let evil = server_that_names(&authority.url).await;
    let settings =
        json!({"mcpServers": {"notes": {"url": authority.server()}, "evil": {"url": format!("{}/mcp", evil.url)}}});
    let hub = Hub::start(&settings);
    hub.until("notes", "login_required").await;
    hub.until("evil", "login_required").await;
    sign_in(&hub, "notes").await;

    Browser::new().follow(&hub.link("evil").await).await;

    assert_eq!(authority.asked("resource"), Some(format!("{}/mcp", evil.url)));
    assert!(evil.seen().iter().all(|seen| seen.authorization.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_a_secret_goes_to_no_issuer_that_only_the_server_names() {
    let thief = Hostile::start().await;
    thief.answer("/.well-known/oauth-authorization-server", &metadata(&thief.url, &format!("{}/authorize", thief.url)));
    let server = server_that_names(&thief.url).await;
    let url = format!("{}/mcp", server.url);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary-assertion";
    let client = json!({"grantType": "client_credentials", "clientId": "mine", "clientSecret": "canary-secret"});
    let assertion = json!({"grantType": "jwt-bearer", "assertion": jwt, "clientId": "mine"});
    let refresh = json!({"accessToken": "old", "refreshToken": "canary-refresh", "clientId": "mine"});
    let initial = json!({"dynamicRegistration": {"initialAccessToken": "canary-initial"}});
    let entry = |oauth: Value| json!({"url": url, "oauth": oauth});
    let hub = Hub::start(&json!({"mcpServers": {
        "client": entry(client), "assertion": entry(assertion), "refresh": entry(refresh), "initial": entry(initial),
    }}));

    for server in ["client", "assertion", "initial"] {
        let view = hub.until(server, "failed").await;
        assert!(text(&view, "/problem").contains(&format!("write oauth.issuer: \"{}\"", thief.url)), "{view:#}");
    }
    hub.until("refresh", "login_required").await;
    assert_eq!(thief.count("POST "), 0, "{:#?}", thief.seen());
    for secret in ["canary-secret", "canary-assertion", "canary-refresh", "canary-initial"] {
        assert!(!thief.was_sent(secret) && !server.was_sent(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_the_person_wrote_gets_the_secret_and_no_other_does() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let server = server_that_names(&authority.url).await;
    let secret = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let entry = |issuer: &str| {
        let mut oauth = secret.clone();
        oauth["issuer"] = json!(issuer);
        json!({"url": format!("{}/mcp", server.url), "oauth": oauth})
    };
    let elsewhere = "https://as.example";
    let hub = Hub::start(&json!({"mcpServers": {"right": entry(&authority.url), "wrong": entry(elsewhere)}}));

    authority.until("POST /token", 1).await;
    let view = hub.until("wrong", "failed").await;

    let problem = text(&view, "/problem");
    assert!(problem.contains("belongs to https://as.example"), "{view:#}");
    server.until(|seen| seen.authorization.starts_with("Bearer canary-")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_client_stays_with_the_issuer_that_it_was_first_used_with() {
    let authority = Authority::start(Shape::PLAIN).await;
    let thief = Hostile::start().await;
    thief.answer("/.well-known/oauth-authorization-server", &metadata(&thief.url, &format!("{}/authorize", thief.url)));
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    hub.until("notes", "connected").await;
    // Nothing of the secret stands there by which it could be guessed.
    let bound = json!([{"server": "notes", "secret": "oauth.clientSecret", "issuer": authority.url}]);
    assert_eq!(hub.home.json()["obtained"]["issuers"], bound);

    authority.patch_resource(json!({"authorization_servers": [thief.url]}));
    authority.forget_all_tokens();
    let (told, failed) = call(&hub).await;

    assert!(failed, "{told}");
    let view = hub.until("notes", "failed").await;
    let problem = text(&view, "/problem");
    assert!(problem.contains(&format!("now names {}", thief.url)) && problem.contains("oauth.issuer"), "{problem}");
    assert_eq!(thief.count("POST /token"), 0);
    assert!(!thief.was_sent(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_of_one_host_share_no_login() {
    let authority = Authority::start(Shape { resource: false, ..Shape::PLAIN }).await;
    let host = Hostile::start().await;
    for path in ["/victim/mcp", "/evil/mcp"] {
        host.demand_login(path);
        names(&host, path, &host.url, &authority.url);
    }
    let at = |path: &str| json!({"url": format!("{}{path}", host.url)});
    let hub = Hub::start(&json!({"mcpServers": {"victim": at("/victim/mcp"), "evil": at("/evil/mcp")}}));
    hub.until("victim", "login_required").await;
    hub.until("evil", "login_required").await;

    let trip = Browser::new().follow(&hub.link("victim").await).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    Client::connect(&hub.mcp("evil")).await;

    let to_evil: Vec<_> = host.seen().into_iter().filter(|seen| seen.request.ends_with("/evil/mcp")).collect();
    assert!(!to_evil.is_empty() && to_evil.iter().all(|seen| seen.authorization.is_empty()), "{to_evil:#?}");
    let with_token = |seen: &Seen| seen.authorization.starts_with("Bearer canary-");
    host.until(|seen| seen.request.ends_with("/victim/mcp") && with_token(seen)).await;
    assert_eq!(hub.home.json()["obtained"]["shared"], Value::Null);
}

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

/// A server whose own authorization server reads metadata documents and does not say who answers.
async fn reader_of_documents() -> Hostile {
    let server = Hostile::start().await;
    server.demand_login("/mcp");
    names(&server, "/mcp", &format!("{}/mcp", server.url), &server.url);
    let mut metadata = metadata(&server.url, &format!("{}/authorize", server.url));
    metadata["client_id_metadata_document_supported"] = json!(true);
    server.answer("/.well-known/oauth-authorization-server", &metadata);
    let tokens = json!({"access_token": "canary-token", "token_type": "Bearer"});
    server.answer("/token", &tokens);
    server
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_say_who_answers_has_a_document_and_a_redirect_uri_of_their_own() {
    let (one, other) = (reader_of_documents().await, reader_of_documents().await);
    let hub = Hub::start(&json!({
        "systemConfig": {"install": {"baseUrl": "https://hub.example"}},
        "mcpServers": {"one": {"url": format!("{}/mcp", one.url)}, "other": {"url": format!("{}/mcp", other.url)}},
    }));
    let browser = Browser::with_proxy("https://hub.example", &hub.url);
    let mut asked = Vec::new();
    for server in ["one", "other"] {
        hub.until(server, "login_required").await;
        asked.push(browser.up_to_the_provider(&hub.link(server).await).await);
    }

    let documents: Vec<String> = asked.iter().map(|page| parameter(page, "client_id")).collect();
    let ways_back: Vec<String> = asked.iter().map(|page| parameter(page, "redirect_uri")).collect();
    assert!(documents[0] != documents[1] && ways_back[0] != ways_back[1], "{documents:?} {ways_back:?}");
    for (document, way_back) in documents.iter().zip(&ways_back) {
        let published = hub.get(document.trim_start_matches("https://hub.example")).await;
        assert_eq!((&published["client_id"], &published["redirect_uris"]), (&json!(document), &json!([way_back])));
    }

    // The answer of one at the address of the other, and at the address for all, is nobody's.
    let answer = format!("code=stolen&state={}", parameter(&asked[0], "state"));
    let trip = browser.follow(&format!("{}?{answer}", ways_back[1])).await;
    assert!(trip.page.contains("came to another address"), "{}", trip.page);
    assert_eq!(one.count("POST /token") + other.count("POST /token"), 0);
    let answer = format!("code=right&state={}", parameter(&asked[1], "state"));
    let trip = browser.follow(&format!("{}?{answer}", ways_back[1])).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    let exchange = other.seen().into_iter().find(|seen| seen.request == "POST /token").expect("an exchange");
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(exchange.body.as_bytes()).into_owned().collect();
    assert!(sent.contains(&("redirect_uri".to_owned(), ways_back[1].clone())), "{sent:?}");
}

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
    assert!(trip.page.contains("it is set up already"), "{}", trip.page);
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
