//! What a plugin keeps of answers and shows to people is masked, wherever in them the secret stands.

use std::path::Path;

use mcphub::cases::{Case, replay};
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET, Habit};
use mcphub_tests::{Authority, Browser, CHAMELEON, Home, Hub, Shape, http, text};
use serde_json::{Value, json};

use crate::sign_in;

const NESTED: &str = "nested-token-0123456789abcdef";

/// A hub with a plugin whose account label is what an answer of the token endpoint has at a place.
async fn account_at(place: &str) -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.adopt(Habit::RepeatsSecrets);
    authority.patch_tokens(json!({"team": {"name": "Acme", "token": NESTED, "tokens": [NESTED]}}));
    let quirks = json!({
        "_mode": "MCP_OAUTH2", "id.lookup": format!("token-response: it -> {place}"), "resp.metadata": ["team.name"],
    });
    let entry = json!({"url": authority.server(), "oauth": {"provider": "chameleon"}});
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("own.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_in(home, 0, &[]);
    hub.until("notes", "login_required").await;
    (authority, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_shows_no_secret_of_the_token_answer_wherever_it_stands() {
    for (place, shown) in [
        ("copy", "***"),
        ("within/link", "https://a.example/?k=***"),
        ("within/sent", "*** and http://localhost:"),
        ("team/token", "***"),
        ("team/tokens/0", "***"),
        ("team/name", "Acme"),
    ] {
        let (authority, hub) = account_at(place).await;

        let page = sign_in(&hub, "notes").await.page;
        let view = hub.view("notes").await;

        let account = text(&view, "/account");
        assert!(account == shown || place == "within/sent" && account.starts_with(shown), "{place}: {account}");
        let api = http().get(format!("{}/api/servers", hub.url)).send().await.expect("answers").text().await;
        for secret in authority.secrets().into_iter().chain([NESTED.to_owned()]) {
            for seen in [&page, &view.to_string(), api.as_ref().expect("a body"), &hub.log_lines()] {
                assert!(!seen.contains(&secret), "{place}: {secret}");
            }
        }
        let kept: Value = hub.home.json()["obtained"]["grants"][0]["captured"].clone();
        assert!(!kept.to_string().contains(NESTED), "{kept}");
    }
}

/// Plays a case with a plugin that has these quirks.
async fn play(quirks: &Value, case: &str) -> Vec<String> {
    let host = PluginHost::new(Some(&std::env::temp_dir().join("mcphub-tests-cache")), Limits::default());
    let (host, origin) = (host.expect("a host"), Origin::File(Path::new("own.wasm").to_owned()));
    let plugin = host.load(origin, CHAMELEON.with(quirks));
    let catalogue = Catalogue::new();
    catalogue.add(plugin.await.expect("a plugin"));
    replay(&Case::parse(case).expect("a case"), catalogue, "chameleon").await.expect("played")
}

/// A login at a provider whose API says this of the account.
async fn account_told(lookup: &str, answer: &str) -> Vec<String> {
    let case = format!(
        r#"
title = "whose account it is"
server = "https://mcp.provider.example/mcp"
oauth = {{ clientId = "{{{{client-id}}}}", clientSecret = "{{{{client-secret}}}}" }}
[[step]]
do = "refused"
expect = "login"
[[step]]
do = "login"
callback = {{ code = "{{{{code}}}}", state = "{{{{state}}}}" }}
account = "none"
[[step.exchange]]
request = "POST https://login.provider.example/token"
answer = '{{"access_token": "{{{{access-token}}}}", "refresh_token": "{{{{refresh-token}}}}"}}'
[[step.exchange]]
request = "GET https://api.provider.example/me"
answer = '{answer}'
"#
    );
    play(&json!({"id.lookup": lookup}), &case).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_the_plugins_own_request_shows_it_nothing_that_was_sent() {
    for (answer, account) in [
        (r#"{"name": "Ann"}"#, "Ann"),
        (r#"{"name": "{{access-token}}"}"#, "***"),
        (r#"{"name": "you sent Authorization: Bearer {{access-token}}"}"#, "you sent Authorization: Bearer ***"),
        (r#"{"name": "{{client-secret}} of {{client-id}}"}"#, "*** of"),
        (r#"{"name": "and {{refresh-token}}"}"#, "and ***"),
    ] {
        let faults = account_told("http: GET me -> name", answer).await.join("\n");

        assert!(faults.contains(&format!("the account is \"{account}")), "{answer}: {faults}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_refresh_prolongs_lives_from_that_refresh_on() {
    let case = r#"
title = "a session is prolonged"
server = "https://mcp.provider.example/mcp"
oauth = { clientId = "{{client-id}}", clientSecret = "{{client-secret}}" }
[[step]]
do = "refused"
expect = "login"
[[step]]
do = "login"
callback = { code = "{{code}}", state = "{{state}}" }
[[step.exchange]]
request = "POST https://login.provider.example/token"
answer = '{"access_token": "{{access-token}}", "refresh_token": "{{refresh-token}}", "expires_in": 3600}'
[[step]]
do = "wait"
seconds = 3595
[[step]]
do = "call"
headers = { authorization = "Bearer {{access-token}}" }
[[step.exchange]]
request = "GET https://api.provider.example/prolong"
answer = '{}'
[[step]]
do = "wait"
seconds = 3000
[[step]]
do = "call"
headers = { authorization = "Bearer {{access-token}}" }
"#;

    assert_eq!(play(&json!({"refresh.prolongs": 3600}), case).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_wrote_about_a_failed_exchange_is_told_on_the_page_in_the_log_and_in_the_status() {
    let authority = Authority::start(Shape::PLAIN).await;
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    hub.until("notes", "login_required").await;
    authority.refuse_the_secret();

    let page = Browser::new().follow(&hub.link("notes").await).await.page;

    let view = hub.view("notes").await.to_string();
    for (place, seen) in [("page", &page), ("log", &hub.log()), ("status", &view)] {
        assert!(seen.contains("the provider writes: ") && seen.contains("a sentence"), "{place}: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_sees_what_the_plugin_printed_and_on_demand_what_went_in_and_came_out() {
    let authority = Authority::start(Shape::PLAIN).await;
    let quirks =
        json!({"_mode": "MCP_OAUTH2", "id.lookup": "token-response: it -> scope", "print": "hello \u{1b}[31m"});
    let entry = json!({"url": authority.server(), "oauth": {"provider": "chameleon"}});
    let home = Home::new(&json!({"mcpServers": {"notes": entry}}).to_string());
    let folder = home.settings().with_file_name("plugins");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("own.wasm"), CHAMELEON.with(&quirks)).expect("written");
    let hub = Hub::start_in(home, 0, &[("RUST_LOG", "info,mcphub_plugins::calls=trace")]);
    hub.until("notes", "login_required").await;

    sign_in(&hub, "notes").await;

    let log = hub.log();
    for line in [
        "plugin chameleon printed in flow: hello \\u{1b}[31m",
        "plugin chameleon printed in flow: hello \\u{1b}[31m again",
        "plugin chameleon, flow",
        "was told   (Lookup, 0,",
        "answered   Ok(Step",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    for secret in authority.secrets() {
        assert!(!log.contains(&secret), "{secret}");
    }
}
