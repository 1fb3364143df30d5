//! Finds what is secret in a login: in the settings, in what was sent, and in what came back.

use http::{Request, Response};
use serde_json::{Map, Value};

use super::judge::Place;
use super::messages::{authorization, document, form, form_of, is_look_up, json};
use super::record::Event;
use super::secrets::Secrets;
use super::{address, credentials};

/// Members of `oauth`, at any depth, that are secret whatever stands there, be it the name of a file.
const SECRET: [&str; 7] =
    ["clientSecret", "accessToken", "refreshToken", "privateKey", "assertion", "idToken", "initialAccessToken"];

/// Finds the secrets of a server's `oauth`; of its `inputs` those that the plugin calls so.
pub(super) fn in_settings(secrets: &mut Secrets, oauth: &Map<String, Value>, secret_inputs: &[String]) {
    members(secrets, oauth);
    let inputs = oauth.get("inputs").and_then(Value::as_object);
    for (key, value) in inputs.into_iter().flatten().filter(|(key, _)| secret_inputs.contains(key)) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        secrets.sure(key, &text);
    }
    secrets.look_through("", &Value::Object(oauth.clone()), Place::Document);
}

fn members(secrets: &mut Secrets, object: &Map<String, Value>) {
    for (name, value) in object {
        match value {
            Value::String(text) if SECRET.contains(&name.as_str()) => secrets.sure(name, text),
            Value::String(text) if name == "clientId" => secrets.identity(name, text),
            Value::Object(inner) => members(secrets, inner),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
        }
    }
}

/// Finds the secrets of an event.
pub(super) fn in_event(secrets: &mut Secrets, event: &Event) {
    match event {
        Event::Refused { challenge, .. } => {
            credentials::look_at_challenge(secrets, challenge.as_deref().unwrap_or_default());
        }
        Event::Granted(_) => {}
        Event::Sent(url) => {
            for (name, value) in url.query_pairs().filter(|(name, _)| is_identity(name)) {
                secrets.identity(&name, &value);
            }
            address::look(secrets, url.as_str(), Place::Parameter);
        }
        Event::Back(params) => {
            for (name, value) in params {
                secrets.look_at_name(name, Place::Parameter);
                secrets.look_at(name, value, Place::Parameter);
            }
        }
        Event::Exchange(request, response) => {
            in_request(secrets, request);
            // Metadata is for everybody: only what is secret elsewhere is taken out of it.
            if !is_look_up(request) {
                in_answer(secrets, response);
            }
        }
    }
}

fn in_request(secrets: &mut Secrets, request: &Request<Vec<u8>>) {
    let form = form(request).unwrap_or_default();
    for (name, value) in form.iter().filter(|(name, _)| is_identity(name)) {
        secrets.identity(name, value);
    }
    if let Some(header) = authorization(request) {
        credentials::look(secrets, header);
    }
    address::look(secrets, &request.uri().to_string(), Place::Parameter);
    for (name, value) in &form {
        secrets.look_at_name(name, Place::Parameter);
        secrets.look_at(name, value, Place::Parameter);
    }
    if let Some(document) = json(request) {
        secrets.look_through("", &document, Place::Parameter);
    }
}

fn in_answer(secrets: &mut Secrets, response: &Response<Vec<u8>>) {
    if let Some(document) = document(response) {
        let id = document.get("client_id").and_then(Value::as_str);
        secrets.identity("client-id", id.unwrap_or_default());
        for uri in document.get("redirect_uris").and_then(Value::as_array).into_iter().flatten() {
            secrets.identity("redirect-uri", uri.as_str().unwrap_or_default());
        }
        secrets.look_through("", &document, Place::Document);
        return;
    }
    for (name, value) in form_of(response).unwrap_or_default() {
        secrets.look_at_name(&name, Place::Document);
        secrets.look_at(&name, &value, Place::Document);
    }
}

/// What is different for every hub, though not secret.
fn is_identity(name: &str) -> bool {
    matches!(name, "client_id" | "redirect_uri")
}
