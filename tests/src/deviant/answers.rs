//! What is answered: tokens, and refusals.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::account::Lookup;
use super::request::beyond;
use super::state::Deviant;
use super::terms::{ACCOUNT, LIFETIME, Request, Response, answer};

impl Deviant {
    /// The answer to a request that is refused.
    pub(super) fn refusal(&self, request: &Request) -> Response {
        let url = request.uri().to_string();
        match self.quirks().disguise() {
            Some((name, value)) if beyond(&url, &self.quirks().token_url()).is_some() => {
                answer(200, &json!({name: value}))
            }
            Some(_) | None => answer(400, &json!({"error": "invalid_request"})),
        }
    }

    /// The tokens of a grant.
    pub(super) fn tokens(&self, scopes: &[String], with_refresh: bool) -> Response {
        let quirks = self.quirks();
        let mut document = json!({});
        let path = quirks.text("resp.path");
        if path.is_none() || quirks.has("resp.multi_token") {
            document = self.one_token(scopes, with_refresh);
        }
        if let Some(path) = path {
            document[path] = self.one_token(scopes, with_refresh);
        }
        if let Some((name, value)) = quirks.disguise() {
            document[name] = json!(!value);
        }
        for name in quirks.list("resp.metadata") {
            let told = json!(quirks.told(&name));
            match name.split_once('.') {
                Some((outer, inner)) => document[outer][inner] = told,
                None => document[name.as_str()] = told,
            }
        }
        if let Some(Lookup::Member(name)) = Lookup::of(quirks) {
            document[name.as_str()] = json!(ACCOUNT);
        }
        answer(200, &document)
    }

    /// One token by itself.
    pub(super) fn one_token(&self, scopes: &[String], with_refresh: bool) -> Value {
        let quirks = self.quirks();
        let (access, refresh) = (self.access_token(), self.next("refresh"));
        let ends = self.now() + quirks.lifetime();
        let mut token = Map::new();
        let mut tell = |standard: &str, value: Value| token.insert(quirks.member(standard), value);
        tell("access_token", json!(access));
        tell("token_type", json!("Bearer"));
        tell("scope", json!(scopes.join(quirks.separator())));
        if with_refresh {
            tell("refresh_token", json!(refresh));
        }
        if quirks.has("resp.expires_absolute") {
            tell("expires_at", json!(ends));
        } else if quirks.has("resp.expires_fixed") {
            // It lives as long as it lives, whatever is told.
            tell("expires_in", json!(2 * quirks.lifetime()));
        } else if !quirks.has("resp.expires_unknown") && !quirks.has("resp.expires_missing_default") {
            tell("expires_in", json!(LIFETIME));
        }
        let mut state = self.state();
        state.access.insert(access, ends);
        if with_refresh {
            state.refresh.insert(refresh, ends);
        }
        Value::Object(token)
    }

    fn access_token(&self) -> String {
        let name = self.next("access");
        match Lookup::of(self.quirks()) {
            Some(Lookup::Claim(claim)) => {
                let claims = URL_SAFE_NO_PAD.encode(json!({claim: ACCOUNT}).to_string());
                format!("e30.{claims}.{name}")
            }
            Some(_) | None => name,
        }
    }

    /// A second token, for another audience.
    pub(super) fn second_token(&self) -> Response {
        let token = self.next("second");
        self.state().access.insert(token.clone(), self.now() + LIFETIME);
        answer(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}))
    }
}
