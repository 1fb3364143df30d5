//! Finds the secrets of a login: in the settings, in the requests, and in the answers.

use http::{Request, Response};
use serde_json::{Map, Value};

use super::event::RecordedEvent;
use crate::cases::messages::{authorization, document, form, form_of, is_metadata_request, json};
use crate::cases::redact::{Secrets, SeenIn, credentials, search};

/// Members of `oauth`, at any depth, that are always secret, even where they only name a file.
const SECRET: [&str; 7] =
    ["clientSecret", "accessToken", "refreshToken", "privateKey", "assertion", "idToken", "initialAccessToken"];

/// Finds the secrets in a server's `oauth`, including the `inputs` that the plugin declares secret.
pub(super) fn in_settings(secrets: &mut Secrets, oauth: &Map<String, Value>, secret_inputs: &[String]) {
    members(secrets, oauth);
    let inputs = oauth.get("inputs").and_then(Value::as_object);
    for (key, value) in inputs.into_iter().flatten().filter(|(key, _)| secret_inputs.contains(key)) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        secrets.add_certain(key, &text);
    }
    search::document(secrets, "", &Value::Object(oauth.clone()), SeenIn::Document);
}

fn members(secrets: &mut Secrets, object: &Map<String, Value>) {
    for (name, value) in object {
        match value {
            Value::String(text) if SECRET.contains(&name.as_str()) => secrets.add_certain(name, text),
            Value::String(text) if name == "clientId" => secrets.add_identity(name, text),
            Value::Object(inner) => members(secrets, inner),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
        }
    }
}

/// Finds the secrets in an event.
pub(super) fn in_event(secrets: &mut Secrets, event: &RecordedEvent) {
    match event {
        RecordedEvent::Refused { challenge, .. } => {
            credentials::search_challenge(secrets, challenge.as_deref().unwrap_or_default());
        }
        RecordedEvent::Granted(_) => {}
        RecordedEvent::Sent(url) => {
            for (name, value) in url.query_pairs().filter(|(name, _)| is_identity(name)) {
                secrets.add_identity(&name, &value);
            }
            search::addresses(secrets, url.as_str(), SeenIn::Parameter);
        }
        RecordedEvent::Back(params) => {
            for (name, value) in params {
                search::name(secrets, name, SeenIn::Parameter);
                search::value(secrets, name, value, SeenIn::Parameter);
            }
        }
        RecordedEvent::Exchange(request, response) => {
            in_request(secrets, request);
            // Everybody may read metadata: nothing is secret because it stands there.
            if !is_metadata_request(request) {
                in_answer(secrets, response);
            }
        }
    }
}

fn in_request(secrets: &mut Secrets, request: &Request<Vec<u8>>) {
    let form = form(request).unwrap_or_default();
    for (name, value) in form.iter().filter(|(name, _)| is_identity(name)) {
        secrets.add_identity(name, value);
    }
    if let Some(header) = authorization(request) {
        credentials::search(secrets, header);
    }
    search::addresses(secrets, &request.uri().to_string(), SeenIn::Parameter);
    for (name, value) in &form {
        search::name(secrets, name, SeenIn::Parameter);
        search::value(secrets, name, value, SeenIn::Parameter);
    }
    if let Some(document) = json(request) {
        search::document(secrets, "", &document, SeenIn::Parameter);
    }
}

fn in_answer(secrets: &mut Secrets, response: &Response<Vec<u8>>) {
    if let Some(document) = document(response) {
        let id = document.get("client_id").and_then(Value::as_str);
        secrets.add_identity("client-id", id.unwrap_or_default());
        for uri in document.get("redirect_uris").and_then(Value::as_array).into_iter().flatten() {
            secrets.add_identity("redirect-uri", uri.as_str().unwrap_or_default());
        }
        search::document(secrets, "", &document, SeenIn::Document);
        return;
    }
    for (name, value) in form_of(response).unwrap_or_default() {
        search::name(secrets, &name, SeenIn::Document);
        search::value(secrets, &name, &value, SeenIn::Document);
    }
}

/// Whether the parameter has a value that differs for every hub but is not secret.
fn is_identity(name: &str) -> bool {
    matches!(name, "client_id" | "redirect_uri")
}
