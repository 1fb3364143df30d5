//! Clients: how they register (RFC 7591) and prove who they are (RFC 6749 §2.3).

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::call::{Call, Form, get, json_answer, patch, with_status};
use super::shape::Clients;
use super::state::{CLIENT_ID, CLIENT_SECRET, Habit, ODD_CLIENT_ID, ODD_CLIENT_SECRET, Registered};

/// The clients that were set up by hand.
pub(super) fn from_the_start() -> BTreeMap<String, Registered> {
    let client = |secret: &str| Registered {
        secret: Some(secret.to_owned()),
        method: "client_secret_basic".to_owned(),
        redirect_uris: None,
        refreshes: true,
        management: None,
    };
    let clients = [(CLIENT_ID, CLIENT_SECRET), (ODD_CLIENT_ID, ODD_CLIENT_SECRET)];
    clients.into_iter().map(|(id, secret)| (id.to_owned(), client(secret))).collect()
}

impl Call<'_> {
    pub(super) fn register(&self) -> Response {
        let demanded = self.state.lock().initial_access_token.clone();
        if demanded.is_some_and(|token| self.header(header::AUTHORIZATION) != format!("Bearer {token}")) {
            let sent = self.header(header::AUTHORIZATION).to_owned();
            let answer = json_answer(&json!({"error": "invalid_token", "error_description": self.description(&sent)}));
            return with_status(StatusCode::UNAUTHORIZED, answer);
        }
        if self.state.lock().has(Habit::ListedClientsOnly) {
            return (StatusCode::FORBIDDEN, "this client is not on the list").into_response();
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let on_loopback = |uri: &str| Url::parse(uri).is_ok_and(|url| url.host_str() == Some("127.0.0.1"));
        let uris = body["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if self.state.lock().has(Habit::LoopbackOnly) && !uris.clone().all(on_loopback) {
            return with_status(StatusCode::BAD_REQUEST, json_answer(&json!({"error": "invalid_redirect_uri"})));
        }
        let Some(mut client) = self.acceptable(&body) else {
            return with_status(StatusCode::BAD_REQUEST, json_answer(&json!({"error": "invalid_client_metadata"})));
        };
        let id = self.state.fresh("client");
        let mut answer = body;
        answer["client_id"] = json!(id);
        answer["token_endpoint_auth_method"] = json!(client.method);
        if client.method != "none" {
            self.give_secret(&id, &mut client, &mut answer);
        }
        patch(&mut answer, &self.state.lock().registration);
        self.state.lock().clients.insert(id, client);
        with_status(StatusCode::CREATED, json_answer(&answer))
    }

    fn give_secret(&self, id: &str, client: &mut Registered, answer: &mut Value) {
        let (secret, token) = (self.state.fresh("secret"), self.state.fresh("management"));
        answer["client_secret"] = json!(secret);
        answer["client_secret_expires_at"] = json!(self.state.lock().secrets_end_at);
        answer["registration_client_uri"] = json!(format!("{}/register/{id}", self.state.origin));
        answer["registration_access_token"] = json!(token);
        (client.secret, client.management) = (Some(secret), Some(token));
    }

    /// RFC 7592 §2.2: a new secret and a new token for the same client, the old ones end.
    pub(super) fn manage(&self, id: &str) -> Response {
        let known = self.state.lock().clients.get(id).cloned();
        let refuses = self.state.lock().has(Habit::RefusesManagement);
        let token = self.header(header::AUTHORIZATION).strip_prefix("Bearer ");
        let Some(client) = known.filter(|client| !refuses && token.is_some() && client.management.as_deref() == token)
        else {
            return StatusCode::UNAUTHORIZED.into_response();
        };
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let forbidden = ["registration_client_uri", "registration_access_token", "client_secret_expires_at"];
        let right = body["client_id"] == json!(id) && forbidden.iter().all(|name| body.get(*name).is_none());
        let Some(mut renewed) = self.acceptable(&body).filter(|_| right) else {
            return with_status(StatusCode::BAD_REQUEST, json_answer(&json!({"error": "invalid_client_metadata"})));
        };
        let mut answer = body;
        renewed.method.clone_from(&client.method);
        self.give_secret(id, &mut renewed, &mut answer);
        self.state.lock().clients.insert(id.to_owned(), renewed);
        json_answer(&answer)
    }

    /// RFC 7591 §2: what is left out has the RFC's default, and an unknown scope is refused.
    fn acceptable(&self, body: &Value) -> Option<Registered> {
        let list = |name: &str| -> Option<Vec<String>> {
            body.get(name)?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let redirect_uris = list("redirect_uris").filter(|uris| !uris.is_empty())?;
        let grants = list("grant_types").unwrap_or_else(|| vec!["authorization_code".into()]);
        let method = body["token_endpoint_auth_method"].as_str().unwrap_or("client_secret_basic").to_owned();
        let known_method = ["client_secret_basic", "client_secret_post", "none"].contains(&method.as_str());
        let scopes = body["scope"].as_str().unwrap_or_default();
        let known_scopes = scopes.split_whitespace().all(|scope| self.state.shape.scopes.contains(&scope));
        let right = known_method && known_scopes && grants.iter().any(|grant| grant == "authorization_code");
        let refreshes = grants.iter().any(|grant| grant == "refresh_token");
        right.then_some(Registered {
            secret: None,
            method,
            redirect_uris: Some(redirect_uris),
            refreshes,
            management: None,
        })
    }

    /// The client that a form comes from, if it proves that.
    pub(super) fn client(&self, form: &Form) -> Option<(String, Registered)> {
        let refuses = self.state.lock().refuses_secret;
        let basic = self.header(header::AUTHORIZATION).strip_prefix("Basic ").map(decoded);
        let (id, secret, method) = match &basic {
            Some(_) if form.contains_key("client_secret") => return None,
            Some(credentials) => {
                let (id, secret) = credentials.as_ref()?;
                (id.as_str(), secret.as_str(), "client_secret_basic")
            }
            None if form.contains_key("client_secret") => {
                (get(form, "client_id"), get(form, "client_secret"), "client_secret_post")
            }
            None => (get(form, "client_id"), "", "none"),
        };
        let client = self.state.lock().clients.get(id).cloned()?;
        let right_way = match self.state.shape.clients {
            Clients::AsRegistered => client.method == method,
            Clients::SecretInBody => method == "client_secret_post",
        };
        let right = right_way && client.secret.clone().unwrap_or_default() == secret && !refuses;
        right.then(|| (id.to_owned(), client))
    }

    /// Whether a request comes from the client that was set up by hand, by its raw id and secret.
    pub(super) fn is_the_application(&self) -> bool {
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        self.header(header::AUTHORIZATION) == basic
    }

    /// RFC 7009.
    pub(super) fn revoke(&self) -> Response {
        let Some(form) = self.form() else { return StatusCode::BAD_REQUEST.into_response() };
        if self.client(&form).is_none() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let mut inner = self.state.lock();
        inner.access.remove(get(&form, "token"));
        inner.refresh.remove(get(&form, "token"));
        StatusCode::OK.into_response()
    }

    /// By the application's own id and secret.
    pub(super) fn delete_token(&self) -> Response {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let token = body["access_token"].as_str().unwrap_or_default();
        if !self.is_the_application() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let gone = self.state.lock().access.remove(token).is_none();
        if gone { StatusCode::NOT_FOUND.into_response() } else { StatusCode::NO_CONTENT.into_response() }
    }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
fn decoded(basic: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}
