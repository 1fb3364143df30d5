//! The login page, and the door of the MCP server.

use std::collections::BTreeSet;

use reqwest::Url;

use super::request::{expect, nothing_left, once};
use super::state::{Code, Deviant};
use super::terms::{CLIENT_ID, Params, REDIRECT_URI, given};

impl Deviant {
    pub(super) fn try_authorize(&self, page: &Url) -> Result<Vec<(String, String)>, String> {
        let quirks = self.quirks();
        let base = page.as_str().split('?').next().unwrap_or_default();
        expect("the login page", base, &quirks.authorize_url())?;
        let mut asked = self.asked(page)?;
        let mut take = |name: &str| asked.remove(name).ok_or_else(|| format!("authorize: {name} is missing"));
        if !quirks.lists("authz.param_dropped", "response_type") {
            expect("response_type", &take("response_type")?, quirks.text("authz.response_type").unwrap_or("code"))?;
        }
        expect("client_id", &take(&quirks.name("authz.param_renames", "client_id"))?, CLIENT_ID)?;
        let (state, redirect_uri) = (take("state")?, take("redirect_uri")?);
        self.expect_announced(&redirect_uri)?;
        let mut challenge = None;
        if !quirks.has("authz.pkce_off") {
            expect("code_challenge_method", &take("code_challenge_method")?, "S256")?;
            challenge = Some(take("code_challenge")?);
        }
        let scopes: Vec<String> = take("scope")?.split(quirks.separator()).map(str::to_owned).collect();
        let (said, wanted): (BTreeSet<String>, _) = (scopes.iter().cloned().collect(), quirks.scopes());
        expect("scope", &format!("{said:?}"), &format!("{wanted:?}"))?;
        for (name, value) in self.extras() {
            expect(&name, &take(&name)?, &value)?;
        }
        if quirks.has("authz.nonce") && take("nonce")?.len() < 8 {
            return Err("authorize: the nonce is too short".to_owned());
        }
        nothing_left("authorize", &asked)?;
        let code = self.next("code");
        let known = Code { challenge, redirect_uri, state: state.clone(), scopes };
        self.state().codes.insert(code.clone(), known);
        let told = quirks.list("cb.metadata").into_iter().map(|name| (name.clone(), quirks.told(&name)));
        let answer = [(quirks.text("cb.code_param").unwrap_or("code").to_owned(), code), ("state".to_owned(), state)];
        Ok(answer.into_iter().chain(told).collect())
    }

    /// The parameters. One without a value counts as left out (RFC 6749 §3.1), where it may be there at all.
    fn asked(&self, page: &Url) -> Result<Params, String> {
        let mut asked = once("authorize", page.query_pairs().into_owned())?;
        let empty = asked.iter().find(|(_, value)| value.is_empty());
        if let Some((name, _)) = empty.filter(|_| self.quirks().has("authz.drop_empty_params")) {
            return Err(format!("authorize: {name} has no value"));
        }
        asked.retain(|_, value| !value.is_empty());
        Ok(asked)
    }

    /// RFC 6749 §3.1.2.3, RFC 7591 §2: the person is sent to no place that was not announced.
    fn expect_announced(&self, redirect_uri: &str) -> Result<(), String> {
        let announced =
            if self.quirks().registers() { self.state().registered.clone() } else { vec![REDIRECT_URI.to_owned()] };
        if announced.iter().any(|uri| uri == redirect_uri) {
            return Ok(());
        }
        Err(format!("authorize: redirect_uri is {redirect_uri:?}, and announced are {announced:?}"))
    }

    /// What there must be besides.
    fn extras(&self) -> Params {
        let quirks = self.quirks();
        let mut extras = quirks.members("authz.extra_params");
        let pairs = [quirks.text("authz.force_consent"), quirks.text("authz.offline_by_param")].into_iter().flatten();
        extras.extend(pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.into(), value.into())));
        extras.extend(quirks.text("authz.response_mode").map(|mode| ("response_mode".into(), mode.into())));
        extras.extend(quirks.text("authz.audience").map(|audience| ("audience".into(), audience.into())));
        extras.extend(quirks.text("authz.second_scope_param").map(|second| (second.into(), "search:read".into())));
        extras.extend(quirks.resource().map(|resource| ("resource".into(), resource)));
        extras
    }

    pub(super) fn try_open(&self, mut headers: Params, mut query: Params) -> Result<(), String> {
        let quirks = self.quirks();
        let place = quirks.list("res.token_header").into_iter().next();
        let token = match &place {
            Some(header) => headers.remove(header),
            None => headers.remove("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        };
        let token =
            token.ok_or_else(|| format!("request: no token in {}", place.as_deref().unwrap_or("authorization")))?;
        for (name, value) in quirks.members("res.extra_headers") {
            let value = if value == "templated" { given(&name) } else { value };
            expect(&name, &headers.remove(&name).unwrap_or_default(), &value)?;
        }
        for (name, value) in quirks.members("res.extra_query") {
            expect(&name, &query.remove(&name).unwrap_or_default(), &value)?;
        }
        nothing_left("request", &headers)?;
        nothing_left("request", &query)?;
        let ends = self.state().access.get(&token).copied().ok_or("request: the token is not valid")?;
        if ends > self.now() { Ok(()) } else { Err("request: the token has ended".to_owned()) }
    }
}
