//! A server, and its authorization server, that say back what they were sent wherever words of theirs are shown.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mcphub_tests::scripted::{Answer, Asked, Scripted};
use mcphub_tests::{Browser, Client, Hub};
use serde_json::json;

use crate::secrets::Seen;

const ACCESS: &str = "hostile-access-token-0123456789abcdef";
const REFRESH: &str = "hostile-refresh-token-0123456789abcdef";
const SECRET: &str = "hostile-client-secret/0123456789abcdef";
const CODE: &str = "hostile-code-0123456789abcdef";
const CONFIGURED: &str = "configured-header-0123456789";

/// Where it repeats what it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Nowhere.
    Kind,
    /// In the result of a call that goes well.
    Success,
    /// In the error of a call, as JSON-RPC and as a tool's.
    Call,
    /// In the answer to `initialize`.
    Initialize,
    /// In the body of an error status, as JSON and as plain text.
    Status,
    /// In the address of a redirect.
    Redirect,
    /// In a challenge: the metadata's address, the scope, the description.
    Challenge,
    /// At the token endpoint.
    Token,
    /// In the callback's error.
    Callback,
}

/// What came, in every way that languages write it.
fn said(asked: &Asked) -> String {
    let token = asked.header("authorization").split_once(' ').map_or("", |(_, token)| token);
    let mut words = vec![token.to_owned(), asked.header("x-api-key").to_owned()];
    let forms = url::form_urlencoded::parse(asked.body.as_bytes());
    words.extend(forms.map(|(_, value)| value.into_owned()).filter(|value| value.len() > 20));
    let forms = words.iter().filter(|word| !word.is_empty()).flat_map(|word| {
        let percent: String = percent_encoded(word.as_bytes());
        let encoded = STANDARD.encode(word);
        [word.clone(), percent, encoded, word.to_uppercase(), word.chars().take(24).collect()]
    });
    forms.collect::<Vec<_>>().join(" ")
}

fn answer(mood: Mood, asked: &Asked) -> Answer {
    let origin = &asked.origin;
    match asked.path.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => {
            Answer::json(200, &json!({"resource": format!("{origin}/mcp"), "authorization_servers": [origin]}))
        }
        "/.well-known/oauth-authorization-server" => Answer::json(
            200,
            &json!({
                "issuer": origin, "authorization_endpoint": format!("{origin}/authorize"),
                "token_endpoint": format!("{origin}/token"), "registration_endpoint": format!("{origin}/register"),
                "code_challenge_methods_supported": ["S256"], "response_types_supported": ["code"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }),
        ),
        "/register" => Answer::json(201, &json!({"client_id": "client-1", "client_secret": SECRET})),
        "/authorize" => {
            let state = asked.parameter("state");
            let outcome = if mood == Mood::Callback {
                format!("error={state}&error_description={state}&code={CODE}")
            } else {
                format!("code={CODE}")
            };
            Answer::redirect(302, &format!("{}?{outcome}&state={state}", asked.parameter("redirect_uri")))
        }
        "/token" if mood == Mood::Token => Answer::json(
            400,
            &json!({"error": asked.parameter("code"), "error_description": format!("{CONFIGURED} {}", said(asked)), "error_uri": SECRET}),
        ),
        "/token" => Answer::json(
            200,
            &json!({"access_token": ACCESS, "refresh_token": REFRESH, "token_type": "Bearer", "scope": format!("read {ACCESS}")}),
        ),
        "/mcp" if asked.header("authorization").is_empty() => Answer::of(401).with("www-authenticate", "Bearer"),
        "/mcp" => mcp(mood, asked),
        _ => Answer::of(404),
    }
}

fn mcp(mood: Mood, asked: &Asked) -> Answer {
    let (message, said) = (asked.message(), said(asked));
    let is = |method: &str| message["method"] == method;
    let reply = |key: &str, value: serde_json::Value| {
        Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], key: value}))
    };
    match mood {
        Mood::Success if is("tools/call") => reply("result", json!({"content": [{"type": "text", "text": said}]})),
        Mood::Call if is("tools/call") && message["params"]["name"] == "echo" => {
            reply("result", json!({"isError": true, "content": [{"type": "text", "text": said}]}))
        }
        Mood::Call if is("tools/call") => reply("error", json!({"code": -32000, "message": said, "data": {"sent": said}})),
        Mood::Initialize if is("initialize") => reply("error", json!({"code": -32000, "message": said})),
        Mood::Status if is("initialize") => Answer::json(500, &json!({"error": {"message": said}})),
        Mood::Redirect if is("initialize") => {
            Answer::redirect(307, &format!("/moved/{ACCESS}/{}?token={ACCESS}", STANDARD.encode(ACCESS).replace('=', "")))
        }
        Mood::Challenge => Answer::of(401).with(
            "www-authenticate",
            &format!(
                "Bearer error=\"invalid_token\", error_description=\"{ACCESS}\", scope=\"{ACCESS}\", resource_metadata=\"{}/{ACCESS}\"",
                asked.origin
            ),
        ),
        _ => asked.as_mcp(),
    }
}

struct World {
    server: Scripted,
    hub: Hub,
    mood: Arc<Mutex<Mood>>,
}

impl World {
    async fn start(mood: Mood) -> Self {
        let mood = Arc::new(Mutex::new(mood));
        let now = mood.clone();
        let server = Scripted::start(move |asked| answer(*now.lock().expect("lock"), asked)).await;
        let entry = json!({"url": format!("{}/mcp", server.url), "headers": {"X-Api-Key": CONFIGURED}});
        Self { server, hub: Hub::of_one(&entry), mood }
    }

    async fn logged_in() -> Self {
        let world = Self::start(Mood::Kind).await;
        world.hub.until("notes", "login_required").await;
        crate::sign_in(&world.hub, "notes").await;
        world
    }

    fn feels(&self, mood: Mood) {
        *self.mood.lock().expect("lock") = mood;
    }

    /// Everything that it was sent or gave away, in every form.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = [ACCESS, REFRESH, SECRET, CODE, CONFIGURED].map(str::to_owned).to_vec();
        for asked in self.server.asked() {
            secrets.extend(["state", "code_verifier"].map(|name| asked.parameter(name)));
        }
        secrets.retain(|secret| !secret.is_empty());
        let forms = |secret: &String| {
            let percent: String = percent_encoded(secret.as_bytes());
            [secret.clone(), percent, STANDARD.encode(secret), secret.to_uppercase(), secret.chars().take(24).collect()]
        };
        secrets.iter().flat_map(forms).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_its_token_back_in_a_failure_makes_the_hub_show_none() {
    for mood in [Mood::Call, Mood::Initialize, Mood::Status, Mood::Redirect, Mood::Challenge] {
        let world = World::logged_in().await;
        let client = Client::connect(&world.hub.mcp("notes")).await;
        let mut seen = Seen::default();
        world.feels(mood);
        for tool in ["echo", "other"] {
            seen.add("a call", client.request("tools/call", json!({"name": tool})).await.1.to_string());
        }
        // A changed entry begins a new session.
        let mut settings = world.hub.home.json();
        settings["mcpServers"]["notes"]["description"] = json!("changed");
        std::fs::write(world.hub.home.settings(), settings.to_string()).expect("written");
        world.hub.until_told("the settings were changed").await;
        if mood != Mood::Call {
            world.hub.until_any("notes", &["failed", "login_required"]).await;
        }
        seen.hub(&world.hub).await;

        seen.expect_none_of(&world.secrets());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_server_that_says_back_what_it_was_sent_makes_the_hub_show_none() {
    for mood in [Mood::Token, Mood::Callback] {
        let world = World::start(mood).await;
        let (mut seen, browser) = (Seen::default(), Browser::new());
        world.hub.until("notes", "login_required").await;
        browser.follow(&world.hub.link("notes").await).await;
        seen.pages(&browser);
        seen.hub(&world.hub).await;

        seen.expect_none_of(&world.secrets());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_of_a_call_that_goes_well_is_passed_on_as_it_is() {
    let world = World::logged_in().await;
    let client = Client::connect(&world.hub.mcp("notes")).await;
    world.feels(Mood::Success);

    let (text, is_error) = client.call("echo", json!({})).await;

    assert!(text.starts_with(ACCESS) && !is_error, "{text}");
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"))
}
