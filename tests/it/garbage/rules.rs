//! The rules of a login that no plugin bends, as they are seen from outside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcphub_plugins::Plugin;
use mcphub_tests::deviant::CLIENT_SECRET;
use reqwest::Url;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Order, Request};

/// The hub's own.
const REDIRECT_URI: &str = "http://localhost:3000/oauth/callback";

/// What somebody else may try with a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    Code,
    State,
    /// It comes from another browser.
    Browser,
    Issuer,
}

impl Attack {
    pub(super) fn spoil(self, back: &mut Vec<(String, String)>) {
        match self {
            Self::Code => put(back, "code", "another"),
            Self::State => put(back, "state", "another"),
            Self::Issuer => put(back, "iss", "https://evil.example"),
            Self::Browser => {}
        }
    }
}

pub(super) fn put(back: &mut Vec<(String, String)>, name: &str, value: &str) {
    back.retain(|(other, _)| other != name);
    back.push((name.to_owned(), value.to_owned()));
}

/// A login page that somebody came back from.
pub(super) struct Page {
    challenge: String,
    code: String,
    /// The code did not come back as it must, so that nobody may have it from the hub.
    is_lost: bool,
}

impl Page {
    pub(super) fn of(page: &Url, back: &[(String, String)], attack: Option<Attack>) -> Self {
        let challenge = page.query_pairs().find(|(name, _)| name == "code_challenge");
        let code = back.iter().find(|(name, _)| name == "code");
        Self {
            challenge: challenge.expect("a challenge").1.into_owned(),
            code: code.expect("a code").1.clone(),
            is_lost: matches!(attack, Some(Attack::State | Attack::Browser | Attack::Issuer)),
        }
    }
}

/// Who sends a code proves to have begun the sign-in (RFC 7636 §4.6) and names its redirect URI (RFC 6749 §4.1.3). What a
/// plugin's own steps describe need not be such an exchange.
pub(super) fn expect_proven(request: &Request, pages: &[Page], order: &Order) {
    let sent = sent(request);
    let told = || format!("{} {sent:?} {order:#?}", request.uri());
    for page in pages.iter().filter(|page| sent.iter().any(|(_, value)| *value == page.code)) {
        assert!(!page.is_lost, "{}", told());
        if order.contains_key("flow.next") {
            continue;
        }
        let proves = |value: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(value)) == page.challenge;
        assert!(sent.iter().any(|(_, value)| proves(value)), "{}", told());
        let mut redirect_uris = sent.iter().filter(|(name, _)| name == "redirect_uri");
        assert!(redirect_uris.all(|(_, value)| value == REDIRECT_URI), "{}", told());
    }
}

/// The parameters of a request, wherever they are.
fn sent(request: &Request) -> Vec<(String, String)> {
    let document: Map<String, Value> = serde_json::from_slice(request.body()).unwrap_or_default();
    let members = document.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    let query = request.uri().query().unwrap_or_default();
    [form(query.as_bytes()), form(request.body()), members.collect()].concat()
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// State, PKCE, redirect URI and response type are the hub's, and no secret is in the address.
pub(super) fn expect_own_parameters(page: &Url, order: &Order) {
    let all =
        |name: &str| page.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value).collect::<Vec<_>>();
    let told = || format!("{page} {order:#?}");
    assert_eq!(all("redirect_uri"), [REDIRECT_URI], "{}", told());
    assert_eq!(all("response_type"), ["code"], "{}", told());
    assert_eq!(all("code_challenge_method"), ["S256"], "{}", told());
    assert!(all("state").len() == 1 && all("state")[0].len() >= 22, "{}", told());
    assert!(all("code_challenge").len() == 1 && all("code_challenge")[0].len() == 43, "{}", told());
    assert!(page.query_pairs().all(|(_, value)| !value.contains(CLIENT_SECRET)), "{}", told());
    assert_eq!(page.scheme(), "https", "{}", told());
}

/// Requests go over https to hosts of the login or of the plugin's list, and headers stay whole.
pub(super) fn expect_kept(request: &Request, plugin: &Plugin, order: &Order) {
    let url = Url::parse(&request.uri().to_string()).expect("a URL");
    let host = url.host_str().expect("a host");
    let named = |pattern: String| match pattern.strip_prefix("*.") {
        Some(below) => host.ends_with(&format!(".{below}")),
        None => host == pattern,
    };
    let mut patterns = plugin.profile().identity.hosts.iter().map(ToString::to_string);
    let told = || format!("{url} {order:#?}");
    assert_eq!(url.scheme(), "https", "{}", told());
    assert!(host.ends_with(".provider.example") || patterns.any(named), "{}", told());
    assert!(!request.headers().contains_key("x-evil"), "{}", told());
    let headers = request.headers().get_all("authorization").iter().count();
    assert!(headers <= 1 && !request.headers().contains_key("cookie"), "{}", told());
}
