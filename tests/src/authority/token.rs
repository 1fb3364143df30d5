//! The token endpoint: codes that are good once, refresh tokens that rotate.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::call::{Call, Form, get, json_answer, patch, with_status};
use super::state::{Access, Fault, Habit, Inner, Refresh, Registered};

/// What tokens are issued for.
struct Issued {
    client: String,
    scope: String,
    family: u64,
}

/// How long a token lives unless told otherwise, seconds.
const HOUR: u64 = 3600;

impl Call<'_> {
    pub(super) fn token(&self) -> Response {
        if let Some(fault) = self.state.lock().faults.pop_front() {
            return faulty(fault);
        }
        let Some(form) = self.form() else { return self.error("invalid_request", "") };
        let told = ["code_verifier", "client_assertion", "assertion"].map(|name| get(&form, name).to_owned());
        self.state.lock().secrets.extend(told.into_iter().filter(|secret| !secret.is_empty()));
        let Some((id, client)) = self.client(&form) else {
            let is_grant = self.state.lock().has(Habit::UnknownClientIsInvalidGrant);
            return match (self.state.shape.errors_with_200, is_grant) {
                (true, _) => self.error("incorrect_client_credentials", ""),
                (false, true) => self.error("invalid_grant", ""),
                (false, false) => self.error("invalid_client", ""),
            };
        };
        if self.state.shape.resource && get(&form, "resource") != self.state.resource() {
            return self.error("invalid_target", "");
        }
        if self.state.shape.refuses_resource && form.contains_key("resource") {
            return self.error("invalid_target", "");
        }
        let issued = match get(&form, "grant_type") {
            "authorization_code" => self.of_code(&id, &form),
            "refresh_token" => self.of_refresh_token(&id, &form),
            "client_credentials" if client.secret.is_some() => Ok(self.of_client(&id, &form)),
            _ => Err("unsupported_grant_type"),
        };
        match issued {
            Ok(issued) => self.issue(issued, &client),
            Err(error) => self.error(error, &String::from_utf8_lossy(&self.body)),
        }
    }

    /// RFC 6749 §4.1.3, RFC 7636 §4.6. A code that comes twice ends what it gave (RFC 6749 §10.5).
    fn of_code(&self, id: &str, form: &Form) -> Result<Issued, &'static str> {
        let wrong = if self.state.shape.errors_with_200 { "bad_verification_code" } else { "invalid_grant" };
        let mut inner = self.state.lock();
        inner.next += 1;
        let family = inner.next;
        let code = inner.codes.get_mut(get(form, "code")).ok_or(wrong)?;
        if let Some(family) = code.used.replace(family) {
            end(&mut inner, family);
            return Err(wrong);
        }
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get(form, "code_verifier").as_bytes()));
        let right = challenge == code.challenge && get(form, "redirect_uri") == code.redirect_uri && id == code.client;
        right.then(|| Issued { client: id.to_owned(), scope: code.scope.clone(), family }).ok_or(wrong)
    }

    /// RFC 6749 §4.4: for confidential clients only.
    fn of_client(&self, id: &str, form: &Form) -> Issued {
        let mut inner = self.state.lock();
        inner.next += 1;
        Issued { client: id.to_owned(), scope: get(form, "scope").to_owned(), family: inner.next }
    }

    /// RFC 6749 §6, RFC 9700 §4.14.2: a refresh token that comes twice ends its family.
    fn of_refresh_token(&self, id: &str, form: &Form) -> Result<Issued, &'static str> {
        let wrong = if self.state.shape.errors_with_200 { "bad_refresh_token" } else { "invalid_grant" };
        let kills = self.state.shape.refresh_kills_access;
        let mut inner = self.state.lock();
        let token =
            inner.refresh.get_mut(get(form, "refresh_token")).filter(|token| token.client == id).ok_or(wrong)?;
        let family = token.family;
        if std::mem::replace(&mut token.used, true) {
            inner.reused += 1;
            end(&mut inner, family);
            return Err(wrong);
        }
        let scope = token.scope.clone();
        if kills {
            inner.access.retain(|_, access| access.family != family);
        }
        Ok(Issued { client: id.to_owned(), scope, family })
    }

    fn issue(&self, issued: Issued, client: &Registered) -> Response {
        let (access, refresh) = (self.state.fresh("access"), self.state.fresh("refresh"));
        let shape = &self.state.shape;
        let scopes: Vec<&str> = issued.scope.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
        let mut answer =
            json!({"access_token": access, "token_type": "bearer", "scope": scopes.join(shape.scope_separator)});
        let mut inner = self.state.lock();
        if inner.has(Habit::RepeatsSecrets) {
            let sent = url::form_urlencoded::parse(&self.body).into_owned();
            let sent: Vec<String> = sent.map(|(_, value)| value).filter(|value| value.len() > 30).collect();
            answer["copy"] = json!(access);
            answer["within"] = json!({"link": format!("https://a.example/?k={access}"), "sent": sent.join(" and ")});
        }
        let tokens = inner.tokens.clone();
        let lifetime = inner.lifetime;
        let ends = lifetime.map(|lifetime| Instant::now() + lifetime);
        inner.access.insert(access, Access { family: issued.family, ends });
        if shape.tokens_end || lifetime.is_some() {
            answer["expires_in"] = json!(lifetime.map_or(HOUR, |lifetime| lifetime.as_secs()));
            if client.refreshes {
                answer["refresh_token"] = json!(refresh);
                let Issued { client, scope, family } = issued;
                inner.refresh.insert(refresh, Refresh { family, client, scope, used: false });
            }
        }
        drop(inner);
        patch(&mut answer, &tokens);
        self.shaped(&answer)
    }

    /// As a form unless JSON is asked for by name, where that is its habit.
    fn shaped(&self, answer: &Value) -> Response {
        let wants_json = self.header(header::ACCEPT).contains("application/json");
        if !self.state.shape.form_answers || wants_json {
            return json_answer(answer);
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = answer.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded")], form).into_response()
    }

    fn error(&self, code: &str, sent: &str) -> Response {
        let answer = self.shaped(&json!({"error": code, "error_description": self.description(sent)}));
        match (self.state.shape.errors_with_200, code) {
            (true, _) => answer,
            (false, "invalid_client") => with_status(StatusCode::UNAUTHORIZED, answer),
            (false, _) => with_status(StatusCode::BAD_REQUEST, answer),
        }
    }

    /// What an error says; with what was sent, where it was told to.
    pub(super) fn description(&self, sent: &str) -> String {
        if self.state.lock().echoes { format!("you sent {sent}") } else { "a sentence".to_owned() }
    }
}

fn faulty(fault: Fault) -> Response {
    let broken = std::io::Error::other("the connection ends here");
    let start = Bytes::from_static(b"{\"access_token\":");
    match fault {
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Page => ([(header::CONTENT_TYPE, "text/html")], "<html>one moment, please</html>").into_response(),
        Fault::Truncated => ([(header::CONTENT_TYPE, "application/json")], start).into_response(),
        Fault::Dropped => Body::from_stream(futures::stream::iter([Ok(start), Err(broken)])).into_response(),
    }
}

/// Ends all tokens of a family.
fn end(inner: &mut Inner, family: u64) {
    inner.access.retain(|_, access| access.family != family);
    inner.refresh.retain(|_, refresh| refresh.family != family);
}
