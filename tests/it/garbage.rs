//! Plugins that answer garbage: they are refused, or the login goes on by the rules all the same.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use mcphub::connect::{Finish, new_browser};
use mcphub::egress::{EgressError, StandIn};
use mcphub::random::Random;
use mcphub_plugins::{Catalogue, Limits, Origin, PluginHost};
use mcphub_tests::core::START;
use mcphub_tests::deviant::{CLIENT_ID, CLIENT_SECRET, Deviant, SERVER};
use mcphub_tests::offline::{self, unauthorized};
use mcphub_tests::{Home, chameleon};
use reqwest::Url;
use serde_json::{Map, Value, json};

/// Garbage that is tried; each with the whole way from loading to a logout.
const SEEDS: u32 = 60;

type Request = axum::http::Request<Vec<u8>>;
type Response = axum::http::Response<Vec<u8>>;

/// The parts of the chameleon's profile that are told to it.
const PARTS: &[&str] = &[
    "as.authorize_host_differs_from_token_host",
    "as.separate_refresh_endpoint",
    "ask",
    "authz.audience",
    "authz.extra_params",
    "authz.force_consent",
    "authz.nonce",
    "authz.offline_by_param",
    "authz.param_renames",
    "authz.resource_param",
    "authz.response_mode",
    "authz.second_scope_param",
    "cb.code_param",
    "cb.metadata",
    "config.asked_from_person",
    "followup.exchange",
    "id.lookup",
    "reg.extra_params",
    "refresh.extra_params",
    "refresh.margin_seconds",
    "refresh.multi",
    "refresh.omit",
    "refresh.param_renames",
    "res.extra_headers",
    "res.extra_query",
    "res.token_header",
    "resp.error_in_200",
    "resp.expires_missing_default",
    "resp.metadata",
    "resp.path",
    "revoke.custom",
    "scope.offline_scope",
    "scope.required",
    "scope.separator",
    "tenant.in_authorize_url",
    "tenant.in_token_url",
    "token.body_format",
    "token.client_auth",
    "token.extra_params",
    "token.omit",
    "token.param_renames",
    "token.redirect_uri_in",
    "token.transport",
    "authz.pkce_off",
];

/// Texts that mean something to somebody.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\r\nx-evil: 1",
    "{code}",
    "{client-secret}",
    "{verifier}",
    "{access-token}",
    "{input:none}",
    "{state}",
    "https://evil.example/take",
    "http://127.0.0.1:1/",
    "http://169.254.169.254/",
    "//evil.example",
    "../..",
    "a=b",
    "state",
    "redirect_uri",
    "code_verifier",
    "code_challenge",
    "client_id",
    "response_type",
    "grant_type",
    "nonce",
    "authorization",
    "host",
    "cookie",
    "mcp-session-id",
    "ü\u{0}\u{7f}",
    "*",
    "evil.example",
    "*.example",
    "none",
    "json",
    "client_secret_basic",
    "none-no-client-id",
    "%00",
    "/",
    "~1",
    "main",
];

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn text(&mut self) -> String {
        match self.roll(12) {
            0 => "a".repeat(300),
            _ => TEXTS[self.roll(TEXTS.len())].to_owned(),
        }
    }

    fn value(&mut self) -> Value {
        match self.roll(8) {
            0 => json!(true),
            1 => json!(self.roll(usize::MAX)),
            2 | 3 => (0..self.roll(4)).map(|_| Value::from(self.text())).collect(),
            4 | 5 => Value::Object((0..self.roll(4)).map(|_| (self.text(), json!(self.text()))).collect()),
            _ => json!(self.text()),
        }
    }

    fn garbage(&mut self) -> Map<String, Value> {
        let mut parts: Map<String, Value> = Map::new();
        for _ in 0..=self.roll(4) {
            parts.insert(PARTS[self.roll(PARTS.len())].to_owned(), self.value());
        }
        if self.roll(2) == 0 {
            parts.insert("_mode".to_owned(), json!("MCP_OAUTH2"));
        }
        parts
    }
}

/// An ordinary authority, and everything it was asked.
#[derive(Clone)]
struct Watched {
    authority: Deviant,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl StandIn for Watched {
    fn answer(&self, request: Request) -> BoxFuture<'_, Result<Response, EgressError>> {
        self.asked.lock().expect("asked").push(request.clone());
        StandIn::answer(&self.authority, request)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_garbage_of_a_plugins_bends_a_rule() {
    let (component, cache) = (chameleon::component(), std::env::temp_dir().join("mcphub-tests-cache"));
    let host = PluginHost::new(Some(&cache), Limits::default()).expect("a host");
    let (mut loaded, mut signed_in) = (0, 0);
    for seed in 0..SEEDS {
        let garbage = Value::Object(Dice(u64::from(seed)).garbage());
        let bytes = chameleon::of(&component, &garbage);
        let Ok(plugin) = host.load(Origin::File(format!("{seed}").into()), bytes).await else { continue };
        loaded += 1;
        let patterns = plugin.profile().identity.hosts.iter().map(ToString::to_string).collect();
        let catalogue = Catalogue::new();
        catalogue.add(plugin);
        signed_in += u32::from(try_login(catalogue, patterns, &garbage).await);
    }
    // Neither all of it is refused, nor is none.
    assert!(loaded > SEEDS / 6 && loaded < SEEDS, "{loaded} loaded");
    assert!(signed_in > 0 && signed_in < loaded, "{signed_in} of {loaded} signed in");
}

/// Goes as far as the plugin lets it. Whether that was a login.
async fn try_login(catalogue: Catalogue, hosts: Vec<String>, garbage: &Value) -> bool {
    let ordinary = json!({"_mode": "MCP_OAUTH2"});
    let time = Arc::new(AtomicU64::new(START));
    let authority = Deviant::new(ordinary.as_object().expect("quirks"), time.clone());
    let world = Watched { authority: authority.clone(), asked: Arc::default() };
    let oauth = json!({"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let home = Home::new(&json!({"mcpServers": {"it": {"url": SERVER, "oauth": oauth}}}).to_string());
    let connector = offline::connector(&home, catalogue, world.clone(), time);
    let person = new_browser(&Random::system()).expect("an id");
    // What comes of it is the plugin's; that it comes by the rules is looked at below.
    drop(connector.refused("it", unauthorized("Bearer scope=\"read write\""), None).await);
    let mut done = false;
    if let Ok(page) = connector.begin_at_terminal("it", &person).await {
        expect_own_parameters(&page, garbage);
        if let Ok(back) = authority.authorize(&page) {
            let finish = connector.finish(back, Some(&person)).await;
            done = matches!(finish, Ok(Finish::Done(_)));
        }
    }
    drop(connector.credential("it").await);
    drop(connector.logout("it").await);
    for request in world.asked.lock().expect("asked").iter() {
        expect_kept(request, &hosts, garbage);
    }
    done
}

/// State, PKCE, redirect URI and response type are the hub's, and no secret is in the address.
fn expect_own_parameters(page: &Url, garbage: &Value) {
    let all =
        |name: &str| page.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(all("redirect_uri"), ["http://localhost:3000/oauth/callback"], "{garbage:#} {page}");
    assert_eq!(all("response_type"), ["code"], "{garbage:#} {page}");
    assert_eq!(all("code_challenge_method"), ["S256"], "{garbage:#} {page}");
    assert!(all("state").len() == 1 && all("state")[0].len() >= 22, "{garbage:#} {page}");
    assert!(all("code_challenge").len() == 1 && all("code_challenge")[0].len() == 43, "{garbage:#} {page}");
    assert!(page.query_pairs().all(|(_, value)| !value.contains(CLIENT_SECRET)), "{garbage:#} {page}");
    assert_eq!(page.scheme(), "https", "{garbage:#} {page}");
}

/// Requests go over https to hosts of the login or of the plugin's list, and headers stay whole.
fn expect_kept(request: &Request, hosts: &[String], garbage: &Value) {
    let url = Url::parse(&request.uri().to_string()).expect("a URL");
    let host = url.host_str().expect("a host");
    let named = |pattern: &String| match pattern.strip_prefix("*.") {
        Some(below) => host.ends_with(&format!(".{below}")),
        None => host == pattern,
    };
    assert_eq!(url.scheme(), "https", "{garbage:#} {url}");
    assert!(host.ends_with(".provider.example") || hosts.iter().any(named), "{garbage:#} {url}");
    assert!(!request.headers().contains_key("x-evil"), "{garbage:#} {url}");
    let headers = request.headers().get_all("authorization").iter().count();
    assert!(headers <= 1 && !request.headers().contains_key("cookie"), "{garbage:#} {url}");
}
