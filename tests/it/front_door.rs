//! The hub as programs, proxies and people reach it: which names are served what, at which paths, and where links lead.

use std::io::{Read, Write};

use mcphub_tests::{Authority, Browser, Client, Hub, Shape, http, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A hub with one server that wants a login.
async fn start(system: &Value) -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start(&json!({"mcpServers": {"notes": {"url": authority.server()}}, "systemConfig": system}));
    hub.until("notes", "login_required").await;
    (authority, hub)
}

/// Asks the hub with these headers.
async fn ask(hub: &Hub, (method, path): (Method, &str), headers: &[(&str, &str)]) -> Response {
    let request = http().request(method, format!("{}{path}", hub.url));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("the hub answers")
}

async fn statuses(hub: &Hub, paths: &[&str], headers: &[(&str, &str)]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in paths {
        statuses.push(ask(hub, (Method::GET, path), headers).await.status().as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_name_gets_what_a_login_needs_and_a_sentence_for_the_rest() {
    let (_authority, hub) =
        start(&json!({"install": {"baseUrl": "https://hub.example", "allowedHosts": ["hub.lan"]}})).await;
    let closed = ["/", "/api/servers", "/mcp", "/mcp/notes", "/sse", "/messages", "/metrics", "/ready", "/nothing"];
    for name in ["hub.example", "hub.lan:3000"] {
        assert_eq!(statuses(&hub, &closed, &[("host", name)]).await, [403; 9], "{name}");
        let open = ["/health", "/oauth/client-metadata.json", "/assets/style.css", "/assets/page.js"];
        assert_eq!(statuses(&hub, &open, &[("host", name)]).await, [200; 4], "{name}");
        assert_eq!(
            statuses(&hub, &["/connect/unknown"], &[("host", name)]).await.first(),
            Some(&if name == "hub.lan:3000" { 303 } else { 404 })
        );
    }
    let started = ask(&hub, (Method::POST, "/connect"), &[("host", "hub.example")]).await;
    assert_eq!(started.status(), 403);

    let script = ask(&hub, (Method::POST, "/mcp"), &[("host", "hub.example")]).await.text().await.expect("text");
    let person = ask(&hub, (Method::GET, "/"), &[("host", "hub.example"), ("accept", "text/html")]).await;
    let page = person.text().await.expect("a page");

    assert!(script.starts_with("{\"error\":") && script.contains("systemConfig.routing.skipAuth: true"), "{script}");
    assert!(page.contains("<html") && page.contains("systemConfig.routing.skipAuth: true"), "{page}");
    assert_eq!(statuses(&hub, &["/", "/api/servers", "/ready"], &[]).await, [200; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_that_authenticates_everything_is_served() {
    let system = json!({"install": {"baseUrl": "https://hub.example"}, "routing": {"skipAuth": true}});
    let (_authority, hub) = start(&system).await;

    let paths = ["/", "/api/servers", "/ready"];

    assert_eq!(statuses(&hub, &paths, &[("host", "hub.example")]).await, [200; 3]);
    assert_eq!(statuses(&hub, &paths, &[("x-forwarded-for", "203.0.113.9")]).await, [200; 3]);
    assert_eq!(statuses(&hub, &paths, &[("host", "evil.example")]).await, [403; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_passes_on_by_a_loopback_name_is_not_taken_for_this_machines_own() {
    let (_authority, hub) = start(&json!({})).await;

    for header in ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"] {
        let refused = ask(&hub, (Method::GET, "/api/servers"), &[(header, "a")]).await;
        let (status, told) = (refused.status(), refused.text().await.expect("text"));
        assert!(
            status == 403 && told.contains("came through a proxy") && told.contains("skipAuth"),
            "{header}: {told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_nothing_of_whose_hub_it_is() {
    let (_authority, hub) = start(&json!({})).await;

    let health = ask(&hub, (Method::GET, "/health"), &[]).await.text().await.expect("text");

    assert!(health.contains("\"status\":\"ok\""), "{health}");
    let folder = hub.home.path().display().to_string();
    assert!(!health.contains(&folder) && !health.contains("mcp_settings"), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_of_an_endpoint_is_forgiven() {
    let (_authority, hub) = start(&json!({})).await;

    for path in ["/mcp/", "/mcp/notes/"] {
        let client = Client::connect(&format!("{}{path}", hub.url)).await;
        let (status, answer) = client.request("ping", json!({})).await;
        assert_eq!(status, 200, "{path}: {answer:#}");
    }
}

/// Everything that a page asks for or leads to within its own host.
fn links(page: &str) -> Vec<String> {
    let behind = |attribute: &str| {
        let before = format!("{attribute}=\"");
        let values = page.split(before.as_str()).skip(1);
        values.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    ["href", "src", "action"].iter().flat_map(|attribute| behind(attribute)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_path_every_link_redirect_and_cookie_stays_there() {
    let system = json!({"install": {"baseUrl": "http://127.0.0.1:1/hub"}, "routing": {"skipAuth": true}});
    let (authority, hub) = start(&system).await;
    authority.patch_metadata(json!({"registration_endpoint": null}));
    for path in ["/", "/hub", "/hub/", "/oauth/paste", "/hub/oauth/paste", "/nothing", "/hub/connect/unknown"] {
        let page = ask(&hub, (Method::GET, path), &[("host", "127.0.0.1")]).await.text().await.expect("a page");
        assert!(page.contains("<html"), "{path}: {page}");
        let links = links(&page);
        assert!(links.iter().all(|link| link.starts_with("/hub/")), "{path}: {links:?}");
    }
    assert_eq!(statuses(&hub, &["/hub/assets/style.css", "/hub/api/servers", "/hub/health"], &[]).await, [200; 3]);

    let link = hub.link("notes").await;
    let own = link.replace("http://127.0.0.1:1/hub", &hub.url.replace("localhost", "127.0.0.1"));
    let connect = http().get(&own).send().await.expect("answers");
    let cookies: Vec<_> = connect
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().expect("text").to_owned())
        .collect();
    let posted = http()
        .post(format!("{}/hub/oauth/callback", hub.url))
        .header("content-type", "application/x-www-form-urlencoded");
    let posted = posted.body("code=c&state=s").send().await.expect("answers");

    assert!(link.starts_with("http://127.0.0.1:1/hub/connect/"), "{link}");
    assert!(!cookies.is_empty() && cookies.iter().all(|cookie| cookie.contains("; Path=/hub/")), "{cookies:?}");
    assert_eq!(posted.headers()["location"], "?code=c&state=s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_starts_at_another_name_leads_to_the_one_base_address_and_ends_there() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::start(&json!({
        "mcpServers": {"notes": {"url": authority.server()}},
        "systemConfig": {"install": {"allowedHosts": ["hub.lan"]}, "routing": {"skipAuth": true}},
    }));
    hub.until("notes", "login_required").await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    for name in ["hub.lan", "127.0.0.1", "[::1]"] {
        let port = hub.url.rsplit(':').next().expect("a port");
        let (host, origin) = (format!("{name}:{port}"), format!("http://{name}:{port}"));
        let request = http().post(format!("{}/connect", hub.url)).header(form.0, form.1);
        let pressed = request.header("host", &host).header("origin", origin).body("server=notes").send().await;
        let pressed = pressed.expect("answers");
        let link = pressed.headers()["location"].to_str().expect("text").to_owned();
        assert!(link.starts_with(&format!("{}/connect/", hub.url)), "{name}: {link}");

        let path = link.trim_start_matches(&hub.url).to_owned();
        let sent = ask(&hub, (Method::GET, &path), &[("host", &host)]).await;
        let home = sent.headers()["location"].to_str().expect("text").to_owned();
        assert!(sent.headers().get("set-cookie").is_none() && home.starts_with(&link), "{name}: {home}");
        let trip = Browser::new().follow(&home).await;
        assert!(trip.page.contains("Signed in to notes"), "{name}: {trip:#?}");
        hub.post("/api/servers/notes/logout").await;
        hub.until("notes", "login_required").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_hides_its_name_is_not_sent_around_in_circles() {
    let (_authority, hub) = start(&json!({"install": {"baseUrl": "https://hub.example"}})).await;

    for path in ["/oauth/paste", "/connect/unknown", "/oauth/callback?code=c&state=s"] {
        let first = ask(&hub, (Method::GET, path), &[]).await;
        let next = first.headers().get("location").map(|next| next.to_str().expect("text").to_owned());
        // A callback that belongs to nothing is told at once.
        let Some(next) = next else { continue };
        assert!(next.starts_with("https://hub.example/"), "{next}");
        let again = ask(&hub, (Method::GET, next.trim_start_matches("https://hub.example")), &[]).await;
        assert!(again.headers().get("location").is_none(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hubs_on_one_host_do_not_take_each_others_cookies() {
    let (_first_authority, first) = start(&json!({})).await;
    let (_second_authority, second) = start(&json!({})).await;
    let browser = Browser::new();

    let callback = browser.up_to_the_callback(&first.link("notes").await).await;
    let other = browser.follow(&second.link("notes").await).await;
    let own = browser.follow(callback.as_str()).await;

    assert!(other.page.contains("Signed in to notes"), "{other:#?}");
    assert!(own.page.contains("Signed in to notes"), "{own:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_be_read_is_a_page_that_says_why() {
    let (_authority, hub) = start(&json!({})).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let send = async |path: &str, kind: (&str, &str), body: String| {
        let request = http().post(format!("{}{path}", hub.url)).header(kind.0, kind.1).body(body);
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    for path in ["/oauth/paste", "/oauth/choose", "/connect"] {
        let (missing, told) = send(path, form, "other=1".to_owned()).await;
        assert!(missing == 422 && told.contains("<html") && told.contains("A field of the form is missing"), "{told}");
        let (wrong, told) = send(path, ("content-type", "text/plain"), "a".to_owned()).await;
        assert!(wrong == 422 && told.contains("The form did not come as a page's form"), "{told}");
        let (long, told) = send(path, form, format!("url={}", "a".repeat(300_000))).await;
        assert!(long == 422 && told.contains("The form is too long"), "{told}");
    }
    let (status, told) = send("/oauth/choose", form, "ticket=unknown&value=eu".to_owned()).await;
    assert!(status == 404 && told.contains("This link is not valid any more"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pasted_and_is_no_answer_of_a_provider_is_refused_in_words() {
    let (authority, hub) = start(&json!({})).await;
    let (browser, page) = (Browser::new(), format!("{}/oauth/paste", hub.url));
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;

    let nothing = browser.submit(&page, &[("url", "https://a.example/")]).await;
    let empty = browser.submit(&page, &[("url", "")]).await;
    let unknown = browser.submit(&page, &[("url", "http://localhost/oauth/callback?code=c&state=unknown")]).await;
    let elsewhere = Browser::new().submit(&page, &[("url", callback.as_str())]).await;
    let foreign = http().post(&page).header("origin", "https://evil.example").send().await.expect("answers");
    let first = browser.submit(&page, &[("url", callback.as_str())]).await;
    let twice = browser.submit(&page, &[("url", callback.as_str())]).await;

    for refused in [&nothing, &empty, &unknown, &twice] {
        assert!(refused.status == 403 && refused.page.contains("does not belong to a sign-in"), "{refused:#?}");
    }
    assert!(elsewhere.status == 403 && elsewhere.page.contains("another browser"), "{elsewhere:#?}");
    assert_eq!(foreign.status(), 403);
    assert!(first.page.contains("Signed in to notes"), "{first:#?}");
    assert_eq!(authority.count("POST /token"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_cannot_be_typed_are_refused_in_words_and_not_written() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"registration_endpoint": null}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "setup_required").await;
    let browser = Browser::new();
    let link = hub.link("notes").await;
    browser.follow(&link).await;

    for secret in
        ["canary\0secret", "canary\nsecret", "canary\r\nsecret", "canary\u{1b}[31msecret", "canary\u{7f}secret"]
    {
        let page = browser.submit(&link, &[("client_id", "ours"), ("client_secret", secret)]).await;
        let form = json!({"client_id": "ours", "client_secret": secret});
        let (status, told) = hub.post_json("/api/servers/notes/setup", &form).await;

        assert!(page.page.contains("cannot be typed") && !page.page.contains("canary"), "{secret:?}: {page:#?}");
        assert!(status == 422 && text(&told, "/error").contains("cannot be typed"), "{secret:?}: {told:#}");
    }
    let (id, _) = hub.post_json("/api/servers/notes/setup", &json!({"client_id": "ou\0rs"})).await;
    assert_eq!(id, 422);
    assert!(hub.home.json()["mcpServers"]["notes"].get("oauth").is_none(), "{}", hub.home.text());
}

/// The status of a request as it is written, byte by byte.
fn status_of(hub: &Hub, head: &str) -> String {
    let mut stream = std::net::TcpStream::connect(hub.url.trim_start_matches("http://")).expect("connected");
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_host_and_that_of_a_whole_address_counts() {
    let (_authority, hub) = start(&json!({})).await;

    for (head, status) in [
        ("GET /ready HTTP/1.1\r\nHost: localhost", "200"),
        ("GET /ready HTTP/1.1", "400"),
        ("GET /ready HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", "400"),
        ("GET /ready HTTP/1.1\r\nHost: localhost\r\nHost: localhost", "400"),
        ("GET http://evil.example/ready HTTP/1.1\r\nHost: localhost", "403"),
        ("GET http://localhost/ready HTTP/1.1\r\nHost: evil.example", "200"),
        ("GET http://localhost/ready HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", "400"),
    ] {
        assert_eq!(status_of(&hub, head), status, "{head}");
    }
}
