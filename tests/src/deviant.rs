//! An authority in the same process that deviates as one provider does, and in no other way: what the provider would
//! refuse, it refuses, and what it does not know, too. It knows nothing of profiles; it reads the quirks by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use mcphub::egress::{EgressError, StandIn};
use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

type Request = axum::http::Request<Vec<u8>>;
type Response = axum::http::Response<Vec<u8>>;
type Params = BTreeMap<String, String>;

/// The client that a person set up; its characters are told apart by every encoding.
pub const CLIENT_ID: &str = "id/1";
/// Its secret.
pub const CLIENT_SECRET: &str = "se+cr et/%";
/// Its MCP server.
pub const SERVER: &str = "https://mcp.provider.example/mcp";
/// Lifetime of an access token, seconds.
pub const LIFETIME: u64 = 3600;

/// The authority.
#[derive(Clone)]
pub struct Deviant(Arc<Inner>);

struct Inner {
    quirks: Map<String, Value>,
    time: Arc<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    refusals: Vec<String>,
    codes: BTreeMap<String, Code>,
    access: BTreeSet<String>,
    refresh: BTreeMap<String, u64>,
    issued: u32,
    refreshes: u32,
    revoked: u32,
}

struct Code {
    challenge: Option<String>,
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
}

/// What a person gives for an input.
#[must_use]
pub fn given(key: &str) -> String {
    format!("my-{}", key.to_ascii_lowercase().replace('_', "-"))
}

impl Deviant {
    /// The provider with these quirks.
    #[must_use]
    pub fn new(quirks: &Map<String, Value>, time: Arc<AtomicU64>) -> Self {
        Self(Arc::new(Inner { quirks: quirks.clone(), time, state: Mutex::default() }))
    }

    /// What was refused, and why.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.state().refusals.clone()
    }

    /// How often tokens were refreshed.
    #[must_use]
    pub fn refreshes(&self) -> u32 {
        self.state().refreshes
    }

    /// How many tokens were taken back.
    #[must_use]
    pub fn revoked(&self) -> u32 {
        self.state().revoked
    }

    /// No access token opens the server any more.
    pub fn forget_access_tokens(&self) {
        self.state().access.clear();
    }

    /// Values that are told in callbacks and answers, and that are to be kept.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let names = [self.list("cb.metadata"), self.list("resp.metadata")].concat();
        names.iter().map(|name| format!("told-{}", name.replace('.', "-"))).collect()
    }

    /// Sends the person back from the login page. Err: why it shows an error instead.
    pub fn authorize(&self, page: &Url) -> Result<Vec<(String, String)>, String> {
        self.noted(self.try_authorize(page))
    }

    /// Whether a request that carries this opens the server. Err: why not.
    pub fn open(&self, headers: &Params, query: &Params) -> Result<(), String> {
        self.noted(self.try_open(headers, query))
    }

    fn noted<T>(&self, outcome: Result<T, String>) -> Result<T, String> {
        if let Err(refusal) = &outcome {
            self.state().refusals.push(refusal.clone());
        }
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, key: &str) -> bool {
        self.0.quirks.contains_key(key)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.quirks.get(key)?.as_str()
    }

    fn list(&self, key: &str) -> Vec<String> {
        let items = self.0.quirks.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn members(&self, key: &str) -> Params {
        let members = self.0.quirks.get(key).and_then(Value::as_object).into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), filled);
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// The name under which a parameter goes.
    fn name(&self, quirk: &str, standard: &str) -> String {
        self.members(quirk).remove(standard).unwrap_or_else(|| standard.to_owned())
    }

    fn host(&self, kind: usize, tenant: &str) -> String {
        let elsewhere = self.list("cb.metadata");
        let labels: Vec<String> =
            self.list(tenant).iter().filter(|key| !elsewhere.contains(key)).map(|key| given(key)).collect();
        let named = self.list("as.authorize_host_differs_from_token_host").get(kind).cloned();
        match named.filter(|host| labels.is_empty() && !host.contains("VAR")) {
            Some(host) => host,
            None => [labels, vec!["login.provider.example".to_owned()]].concat().join("."),
        }
    }

    fn authorize_url(&self) -> String {
        format!("https://{}/authorize", self.host(0, "tenant.in_authorize_url"))
    }

    fn token_url(&self) -> String {
        format!("https://{}/token", self.host(1, "tenant.in_token_url"))
    }

    fn refresh_url(&self) -> String {
        match self.text("as.separate_refresh_endpoint") {
            Some(url) if url.contains('$') => format!("https://{}/refresh", self.host(1, "tenant.in_refresh_url")),
            Some(url) => url.to_owned(),
            None => self.token_url(),
        }
    }

    fn publishes_metadata(&self) -> bool {
        self.text("_mode") == Some("MCP_OAUTH2")
    }

    fn registers(&self) -> bool {
        self.text("reg.mode") == Some("dynamic")
    }

    fn separator(&self) -> &str {
        self.text("scope.separator").unwrap_or(" ")
    }

    fn scopes(&self) -> BTreeSet<String> {
        let always = [self.list("scope.required"), self.list("scope.offline_scope")].concat();
        always.into_iter().chain(["read".to_owned(), "write".to_owned()]).collect()
    }

    /// What `resource` must be; none: it must not be there.
    fn resource(&self) -> Option<String> {
        if self.has("authz.audience") {
            return None;
        }
        Some(self.text("authz.resource_param").map_or_else(|| SERVER.to_owned(), filled))
    }

    fn try_authorize(&self, page: &Url) -> Result<Vec<(String, String)>, String> {
        let base = page.as_str().split('?').next().unwrap_or_default();
        expect("the login page", base, &self.authorize_url())?;
        let mut asked: Params = page.query_pairs().into_owned().collect();
        let mut take = |name: &str| asked.remove(name).ok_or_else(|| format!("authorize: {name} is missing"));
        let response_type = self.text("authz.response_type").unwrap_or("code");
        if !self.list("authz.param_dropped").contains(&"response_type".to_owned()) {
            expect("response_type", &take("response_type")?, response_type)?;
        }
        expect("client_id", &take(&self.name("authz.param_renames", "client_id"))?, CLIENT_ID)?;
        let (state, redirect_uri) = (take("state")?, take("redirect_uri")?);
        let mut challenge = None;
        if !self.has("authz.pkce_off") {
            expect("code_challenge_method", &take("code_challenge_method")?, "S256")?;
            challenge = Some(take("code_challenge")?);
        }
        let scope = take("scope")?;
        let scopes: Vec<String> = scope.split(self.separator()).map(str::to_owned).collect();
        expect(
            "scope",
            &format!("{:?}", scopes.iter().cloned().collect::<BTreeSet<_>>()),
            &format!("{:?}", self.scopes()),
        )?;
        if let Some(second) = self.text("authz.second_scope_param") {
            expect(second, &take(second)?, "search:read")?;
        }
        for (name, value) in self.authorize_extras() {
            expect(&name, &take(&name)?, &value)?;
        }
        if self.has("authz.nonce") && take("nonce")?.len() < 8 {
            return Err("authorize: the nonce is too short".to_owned());
        }
        if let Some(resource) = self.resource() {
            expect("resource", &take("resource")?, &resource)?;
        }
        nothing_left("authorize", &asked)?;
        let code = self.next("code");
        let known = Code { challenge, redirect_uri, state: state.clone(), scopes };
        self.state().codes.insert(code.clone(), known);
        let told = self.list("cb.metadata").into_iter().map(|name| (name.clone(), format!("told-{name}")));
        let answer = [(self.text("cb.code_param").unwrap_or("code").to_owned(), code), ("state".to_owned(), state)];
        Ok(answer.into_iter().chain(told).collect())
    }

    fn authorize_extras(&self) -> Params {
        let mut extras = self.members("authz.extra_params");
        let pairs = [self.text("authz.force_consent"), self.text("authz.offline_by_param")].into_iter().flatten();
        extras.extend(pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.into(), value.into())));
        extras.extend(self.text("authz.response_mode").map(|mode| ("response_mode".into(), mode.into())));
        extras.extend(self.text("authz.audience").map(|audience| ("audience".into(), audience.into())));
        extras
    }

    fn try_open(&self, headers: &Params, query: &Params) -> Result<(), String> {
        let (mut headers, mut query) = (headers.clone(), query.clone());
        let place = self.list("res.token_header").into_iter().next();
        let token = match &place {
            Some(header) => headers.remove(header),
            None => headers.remove("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        };
        let token =
            token.ok_or_else(|| format!("request: no token in {}", place.as_deref().unwrap_or("authorization")))?;
        for (name, value) in self.members("res.extra_headers") {
            let value = if value == "templated" { given(&name) } else { value };
            expect(&name, &headers.remove(&name).unwrap_or_default(), &value)?;
        }
        for (name, value) in self.members("res.extra_query") {
            expect(&name, &query.remove(&name).unwrap_or_default(), &value)?;
        }
        nothing_left("request", &headers)?;
        nothing_left("request", &query)?;
        if self.state().access.contains(&token) { Ok(()) } else { Err("request: the token is not valid".to_owned()) }
    }

    fn answer(&self, request: &Request) -> Result<Response, String> {
        let url = request.uri().to_string();
        let base = url.split('?').next().unwrap_or_default().to_owned();
        if base.contains("/.well-known/") {
            return Ok(self.metadata(&base));
        }
        if self.registers() && base == own("/register") {
            return self.register(request);
        }
        if base == own("/revoke") {
            return self.revoke(request);
        }
        if base == "https://api.provider.example/whoami" {
            let token = bearer(request);
            let known = token.is_some_and(|token| self.state().access.contains(&token));
            return if known {
                Ok(answer(200, &json!({"account": "someone"})))
            } else {
                Err("whoami: no token".to_owned())
            };
        }
        let refresh_url = self.refresh_url();
        if url == refresh_url && refresh_url != self.token_url() {
            return self.refresh(request);
        }
        if base != self.token_url() {
            return Err(format!("there is nothing at {url}"));
        }
        match self.params(request)?.get("grant_type").map(String::as_str) {
            Some("refresh_token") if refresh_url != self.token_url() => {
                Err("token: this is not where to refresh".into())
            }
            Some("refresh_token") if self.has("followup.exchange") => self.flow_refresh(request),
            Some("refresh_token") => self.refresh(request),
            Some("client_credentials") if self.has("followup.exchange") => self.second(request),
            _ => self.exchange(request),
        }
    }

    fn metadata(&self, url: &str) -> Response {
        if !self.publishes_metadata() || url != own("/.well-known/oauth-authorization-server") {
            let known = self.publishes_metadata() && url.ends_with("/.well-known/oauth-protected-resource/mcp");
            return if known {
                answer(200, &json!({"resource": SERVER.to_owned(), "authorization_servers": [own("")]}))
            } else {
                answer(404, &json!({}))
            };
        }
        let mut document = json!({
            "issuer": own(""), "authorization_endpoint": self.authorize_url(), "token_endpoint": self.token_url(),
            "revocation_endpoint": own("/revoke"), "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [if self.registers() { "none" } else { "client_secret_post" }],
        });
        if self.registers() {
            document["registration_endpoint"] = json!(own("/register"));
        }
        answer(200, &document)
    }

    fn register(&self, request: &Request) -> Result<Response, String> {
        let asked: Value = serde_json::from_slice(request.body()).map_err(|error| error.to_string())?;
        let demanded = self.0.quirks.get("reg.extra_params").and_then(Value::as_object).into_iter().flatten();
        for (name, value) in demanded {
            expect(name, &asked[name].to_string(), &value.to_string())?;
        }
        Ok(answer(
            201,
            &json!({
                "client_id": CLIENT_ID, "redirect_uris": asked["redirect_uris"], "token_endpoint_auth_method": "none",
            }),
        ))
    }

    /// The parameters of a token request, from the only place where they may be.
    fn params(&self, request: &Request) -> Result<Params, String> {
        if request.method() != "POST" {
            return Err(format!("token: {} instead of POST", request.method()));
        }
        let media = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect::<Params>();
        if self.has("token.transport") {
            return Ok(form(request.uri().query().unwrap_or_default().as_bytes()));
        }
        if self.text("token.body_format") == Some("json") {
            expect("the media type", media, "application/json")?;
            let document: Map<String, Value> =
                serde_json::from_slice(request.body()).map_err(|_| "token: the body is no JSON".to_owned())?;
            return Ok(document
                .into_iter()
                .map(|(name, value)| (name, value.as_str().unwrap_or("").to_owned()))
                .collect());
        }
        expect("the media type", media, "application/x-www-form-urlencoded")?;
        Ok(form(request.body()))
    }

    /// Takes the credentials out of the parameters, which must be as this provider wants them.
    fn authenticate(
        &self,
        kind: Option<&str>,
        request: &Request,
        params: &mut Params,
        renames: &str,
    ) -> Result<(), String> {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (mut id, mut secret) = (false, false);
        let expected = match kind {
            Some("client_secret_basic (body credentials also sent)") => {
                (id, secret) = (true, true);
                basic(CLIENT_ID, CLIENT_SECRET)
            }
            Some("client_secret_basic") => basic(&encoded(CLIENT_ID), &encoded(CLIENT_SECRET)),
            Some(kind) if kind.starts_with("basic(secret as user name") => basic(CLIENT_SECRET, ""),
            Some("none-no-client-id") => String::new(),
            Some("none" | "client_id only") => {
                id = true;
                String::new()
            }
            None if self.registers() => {
                id = true;
                String::new()
            }
            Some(_) | None => {
                (id, secret) = (true, true);
                String::new()
            }
        };
        expect("authorization", header, &expected)?;
        let client_id = self.name(renames, "client_id");
        if id {
            expect(&client_id, &params.remove(&client_id).unwrap_or_default(), CLIENT_ID)?;
        }
        if secret {
            expect("client_secret", &params.remove("client_secret").unwrap_or_default(), CLIENT_SECRET)?;
        }
        Ok(())
    }

    fn exchange(&self, request: &Request) -> Result<Response, String> {
        let mut params = self.params(request)?;
        self.authenticate(self.text("token.client_auth"), request, &mut params, "token.param_renames")?;
        let omitted = self.list("token.omit");
        let mut take = |name: &str| params.remove(name).ok_or_else(|| format!("token: {name} is missing"));
        if !omitted.contains(&"grant_type".to_owned()) {
            expect("grant_type", &take("grant_type")?, "authorization_code")?;
        }
        let code = take(&self.name("token.param_renames", "code"))?;
        let known = self.state().codes.remove(&code).ok_or("token: the code is not known")?;
        if self.has("token.redirect_uri_in") {
            let query = request.uri().query().unwrap_or_default();
            let query: Params = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            expect("redirect_uri", query.get("redirect_uri").map_or("", String::as_str), &known.redirect_uri)?;
        } else if !omitted.contains(&"redirect_uri".to_owned()) {
            expect("redirect_uri", &take("redirect_uri")?, &known.redirect_uri)?;
        }
        if let Some(challenge) = &known.challenge {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(take("code_verifier")?));
            expect("the verifier's digest", &digest, challenge)?;
        }
        if self.has("token.echo_state") {
            expect("state", &take("state")?, &known.state)?;
        }
        let mut extras = self.members("token.extra_params");
        extras.remove("resource");
        for (name, value) in extras {
            expect(&name, &take(&name)?, &value)?;
        }
        if let Some(resource) = self.resource().filter(|_| !self.has("followup.exchange")) {
            expect("resource", &take("resource")?, &resource)?;
        }
        nothing_left("token", &params)?;
        Ok(self.tokens(&known.scopes, true))
    }

    /// A second token, for the client itself.
    fn second(&self, request: &Request) -> Result<Response, String> {
        let mut params = self.params(request)?;
        self.authenticate(None, request, &mut params, "token.param_renames")?;
        params.remove("grant_type");
        expect("scope", &params.remove("scope").unwrap_or_default(), "https://api.second.example/.default")?;
        nothing_left("token", &params)?;
        Ok(self.second_token())
    }

    fn second_token(&self) -> Response {
        let token = self.next("second");
        self.state().access.insert(token.clone());
        answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}))
    }

    /// Where a refresh token gives tokens for two audiences.
    fn flow_refresh(&self, request: &Request) -> Result<Response, String> {
        let params = self.params(request)?;
        if params.get("scope").is_none_or(|scope| scope != "https://tenant.second.example/.default") {
            return self.refresh(request);
        }
        let token = params.get("refresh_token").cloned().unwrap_or_default();
        if !self.state().refresh.contains_key(&token) {
            return Err("second token: the refresh token is not valid".to_owned());
        }
        Ok(self.second_token())
    }

    fn refresh(&self, request: &Request) -> Result<Response, String> {
        let mut params = self.params(request)?;
        let kind = self.text("refresh.client_auth").or_else(|| self.text("token.client_auth"));
        self.authenticate(kind, request, &mut params, "refresh.param_renames")?;
        let mut take = |name: &str| params.remove(name).ok_or_else(|| format!("refresh: {name} is missing"));
        if !self.list("refresh.omit").contains(&"grant_type".to_owned()) {
            expect("grant_type", &take("grant_type")?, "refresh_token")?;
        }
        let token = take("refresh_token")?;
        let mut extras = self.members("refresh.extra_params");
        extras.remove("resource");
        if let Some(scope) = extras.remove("scope") {
            let said = take("scope")?;
            if !said.split(self.separator()).any(|said| said == scope) {
                return Err(format!("refresh: scope is {said:?}, without {scope:?}"));
            }
        }
        for (name, value) in extras {
            expect(&name, &take(&name)?, &value)?;
        }
        let by_steps = self.has("followup.exchange") || self.has("refresh.multi");
        if let Some(resource) = self.resource().filter(|_| !by_steps) {
            expect("resource", &take("resource")?, &resource)?;
        }
        nothing_left("refresh", &params)?;
        let keeps = self.has("refresh.response_omits_refresh_token");
        let ends = self.state().refresh.get(&token).copied().ok_or("refresh: the refresh token is not valid")?;
        let margin = self.0.quirks.get("refresh.margin_seconds").and_then(Value::as_u64);
        if margin.is_some_and(|margin| self.now() + margin < ends) {
            return Err("refresh: too early".to_owned());
        }
        if !keeps {
            self.state().refresh.remove(&token);
        }
        self.state().refreshes += 1;
        if self.has("refresh.multi") {
            return Ok(answer(200, &self.token("", &self.scopes().into_iter().collect::<Vec<_>>(), true)));
        }
        Ok(self.tokens(&self.scopes().into_iter().collect::<Vec<_>>(), !keeps))
    }

    fn revoke(&self, request: &Request) -> Result<Response, String> {
        if self.has("revoke.custom") {
            let token = bearer(request).ok_or("revoke: no token")?;
            if !request.body().is_empty() {
                return Err("revoke: there is a body".to_owned());
            }
            if !self.state().access.remove(&token) {
                return Err("revoke: the token is not known".to_owned());
            }
        } else {
            let mut params: Params = url::form_urlencoded::parse(request.body()).into_owned().collect();
            self.authenticate(self.text("token.client_auth"), request, &mut params, "none")?;
            params.remove("token_type_hint");
            let token = params.remove("token").ok_or("revoke: token is missing")?;
            nothing_left("revoke", &params)?;
            let mut state = self.state();
            if state.refresh.remove(&token).is_none() && !state.access.remove(&token) {
                return Err("revoke: the token is not known".to_owned());
            }
        }
        self.state().revoked += 1;
        Ok(answer(200, &json!({})))
    }

    fn tokens(&self, scopes: &[String], with_refresh: bool) -> Response {
        let mut document = json!({});
        let path = self.text("resp.path");
        if path.is_none() || self.has("refresh.multi") {
            document = self.token("", scopes, with_refresh);
        }
        if let Some(path) = path {
            document[path] = self.token("", scopes, with_refresh);
        }
        if self.has("resp.error_in_200") {
            document["ok"] = json!(true);
        }
        for name in self.list("resp.metadata") {
            let told = json!(format!("told-{}", name.replace('.', "-")));
            match name.split_once('.') {
                Some((outer, inner)) => document[outer][inner] = told,
                None => document[name.as_str()] = told,
            }
        }
        answer(200, &document)
    }

    fn token(&self, _: &str, scopes: &[String], with_refresh: bool) -> Value {
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        let ends = self.now() + LIFETIME;
        let mut token = json!({"access_token": access, "token_type": "Bearer", "scope": scopes.join(self.separator())});
        if self.has("resp.expires_absolute") {
            token["access_token_expiration"] = json!(ends);
        } else if !self.has("resp.expires_unknown") && !self.has("resp.expires_missing_default") {
            token["expires_in"] = json!(LIFETIME);
        }
        let mut state = self.state();
        state.access.insert(access);
        if with_refresh {
            token["refresh_token"] = json!(refresh);
            state.refresh.insert(refresh, ends);
        }
        token
    }

    fn now(&self) -> u64 {
        self.0.time.load(Ordering::Relaxed)
    }

    fn next(&self, kind: &str) -> String {
        let mut state = self.state();
        state.issued += 1;
        format!("{kind}-{}", state.issued)
    }
}

impl StandIn for Deviant {
    fn answer(&self, request: Request) -> BoxFuture<'_, Result<Response, EgressError>> {
        Box::pin(async move {
            let refused = |_| answer(400, &json!({"error": "invalid_request"}));
            Ok(self.noted(Self::answer(self, &request)).unwrap_or_else(refused))
        })
    }
}

/// An address of the authority itself.
fn own(path: &str) -> String {
    format!("https://login.provider.example{path}")
}

fn filled(text: &str) -> String {
    match text.split_once("${connectionConfig.").and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (key, after))) => format!("{before}{}{after}", given(key)),
        None => text.to_owned(),
    }
}

fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(str::to_owned)
}

fn expect(what: &str, said: &str, wanted: &str) -> Result<(), String> {
    if said == wanted { Ok(()) } else { Err(format!("{what} is {said:?}, not {wanted:?}")) }
}

fn nothing_left(what: &str, params: &Params) -> Result<(), String> {
    if params.is_empty() { Ok(()) } else { Err(format!("{what}: not known: {params:?}")) }
}

fn answer(status: u16, document: &Value) -> Response {
    let response = axum::http::Response::builder().status(status).header("content-type", "application/json");
    response.body(document.to_string().into_bytes()).expect("a response")
}
