//! The token endpoint: codes and refresh tokens for tokens, and whose client it is.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::request::{Sent, expect, header};
use super::state::Deviant;
use super::terms::{CLIENT_ID, CLIENT_SECRET, Params, Request, Response, answer};

/// What further tokens are for.
const SECOND_API: &str = "https://api.second.example/.default";
const SECOND_TENANT: &str = "https://tenant.second.example/.default";

impl Deviant {
    pub(super) fn token(&self, request: &Request, sent: Sent) -> Result<Response, String> {
        let quirks = self.quirks();
        let (grant, scope) = (sent.params.get("grant_type"), sent.params.get("scope"));
        let has_second = quirks.has("followup.exchange");
        match grant.map(String::as_str) {
            Some("refresh_token") if quirks.refresh_url() != quirks.token_url() => {
                Err("token: this is not where to refresh".to_owned())
            }
            Some("refresh_token") if has_second && scope.is_some_and(|scope| scope == SECOND_TENANT) => {
                self.second_of_tenant(request, sent)
            }
            Some("refresh_token") => self.refresh(request, sent),
            Some("client_credentials") if has_second => self.second_of_client(request, sent),
            Some(_) | None => self.exchange(request, sent),
        }
    }

    /// Takes the credentials out of the parameters, which must be as this provider wants them.
    pub(super) fn authenticate(
        &self,
        kind: Option<&str>,
        request: &Request,
        (params, renames): (&mut Params, &str),
    ) -> Result<(), String> {
        let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let bare = String::new;
        let (id, secret, header_wanted) = match kind {
            Some("client_secret_basic (body credentials also sent)") => (true, true, basic(CLIENT_ID, CLIENT_SECRET)),
            Some("client_secret_basic") => (false, false, basic(&encoded(CLIENT_ID), &encoded(CLIENT_SECRET))),
            Some(kind) if kind.starts_with("basic(secret as user name") => (false, false, basic(CLIENT_SECRET, "")),
            Some("none-no-client-id") => (false, false, bare()),
            Some("none" | "client_id only") => (true, false, bare()),
            None if self.quirks().registers() => (true, false, bare()),
            Some(_) | None => (true, true, bare()),
        };
        expect("authorization", header(request, "authorization"), &header_wanted)?;
        let client_id = self.quirks().name(renames, "client_id");
        if id {
            expect(&client_id, &params.remove(&client_id).unwrap_or_default(), CLIENT_ID)?;
        }
        if secret {
            expect("client_secret", &params.remove("client_secret").unwrap_or_default(), CLIENT_SECRET)?;
        }
        Ok(())
    }

    fn exchange(&self, request: &Request, mut sent: Sent) -> Result<Response, String> {
        let quirks = self.quirks();
        self.authenticate(quirks.text("token.client_auth"), request, (&mut sent.params, "token.param_renames"))?;
        if !quirks.lists("token.omit", "grant_type") {
            sent.expect("grant_type", "authorization_code")?;
        }
        let code = sent.take(&quirks.name("token.param_renames", "code"))?;
        let known = self.state().codes.remove(&code).ok_or("token: the code is not known")?;
        if quirks.has("token.redirect_uri_in") {
            let said = sent.query.remove("redirect_uri").unwrap_or_default();
            expect("redirect_uri in the query", &said, &known.redirect_uri)?;
        } else if !quirks.lists("token.omit", "redirect_uri") {
            sent.expect("redirect_uri", &known.redirect_uri)?;
        }
        if let Some(challenge) = &known.challenge {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(sent.take("code_verifier")?));
            expect("the verifier's digest", &digest, challenge)?;
        }
        if quirks.has("token.echo_state") {
            sent.expect("state", &known.state)?;
        }
        let mut extras = quirks.members("token.extra_params");
        extras.extend(quirks.resource().map(|resource| ("resource".to_owned(), resource)));
        for (name, value) in extras {
            sent.expect(&name, &value)?;
        }
        sent.end()?;
        Ok(self.tokens(&known.scopes, true))
    }

    /// A second token, for the client itself.
    fn second_of_client(&self, request: &Request, mut sent: Sent) -> Result<Response, String> {
        let kind = self.quirks().text("token.client_auth");
        self.authenticate(kind, request, (&mut sent.params, "token.param_renames"))?;
        sent.expect("grant_type", "client_credentials")?;
        sent.expect("scope", SECOND_API)?;
        sent.end()?;
        Ok(self.second_token())
    }

    /// A second token, from the refresh token of the first, which stays.
    fn second_of_tenant(&self, request: &Request, mut sent: Sent) -> Result<Response, String> {
        let kind = self.quirks().text("token.client_auth");
        self.authenticate(kind, request, (&mut sent.params, "token.param_renames"))?;
        sent.expect("grant_type", "refresh_token")?;
        sent.expect("scope", SECOND_TENANT)?;
        let token = sent.take("refresh_token")?;
        sent.end()?;
        if !self.state().refresh.contains_key(&token) {
            return Err("second token: the refresh token is not valid".to_owned());
        }
        Ok(self.second_token())
    }

    pub(super) fn refresh(&self, request: &Request, mut sent: Sent) -> Result<Response, String> {
        let quirks = self.quirks();
        let kind = quirks.text("refresh.client_auth").or_else(|| quirks.text("token.client_auth"));
        self.authenticate(kind, request, (&mut sent.params, "refresh.param_renames"))?;
        if !quirks.lists("refresh.omit", "grant_type") {
            sent.expect("grant_type", "refresh_token")?;
        }
        let token = sent.take("refresh_token")?;
        let mut extras = quirks.members("refresh.extra_params");
        if let Some(scope) = extras.remove("scope") {
            let said = sent.take("scope")?;
            if !said.split(quirks.separator()).any(|said| said == scope) {
                return Err(format!("refresh: scope is {said:?}, without {scope:?}"));
            }
        }
        extras.extend(quirks.resource().map(|resource| ("resource".to_owned(), resource)));
        for (name, value) in extras {
            sent.expect(&name, &value)?;
        }
        sent.end()?;
        self.renewed(&token)
    }

    /// New tokens for a refresh token, which ends unless it is to be kept.
    fn renewed(&self, token: &str) -> Result<Response, String> {
        let quirks = self.quirks();
        let keeps = quirks.has("refresh.response_omits_refresh_token");
        let ends = self.state().refresh.get(token).copied().ok_or("refresh: the refresh token is not valid")?;
        if quirks.number("refresh.margin_seconds").is_some_and(|margin| self.now() + margin < ends) {
            return Err("refresh: too early".to_owned());
        }
        if !keeps {
            self.state().refresh.remove(token);
        }
        self.state().refreshes += 1;
        let scopes: Vec<String> = quirks.scopes().into_iter().collect();
        if quirks.has("refresh.multi") {
            return Ok(answer(200, &self.one_token(&scopes, true)));
        }
        Ok(self.tokens(&scopes, !keeps))
    }
}
