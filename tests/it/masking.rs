//! What a plugin keeps of answers and shows to people is masked, wherever in them the secret stands.

use std::path::Path;

use mcphub::rehearse::{Case, replay};
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use mcphub_tests::authority::Habit;
use mcphub_tests::{Authority, CHAMELEON, Home, Hub, Shape, http, text};
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
    let hub = Hub::start_in(home, 0, &[("RUST_LOG", "trace")]);
    hub.until("notes", "login_required").await;
    (authority, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_shows_no_secret_of_the_token_answer_wherever_it_stands() {
    for (place, shown) in [
        ("copy", "***"),
        ("within/link", "https://a.example/?k=***"),
        ("within/sent", "*** and ***"),
        ("team/token", "***"),
        ("team/tokens/0", "***"),
        ("team/name", "Acme"),
    ] {
        let (authority, hub) = account_at(place).await;

        let page = sign_in(&hub, "notes").await.page;
        let view = hub.view("notes").await;

        assert_eq!(text(&view, "/account"), shown, "{place}");
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

/// A login at a provider whose API says this of the account.
async fn account_told(lookup: &str, answer: &str) -> Vec<String> {
    let quirks = json!({"id.lookup": lookup});
    let host = PluginHost::new(Some(&std::env::temp_dir().join("mcphub-tests-cache")), Limits::default());
    let plugin = host.expect("a host").load(Origin::File(Path::new("own.wasm").to_owned()), CHAMELEON.with(&quirks));
    let catalogue = Catalogue::new();
    catalogue.add(plugin.await.expect("a plugin"));
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
    replay(&Case::parse(&case).expect("a case"), catalogue, "chameleon").await.expect("played")
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
