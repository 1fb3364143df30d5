//! Which address is what; metadata, registration, revocation.

use serde_json::{Value, json};

use super::addresses::{api, own};
use super::request::{BARE, FORM, JSON, Sent, bearer, beyond, expect, expect_kind, form, nothing_left};
use super::state::Deviant;
use super::terms::{CLIENT_ID, Request, Response, answer};

impl Deviant {
    pub(super) fn respond(&self, request: &Request) -> Result<Response, String> {
        let quirks = self.quirks();
        let (url, token_url, refresh_url) = (request.uri().to_string(), quirks.token_url(), quirks.refresh_url());
        if url.contains("/.well-known/") {
            return self.metadata(request, &url);
        }
        if quirks.registers() && url == own("/register") {
            return self.register(request);
        }
        if url == own("/revoke") {
            return self.revoke(request);
        }
        if url.starts_with(&api("")) {
            return self.look_up(request);
        }
        if refresh_url != token_url && beyond(&url, &refresh_url).is_some() {
            return self.refresh(request, Sent::read(request, &refresh_url, quirks)?);
        }
        if beyond(&url, &token_url).is_some() {
            return self.token(request, Sent::read(request, &token_url, quirks)?);
        }
        Err(format!("there is nothing at {url}"))
    }

    fn metadata(&self, request: &Request, url: &str) -> Result<Response, String> {
        expect_kind(request, "GET", BARE)?;
        let (quirks, server) = (self.quirks(), self.server());
        let of_server = server.strip_suffix("/mcp").unwrap_or_default();
        if !quirks.publishes_metadata() {
            return Ok(answer(404, &json!({})));
        }
        if url == format!("{of_server}/.well-known/oauth-protected-resource/mcp") {
            return Ok(answer(200, &json!({"resource": server, "authorization_servers": [own("")]})));
        }
        if url != own("/.well-known/oauth-authorization-server") {
            return Ok(answer(404, &json!({})));
        }
        let mut document = json!({
            "issuer": own(""), "authorization_endpoint": quirks.authorize_url(), "token_endpoint": quirks.token_url(),
            "revocation_endpoint": own("/revoke"), "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [if quirks.registers() { "none" } else { "client_secret_post" }],
        });
        if quirks.registers() {
            document["registration_endpoint"] = json!(own("/register"));
        }
        Ok(answer(200, &document))
    }

    /// RFC 7591: people are sent back to the places that the client registers, and to no other.
    fn register(&self, request: &Request) -> Result<Response, String> {
        expect_kind(request, "POST", JSON)?;
        let asked: Value = serde_json::from_slice(request.body()).map_err(|error| error.to_string())?;
        for (name, value) in self.quirks().object("reg.extra_params") {
            expect(name, &asked[name.as_str()].to_string(), &value.to_string())?;
        }
        let uris = asked["redirect_uris"].as_array().into_iter().flatten();
        let uris: Vec<String> = uris.filter_map(Value::as_str).map(str::to_owned).collect();
        if uris.is_empty() {
            return Err("register: there is no redirect URI".to_owned());
        }
        self.state().registered.clone_from(&uris);
        let client = json!({"client_id": CLIENT_ID, "redirect_uris": uris, "token_endpoint_auth_method": "none"});
        Ok(answer(201, &client))
    }

    fn revoke(&self, request: &Request) -> Result<Response, String> {
        if self.quirks().has("revoke.custom") {
            expect_kind(request, "POST", BARE)?;
            let token = bearer(request).ok_or("revoke: no token")?;
            self.state().access.remove(&token).ok_or("revoke: the token is not known")?;
        } else {
            expect_kind(request, "POST", FORM)?;
            let mut params = form("revoke", request.body())?;
            self.authenticate(self.quirks().text("token.client_auth"), request, (&mut params, "none"))?;
            let token = params.remove("token").ok_or("revoke: token is missing")?;
            let hint = params.remove("token_type_hint").unwrap_or_default();
            nothing_left("revoke", &params)?;
            expect("token_type_hint", &hint, self.forget(&token)?)?;
        }
        self.state().revoked += 1;
        Ok(answer(200, &json!({})))
    }

    /// Ends a token. What kind it was of.
    fn forget(&self, token: &str) -> Result<&'static str, String> {
        let mut state = self.state();
        if state.refresh.remove(token).is_some() {
            Ok("refresh_token")
        } else if state.access.remove(token).is_some() {
            Ok("access_token")
        } else {
            Err("revoke: the token is not known".to_owned())
        }
    }
}
