//! What discovery says of a server, for a plugin's first draft.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use serde_json::{Map, Value};
use url::Url;

use super::ScaffoldError;
use crate::egress::{Seen, Witness};
use crate::rehearse::Exchange;

/// Scopes that a first draft lists, and bytes of each.
const SCOPES: usize = 100;
const SCOPE_BYTES: usize = 200;

/// What was found at a server.
#[derive(Debug)]
pub struct Found {
    /// The server.
    pub server: Url,
    /// Its challenge.
    pub challenge: Option<String>,
    /// The look-ups that were answered.
    pub lookups: Vec<Exchange>,
    /// Scopes that the resource lists, or else the authorization server.
    pub scopes: Vec<String>,
    /// Whether a client can get itself an identity.
    pub registers: bool,
    /// Whether the metadata lists S256.
    pub lists_s256: bool,
    /// The authorization server's metadata.
    pub metadata: Map<String, Value>,
}

/// Collects what is asked and answered.
#[derive(Clone, Default)]
pub struct Listener(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    challenge: Option<String>,
    lookups: Vec<(Exchange, Map<String, Value>)>,
}

impl Listener {
    /// To be told of everything.
    #[must_use]
    pub fn witness(&self) -> Arc<Witness> {
        let heard = self.0.clone();
        Arc::new(move |seen| {
            if let Seen::Exchange(request, response) = seen {
                heard.lock().unwrap_or_else(PoisonError::into_inner).hear(request, response);
            }
        })
    }

    /// What was found at the server.
    pub fn found(&self, server: &Url) -> Result<Found, ScaffoldError> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = std::mem::take(&mut *heard);
        let metadata = heard.lookups.iter().map(|(_, document)| document);
        let metadata = metadata.into_iter().find(|document| document.contains_key("token_endpoint")).cloned();
        let metadata = metadata.ok_or_else(|| ScaffoldError::NothingFound(server.to_string()))?;
        let resource = heard.lookups.iter().find(|(_, document)| document.contains_key("authorization_servers"));
        let scopes = resource.and_then(|(_, document)| list(document, "scopes_supported"));
        let scopes = scopes.or_else(|| list(&metadata, "scopes_supported")).unwrap_or_default();
        let by_document = metadata.get("client_id_metadata_document_supported") == Some(&Value::Bool(true));
        let methods = list(&metadata, "code_challenge_methods_supported").unwrap_or_default();
        Ok(Found {
            server: server.clone(),
            challenge: heard.challenge,
            registers: by_document || metadata.contains_key("registration_endpoint"),
            lists_s256: methods.iter().any(|method| method == "S256"),
            lookups: heard.lookups.into_iter().map(|(exchange, _)| exchange).collect(),
            scopes: sound(scopes),
            metadata,
        })
    }
}

impl Heard {
    fn hear(&mut self, request: &Request<Vec<u8>>, response: &Response<Vec<u8>>) {
        let challenge = response.headers().get(http::header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        self.challenge = self.challenge.take().or_else(|| challenge.map(str::to_owned));
        if !response.status().is_success() || !request.uri().path().contains("/.well-known/") {
            return;
        }
        if let Ok(document) = serde_json::from_slice::<Map<String, Value>>(response.body()) {
            self.lookups.push((Exchange::look_up(request, &document), document));
        }
    }
}

impl Found {
    pub(super) fn host(&self) -> String {
        self.server.host_str().unwrap_or_default().to_owned()
    }
}

/// Scopes as RFC 6749 §3.3 writes them, each once: what a server lists goes into source text.
fn sound(listed: Vec<String>) -> Vec<String> {
    let is_scope = |scope: &String| {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (1..=SCOPE_BYTES).contains(&scope.len()) && scope.bytes().all(allowed)
    };
    let mut sound = Vec::new();
    for scope in listed.into_iter().filter(is_scope) {
        if sound.len() < SCOPES && !sound.contains(&scope) {
            sound.push(scope);
        }
    }
    sound
}

fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let items = document.get(name)?.as_array()?.iter().filter_map(Value::as_str);
    Some(items.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_server_lists_only_scopes_are_taken() {
        let hostile =
            ["read", "read", "", "a b", "a\"b", "a\\b", "a\nb", "a\u{7}", "a\u{301}", "\u{202e}a", "*/", "${x}", "'"];
        let hostile = hostile.into_iter().map(str::to_owned).chain(["x".repeat(201)]);

        assert_eq!(sound(hostile.collect()), ["read", "*/", "${x}", "'"]);
    }

    #[test]
    fn a_first_draft_does_not_list_thousands() {
        let listed = (0..5_000).map(|number| format!("scope{number}")).collect();

        assert_eq!(sound(listed).len(), SCOPES);
    }
}
