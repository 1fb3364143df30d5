//! The parts of these tests against each other, without a hub: that the authorities refuse what they must refuse.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcphub_tests::{Authority, AuthorityPeer, Browser, Client, ServerPeer, Shape, http, text};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

const REDIRECT: &str = "http://localhost:1/oauth/callback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
const STATE: &str = "a-state-of-at-least-22-characters";

/// A client that logs in by hand.
struct Hand {
    authorize: String,
    token: String,
    register: String,
    resource: String,
    scope: &'static str,
}

impl Hand {
    fn plain(authority: &Authority) -> Self {
        let at = |path: &str| format!("{}{path}", authority.url);
        let (authorize, token, register) = (at("/authorize"), at("/token"), at("/register"));
        Self { authorize, token, register, resource: authority.server(), scope: "read" }
    }

    fn real(authority: &AuthorityPeer, resource: String) -> Self {
        let at = |path: &str| format!("{}{path}", authority.url());
        Self { authorize: at("/auth"), token: at("/token"), register: at("/reg"), resource, scope: "mcp" }
    }

    async fn client(&self) -> String {
        let body = json!({
            "client_name": "hand", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
            "application_type": "native", "grant_types": ["authorization_code", "refresh_token"],
        });
        let request = http().post(&self.register).header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.expect("answers").bytes().await.expect("a body");
        text(&serde_json::from_slice(&answer).expect("JSON"), "/client_id")
    }

    async fn callback(&self, client: &str, changed: &[(&str, &str)]) -> BTreeMap<String, String> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut params = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("state", STATE),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource),
            ("scope", self.scope),
        ]);
        params.extend(changed.iter().copied());
        let url = Url::parse_with_params(&self.authorize, params).expect("a URL");
        Browser::new().up_to_the_callback(url.as_str()).await.query_pairs().into_owned().collect()
    }

    async fn ask(&self, client: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let mut form = BTreeMap::from([("client_id", client), ("resource", self.resource.as_str())]);
        form.extend(params.iter().copied());
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = http().post(&self.token).header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.expect("answers");
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"))
    }

    async fn exchange(&self, client: &str, code: &str, verifier: &str) -> (u16, Value) {
        let params = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", REDIRECT),
        ];
        self.ask(client, &params).await
    }

    async fn refresh(&self, client: &str, token: &str) -> (u16, Value) {
        self.ask(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
}

/// What both authorities do alike.
async fn expect_strict(hand: &Hand) -> String {
    let client = hand.client().await;
    let refused = hand.callback(&client, &[("code_challenge_method", "plain")]).await;
    let granted = hand.callback(&client, &[]).await;
    let code = granted.get("code").unwrap_or_else(|| panic!("{granted:?}"));
    let (status, tokens) = hand.exchange(&client, code, VERIFIER).await;
    let (again, _) = hand.exchange(&client, code, VERIFIER).await;

    assert_eq!(refused.get("error").map(String::as_str), Some("invalid_request"));
    assert_eq!(granted.get("state").map(String::as_str), Some(STATE));
    assert_eq!((status, again), (200, 400), "{tokens}");
    let other = hand.callback(&client, &[]).await;
    let (status, _) = hand.exchange(&client, &other["code"], &VERIFIER.replace('a', "b")).await;
    assert_eq!(status, 400);
    client
}

/// A refresh token that is used twice ends its family.
async fn expect_rotation(hand: &Hand, client: &str) -> String {
    let granted = hand.callback(client, &[]).await;
    let (_, first) = hand.exchange(client, &granted["code"], VERIFIER).await;
    let (status, second) = hand.refresh(client, &text(&first, "/refresh_token")).await;
    let (reused, _) = hand.refresh(client, &text(&first, "/refresh_token")).await;
    let (family, _) = hand.refresh(client, &text(&second, "/refresh_token")).await;

    assert_eq!((status, reused, family), (200, 400, 400), "{second}");
    text(&second, "/access_token")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scriptable_authority_is_strict() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hand = Hand::plain(&authority);

    let client = expect_strict(&hand).await;

    expect_rotation(&hand, &client).await;
    assert_eq!(hand.exchange("nobody", "x", VERIFIER).await.0, 401);
    let error = hand.callback(&client, &[("resource", "https://other.example")]).await;
    assert_eq!(error.get("error").map(String::as_str), Some("invalid_target"));
    let error = hand.callback(&client, &[("scope", "read everything")]).await;
    assert_eq!(error.get("error").map(String::as_str), Some("invalid_scope"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_authority_is_strict_and_its_tokens_open_the_real_server() {
    let Some(authority) = AuthorityPeer::start(&json!({})) else { return };
    let Some(server) = ServerPeer::start(&authority, json!({})) else { return };
    let hand = Hand::real(&authority, server.mcp());

    let client = expect_strict(&hand).await;

    let token = expect_rotation(&hand, &client).await;
    let url = server.mcp();
    let open = async |token: &str| {
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}}});
        let request = http().post(&url).header("authorization", token).header("content-type", "application/json");
        let request = request.header("accept", "application/json, text/event-stream").body(initialize.to_string());
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.headers().get("www-authenticate").cloned())
    };
    assert_eq!(open(&format!("Bearer {token}")).await.0, 200);
    let (status, challenge) = open("Bearer forged").await;
    assert_eq!(status, 401);
    assert!(challenge.expect("a challenge").to_str().expect("text").contains("resource_metadata="));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_follows_a_server_without_a_hub() {
    let Some(server) = ServerPeer::open(&json!({})) else { return };

    let client = Client::connect(&server.mcp()).await;

    assert_eq!(client.call("add", json!({"a": 1, "b": 2})).await, ("3".to_owned(), false));
    assert_eq!(client.call("ask", json!({})).await.0, "the client says Ann");
}
