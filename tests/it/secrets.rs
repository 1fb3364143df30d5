//! Every secret in these flows is marked, and none of them shows where it must not: in logs (everything is logged), on
//! pages, in the API, in MCP answers, on the command line.

use std::time::Duration;

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::client::call;
use mcphub_tests::{Authority, Browser, Client, Hub, Shape, http};
use serde_json::{Value, json};

use crate::sign_in;

const INITIAL: &str = "canary-initial-access-token-0123456789";

/// Everything of a flow that others may see.
#[derive(Default)]
pub(crate) struct Seen(Vec<(String, String)>);

impl Seen {
    pub(crate) fn add(&mut self, place: &str, text: impl Into<String>) {
        self.0.push((place.to_owned(), text.into()));
    }

    pub(crate) fn pages(&mut self, browser: &Browser) {
        for page in browser.pages() {
            self.add("a page", page);
        }
    }

    /// What the hub itself shows: API, pages, MCP, log, command line.
    pub(crate) async fn hub(&mut self, hub: &Hub) {
        for path in ["/", "/health", "/ready", "/api/servers", "/api/servers/notes", "/api/plugins", "/mcp", "/nowhere"]
        {
            let answer = http().get(format!("{}{path}", hub.url)).send().await.expect("answers");
            self.add(path, format!("{:?}", answer.headers()));
            self.add(path, answer.text().await.expect("a body"));
        }
        let client = Client::connect(&hub.mcp("notes")).await;
        for (method, params) in
            [("tools/list", json!({})), ("tools/call", call("list_issues", &json!({}))), ("nonsense", json!({}))]
        {
            self.add(method, client.request(method, params).await.1.to_string());
        }
        let listen = hub.url.replace("http://localhost", "127.0.0.1");
        for arguments in [
            &["--listen", &listen, "auth", "status"][..],
            &["tools", "list"],
            &["servers", "list"],
            &["plugins", "list"],
        ] {
            let output = hub.home.run(arguments);
            self.add("a command", String::from_utf8_lossy(&output.stdout));
            self.add("a command's log", String::from_utf8_lossy(&output.stderr));
        }
        self.add("the log", hub.log());
    }

    /// Where one of the secrets shows, if one does.
    fn leak(&self, secrets: &[String]) -> Option<String> {
        let shows = |line: &&str| secrets.iter().any(|secret| line.contains(secret.as_str()));
        let line = |(place, text): &(String, String)| Some(format!("{place}: {}", text.lines().find(shows)?));
        self.0.iter().find_map(line)
    }

    pub(crate) fn expect_none_of(&self, secrets: &[String]) {
        assert_eq!(self.leak(secrets), None);
    }
}

/// That the marks are real: the settings, where tokens belong, have one.
fn expect_marked(hub: &Hub, secrets: &[String]) {
    assert!(secrets.len() > 3, "{secrets:?}");
    assert!(secrets.iter().any(|secret| hub.home.text().contains(secret.as_str())), "no secret was ever kept");
}

fn hub_of(authority: &Authority, oauth: &Value) -> Hub {
    Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}))
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_login_refresh_and_logout_show_no_secret() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.demand_initial_access_token(INITIAL);
    authority.tokens_end_after(Duration::from_secs(2));
    let hub = hub_of(&authority, &json!({"dynamicRegistration": {"enabled": true, "initialAccessToken": INITIAL}}));
    let mut seen = Seen::default();
    hub.until("notes", "login_required").await;
    seen.hub(&hub).await;
    let browser = Browser::new();
    browser.follow(&hub.link("notes").await).await;
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;
    while authority.count("POST /token") < 3 {
        client.call("list_issues", json!({})).await;
    }
    seen.hub(&hub).await;
    expect_marked(&hub, &authority.secrets());
    seen.add("the logout", hub.post("/api/servers/notes/logout").await.1.to_string());
    seen.hub(&hub).await;
    seen.pages(&browser);

    seen.expect_none_of(&authority.secrets());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_repeats_what_it_was_sent_makes_the_hub_show_no_secret() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.echo_what_was_sent();
    let hub = hub_of(&authority, &json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}));
    let (mut seen, browser) = (Seen::default(), Browser::new());
    hub.until("notes", "login_required").await;
    let callback = browser.up_to_the_callback(&hub.link("notes").await).await;
    let changed = callback.as_str().replace("code=canary-code", "code=canary-c0de");
    browser.follow(&changed).await;
    browser.follow(callback.as_str()).await;
    sign_in(&hub, "notes").await;
    expect_marked(&hub, &authority.secrets());
    authority.forget_all_tokens();
    seen.hub(&hub).await;
    authority.refuse_the_secret();
    browser.follow(&hub.link("notes").await).await;
    seen.hub(&hub).await;
    seen.pages(&browser);

    let mut secrets = authority.secrets();
    secrets.push("canary-c0de".to_owned());
    seen.expect_none_of(&secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_assertions_show_nowhere() {
    // The private part of the example key of RFC 7515 §A.3.
    const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
    const ASSERTION: &str = "eyJhbGciOiJub25lIn0.e30.canary-assertion-0123456789";
    let key = json!({
        "kty": "EC", "crv": "P-256", "d": D,
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let by_key = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "privateKey": key.to_string()});
    for oauth in [by_key, json!({"grantType": "jwt-bearer", "assertion": ASSERTION})] {
        let authority = Authority::start(Shape::PLAIN).await;
        authority.echo_what_was_sent();
        let hub = hub_of(&authority, &oauth);
        let mut seen = Seen::default();
        hub.until("notes", "failed").await;
        seen.hub(&hub).await;

        let mut secrets = authority.secrets();
        assert!(
            secrets.iter().any(|secret| secret == ASSERTION || secret.starts_with("ey")),
            "{:#}",
            hub.view("notes").await
        );
        secrets.extend([D.to_owned(), ASSERTION.to_owned()]);
        seen.expect_none_of(&secrets);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_registration_shows_no_initial_access_token() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.echo_what_was_sent();
    authority.demand_initial_access_token("another");
    let hub = hub_of(&authority, &json!({"dynamicRegistration": {"enabled": true, "initialAccessToken": INITIAL}}));
    let (mut seen, browser) = (Seen::default(), Browser::new());
    hub.until("notes", "setup_required").await;
    browser.follow(&hub.link("notes").await).await;
    seen.hub(&hub).await;
    seen.pages(&browser);

    seen.expect_none_of(&[INITIAL.to_owned()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_form_and_a_plugins_own_requests_show_no_secret() {
    let authority = Authority::start(Shape::GITHUB).await;
    let hub = hub_of(&authority, &json!({"provider": "github", "inputs": {"web": authority.url}}));
    let (mut seen, browser) = (Seen::default(), Browser::new());
    hub.until("notes", "setup_required").await;
    let link = hub.link("notes").await;
    browser.follow(&link).await;
    browser.submit(&link, &[("guide", "github-app"), ("client_id", "?"), ("client_secret", CLIENT_SECRET)]).await;
    browser.submit(&link, &[("guide", "github-app"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]).await;
    hub.until("notes", "connected").await;
    expect_marked(&hub, &authority.secrets());
    seen.hub(&hub).await;
    hub.post("/api/servers/notes/logout").await;
    authority.refuse_the_secret();
    browser.follow(&hub.link("notes").await).await;
    seen.hub(&hub).await;
    seen.pages(&browser);

    seen.expect_none_of(&authority.secrets());
}

#[test]
fn a_planted_secret_is_found() {
    let mut seen = Seen::default();
    seen.add("the log", "all is well\nAuthorization: Bearer canary-access-0001");

    let leak = seen.leak(&["canary-access-0001".to_owned()]);

    assert_eq!(leak.as_deref(), Some("the log: Authorization: Bearer canary-access-0001"));
    assert_eq!(seen.leak(&["canary-access-0002".to_owned()]), None);
}
