//! One request: which endpoint it is for, and what it carries.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::shape::{Account, Registration, Revocation};
use super::state::{CLIENT_ID, Habit, Shared};

pub(super) struct Call<'a> {
    pub(super) state: &'a Shared,
    pub(super) head: &'a Parts,
    pub(super) body: Bytes,
}

/// Parameters by name.
pub(super) type Form = BTreeMap<String, String>;

impl Call<'_> {
    pub(super) fn answer(&self) -> Response {
        let shape = &self.state.shape;
        let deletion = format!("/api/v3/applications/{CLIENT_ID}/token");
        match (self.head.method.as_str(), self.head.uri.path()) {
            (_, "/mcp") => self.mcp(),
            ("GET", "/.well-known/oauth-protected-resource/mcp") => self.protected_resource(),
            ("GET", path)
                if shape.metadata && path == format!("/.well-known/{}{}", self.metadata_name(), shape.issuer) =>
            {
                self.metadata()
            }
            ("POST", "/register") if shape.registration == Registration::Open => self.register(),
            ("PUT", path) if path.starts_with("/register/") => self.manage(path.trim_start_matches("/register/")),
            ("GET", path) if path == shape.authorize => self.authorize(),
            ("POST", path) if path == shape.token => self.token(),
            ("POST", "/revoke") if shape.revocation == Revocation::Rfc7009 => self.revoke(),
            ("DELETE", path) if shape.revocation == Revocation::DeleteToken && path == deletion => self.delete_token(),
            ("GET", "/api/v3/user") if shape.account == Account::Rest => self.user(),
            ("POST", "/graphql") if shape.account == Account::GraphQl => self.graphql(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn protected_resource(&self) -> Response {
        let mut document = json!({
            "resource": self.state.resource(),
            "authorization_servers": [self.state.issuer()],
            "scopes_supported": self.state.shape.scopes,
        });
        patch(&mut document, &self.state.lock().resource);
        json_answer(&document)
    }

    fn metadata_name(&self) -> &'static str {
        let is_openid = self.state.lock().has(Habit::OpenIdOnly);
        if is_openid { "openid-configuration" } else { "oauth-authorization-server" }
    }

    fn metadata(&self) -> Response {
        let origin = &self.state.origin;
        let mut document = json!({
            "issuer": self.state.issuer(),
            "authorization_endpoint": format!("{origin}{}", self.state.shape.authorize),
            "token_endpoint": format!("{origin}{}", self.state.shape.token),
            "registration_endpoint": format!("{origin}/register"),
            "revocation_endpoint": format!("{origin}/revoke"),
            "code_challenge_methods_supported": ["S256"],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        });
        patch(&mut document, &self.state.lock().metadata);
        json_answer(&document)
    }

    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The query, if no name comes twice (RFC 6749 §3.1).
    pub(super) fn query(&self) -> Option<Form> {
        once_each(self.head.uri.query().unwrap_or_default().as_bytes())
    }

    /// The body as a form, if it says that it is one and no name comes twice (RFC 6749 §3.2).
    pub(super) fn form(&self) -> Option<Form> {
        let declared = self.header(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded");
        declared.then(|| once_each(&self.body)).flatten()
    }
}

/// Writes members otherwise; null takes one out.
pub(super) fn patch(document: &mut Value, members: &Value) {
    for (name, value) in members.as_object().into_iter().flatten() {
        match (value, document.as_object_mut()) {
            (Value::Null, Some(object)) => drop(object.remove(name)),
            _ => document[name] = value.clone(),
        }
    }
}

fn once_each(text: &[u8]) -> Option<Form> {
    let mut form = Form::new();
    for (name, value) in url::form_urlencoded::parse(text).into_owned() {
        if form.insert(name, value).is_some() {
            return None;
        }
    }
    Some(form)
}

pub(super) fn get<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map(String::as_str).unwrap_or_default()
}

pub(super) fn json_answer(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

pub(super) fn with_status(status: StatusCode, mut answer: Response) -> Response {
    *answer.status_mut() = status;
    answer
}
