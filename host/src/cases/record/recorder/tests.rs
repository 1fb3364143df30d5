//! Made-up logins in which every secret has a word in it that no case may have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use mcphub_oauth::profile::Pair;
use serde_json::json;

use super::*;
use crate::cases::case::{CaseStep, Exchange};

/// A login that is told to a recorder.
#[derive(Default)]
struct Login(Recorder);

impl Login {
    fn see(&self, step: LoginStep<'_>) {
        let observer = self.0.observer();
        observer(step);
    }

    fn ask(&self, request: http::request::Builder, body: &str, answer: &Response<Vec<u8>>) {
        let request = request.body(body.as_bytes().to_vec()).expect("a request");
        let witness = self.0.witness();
        witness(&request, answer);
    }

    fn send(&self, page: &str, params: &[(&str, &str)]) {
        self.see(LoginStep::Sent(&Url::parse_with_params(page, params).expect("a URL")));
    }

    fn come_back(&self, params: &[(&str, &str)]) {
        let params: Vec<Pair> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.see(LoginStep::Back(&params));
    }

    /// The case and its text, once the login is whole.
    fn written(&self, server: &str, oauth: &Value, secret_inputs: &[&str]) -> (Case, String) {
        self.see(LoginStep::Granted(None));
        let server = Url::parse(server).expect("a URL");
        let oauth = oauth.as_object().cloned().unwrap_or_default();
        let secret_inputs: Vec<String> = secret_inputs.iter().map(|key| (*key).to_owned()).collect();
        let recorded = self.0.recorded(&server, &oauth, &secret_inputs, SystemTime::UNIX_EPOCH).expect("a login");
        let text = recorded.case.to_text().expect("text");
        (recorded.case, text)
    }
}

const SERVER: &str = "https://mcp.example/mcp";

fn post(url: &str) -> http::request::Builder {
    Request::post(url)
}

fn form(url: &str) -> http::request::Builder {
    post(url).header("content-type", "application/x-www-form-urlencoded")
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

fn answer(media_type: &str, body: &str) -> Response<Vec<u8>> {
    Response::builder().header("content-type", media_type).body(body.as_bytes().to_vec()).expect("an answer")
}

fn document(document: &Value) -> Response<Vec<u8>> {
    answer("application/json", &document.to_string())
}

fn exchanges(case: &Case) -> Vec<&Exchange> {
    case.steps.iter().flat_map(of_step).collect()
}

fn of_step(step: &CaseStep) -> Vec<&Exchange> {
    match step {
        CaseStep::Refused { exchange, .. }
        | CaseStep::Login { exchange, .. }
        | CaseStep::Call { exchange, .. }
        | CaseStep::Logout { exchange, .. } => exchange.iter().collect(),
        CaseStep::Wait { .. } => Vec::new(),
    }
}

fn answers(case: &Case) -> String {
    exchanges(case).into_iter().map(|exchange| exchange.answer.as_str()).collect()
}

fn assert_gone(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn a_client_that_an_earlier_login_registered_stands_in_the_settings_with_its_secret_in_a_slot() {
    let login = Login::default();
    login.send("https://as.example/authorize", &[("client_id", "canary-client"), ("state", "canary-state")]);
    login.come_back(&[("code", "canary-code"), ("state", "canary-state")]);
    let token = form("https://as.example/token").header("authorization", basic("canary-client:canary%2Bsecret"));
    let told = json!({"access_token": "canary-token", "error_description": "you sent canary+secret"});
    login.ask(token, "grant_type=authorization_code&code=canary-code", &document(&told));

    let (case, text) = login.written(SERVER, &json!({}), &[]);

    assert_gone(&text, &["canary"]);
    let settings = json!({
        "clientId": "{{client-id}}", "clientSecret": "{{client-secret}}",
        "tokenEndpointAuthMethod": "client_secret_basic",
    });
    assert_eq!(Value::Object(case.oauth.clone()), settings);
    let headers: Vec<_> =
        exchanges(&case).into_iter().filter_map(|exchange| exchange.headers.get("authorization")).collect();
    assert_eq!(headers, ["Basic {{client-id}}:{{client-secret}}"]);
}

#[test]
fn credentials_queries_and_documents_of_requests_lose_their_secrets() {
    let login = Login::default();
    let body = json!({
        "client_secret": "canary-json", "device": {"code": "canary-code", "code_verifier": "canary-verifier"},
        "subject_token": "canary-subject", "variables": {"what": "c4nary-opaque-value"}, "otp": 424_242,
    });
    let api = post("https://api.example/do?api_key=canary-query&v=2").header("authorization", "Bearer canary-bearer");
    login.ask(api.header("content-type", "application/json"), &body.to_string(), &document(&json!({})));
    let me = Request::get("https://api.example/me").header("authorization", "DPoP canary-dpop");
    login.ask(me, "", &document(&json!({"sent": "canary-bearer and canary-query"})));
    let bare = Request::get("https://api.example/bare").header("authorization", "canary-bare");
    login.ask(bare, "", &document(&json!({})));
    let assertion = "assertion=canary-assertion&token=canary-token&device_code=canary-device&odd=c4nary0123456789";
    login.ask(form("https://as.example/token"), assertion, &document(&json!({})));

    let (case, text) = login.written(SERVER, &json!({}), &[]);

    assert_gone(&text, &["canary", "c4nary", "424242"]);
    let query = exchanges(&case)[0].query.clone().expect("a query");
    assert_eq!(query.get("v").map(String::as_str), Some("2"));
}

#[test]
fn secrets_of_the_settings_are_slots_however_short_they_are_and_whatever_they_are_called() {
    let oauth = json!({
        "clientId": "hub", "clientSecret": "canary", "accessToken": "canary-a", "refreshToken": "canary-r",
        "privateKey": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n", "assertion": "canary.jwt",
        "inputs": {"workspace": "canary-w", "region": "eu"},
        "enterprise": {"issuer": "https://idp.example", "clientSecret": "canary-e", "idToken": "canary-i"},
        "dynamicRegistration": {"initialAccessToken": "canary-iat", "metadata": {"client_name": "Notes"}},
        "redirectUri": "http://localhost:3000/oauth/callback",
    });
    let login = Login::default();
    let token = form("https://as.example/token").header("authorization", basic("hub:canary"));
    login.ask(token, "ws=canary-w&redirect_uri=http://localhost:3000/oauth/callback", &document(&json!({})));

    let (case, text) = login.written(SERVER, &oauth, &["workspace"]);

    assert_gone(&text, &["canary"]);
    let expected = json!({
        "clientId": "{{client-id}}", "clientSecret": "{{client-secret}}", "accessToken": "{{access-token}}",
        "refreshToken": "{{refresh-token}}", "privateKey": "{{private-key}}", "assertion": "{{assertion}}",
        "inputs": {"workspace": "{{workspace}}", "region": "eu"},
        "enterprise": {
            "issuer": "https://idp.example", "clientSecret": "{{client-secret-2}}", "idToken": "{{id-token}}",
        },
        "dynamicRegistration": {
            "initialAccessToken": "{{initial-access-token}}", "metadata": {"client_name": "Notes"},
        },
        "redirectUri": "http://localhost:3000/oauth/callback",
    });
    assert_eq!(Value::Object(case.oauth), expected);
}

#[test]
fn the_address_of_the_server_is_the_same_made_up_one_everywhere() {
    let server = "https://me:canary-pw@mcp.example/s/c4naryc4nary/mcp?api_key=canary-key&v=c1";
    let named = "https://mcp.example/s/c4naryc4nary/mcp?api_key=canary-key&v=c1";
    let place = "https://mcp.example/.well-known/oauth-protected-resource/s/c4naryc4nary/mcp?api_key=canary-key&v=c1";
    let challenge = format!("Bearer resource_metadata=\"{place}\", nonce=\"canary-nonce\", token=canary-token");
    let login = Login::default();
    let status = http::StatusCode::UNAUTHORIZED;
    login.see(LoginStep::Refused { status, challenges: &[challenge], tool: None });
    login.ask(Request::get(place), "", &document(&json!({"resource": named})));
    login.send("https://as.example/authorize", &[("resource", named), ("state", "s1")]);
    login.come_back(&[("state", "s1"), ("code", "canary-code")]);
    let body = format!("resource={}", url::form_urlencoded::byte_serialize(named.as_bytes()).collect::<String>());
    login.ask(form("https://as.example/token"), &body, &document(&json!({})));

    let (case, text) = login.written(server, &json!({"resource": named}), &[]);

    assert_gone(&text, &["canary", "c4nary", "v=c1"]);
    let shown = "https://secret-1:secret-2@mcp.example/s/secret-3/mcp?api_key=secret-4&v=secret-5";
    assert_eq!(case.server.as_str(), shown);
    // Challenge and look-up; resource in settings, metadata, login page and token request.
    assert_eq!(text.matches("/oauth-protected-resource/s/secret-3/mcp?api_key=secret-4&v=secret-5").count(), 2);
    assert_eq!(text.matches("https://mcp.example/s/secret-3/mcp?api_key=secret-4&v=secret-5").count(), 4);
}

#[test]
fn addresses_documents_numbers_and_names_in_answers_lose_their_secrets() {
    let login = Login::default();
    let token = json!({
        "incoming_webhook": {"url": "https://hooks.example/services/T0/B0/c4naryc4naryc4nary"},
        "file": "https://files.example/x?X-Sig=canary-sig&e=3600", "otp": 424_242, "c4nary@example.com": true,
        "extra": "{\"session\":\"canary-session\",\"page\":2}",
    });
    login.ask(form("https://as.example/token"), "", &document(&token));
    let written = "access_token=canary-form&scope=read+write&c4nary0123456789=c4nary9876543210";
    let written = answer("application/x-www-form-urlencoded; charset=utf-8", written);
    login.ask(form("https://as.example/form"), "", &written);
    login.ask(form("https://as.example/text"), "", &answer("text/plain", "Y2FuYXJ5IGNhbmFyeQ=="));

    let (case, text) = login.written(SERVER, &json!({}), &[]);

    assert_gone(&text, &["canary", "c4nary", "424242", "Y2FuYXJ5"]);
    let answers = answers(&case);
    for kept in ["https://hooks.example/services/T0/B0/{{", "&e=3600", "\\\"page\\\":2", "&scope=read+write&{{"] {
        assert!(answers.contains(kept), "{kept} is not in {answers}");
    }
}

#[test]
fn short_and_plain_words_stay_where_they_stand_for_something_else() {
    let login = Login::default();
    let told = json!({
        "session_state": "active", "user_code": "en", "status": "active", "language": "en",
        "page": "https://as.example/en/active?code=true", "error": {"code": "invalid_grant"}, "state": "code",
        "expires_at": "2026-01-01T00:00:00Z", "response_types": ["code"], "token_type": "Bearer", "ok": true,
    });
    login.ask(form("https://as.example/token"), "response_type=code&client_id=hub", &document(&told));

    let (case, _) = login.written(SERVER, &json!({}), &[]);

    let answers: Value = serde_json::from_str(&answers(&case)).expect("a document");
    let mut expected = told;
    expected["session_state"] = json!("{{session-state}}");
    expected["user_code"] = json!("{{user-code}}");
    assert_eq!(answers, expected);
    let form = exchanges(&case)[0].form.clone().expect("a form");
    assert_eq!(form.get("response_type").map(String::as_str), Some("code"));
}

#[test]
fn without_a_grant_there_is_no_case() {
    let recorder = Recorder::default();
    let server = Url::parse(SERVER).expect("a URL");

    assert!(recorder.recorded(&server, &Map::new(), &[], SystemTime::UNIX_EPOCH).is_none());
}
