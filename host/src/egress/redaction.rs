//! What was sent is not shown. Every secret that the hub sends or receives is learned here, and every text of another party goes
//! through here before a person, a log or a client sees it.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Request, Response};
use mcphub_oauth::mask::{Redactor, sounds_secret};
use serde_json::Value;

use crate::visible::visible_line;

/// Carries a proof of possession (RFC 9449 §4).
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// Members that are secret in requests only: an answer may call an error's name `code`.
const SECRET_WHEN_SENT: [&str; 3] = ["code", "software_statement", "state"];

/// Clones share what was sent and what is configured; what an entry of the settings says is its own.
#[derive(Clone, Default)]
pub(crate) struct Redaction {
    /// Bounded: the oldest is forgotten first, and learned again when it is sent again.
    sent: Arc<RwLock<Redactor>>,
    /// Apart, so that no answer of anybody's drives it out.
    configured: Arc<RwLock<Redactor>>,
    own: Arc<Redactor>,
}

impl Redaction {
    /// The same for one server, with what its entry says.
    pub(crate) fn of(&self, own: Redactor) -> Self {
        Self { own: Arc::new(own), ..self.clone() }
    }

    /// Takes note of a secret.
    pub(crate) fn learn(&self, secret: &str) {
        add(&self.sent, secret);
    }

    /// Takes note of a secret that a person configured.
    pub(crate) fn learn_configured(&self, secret: &str) {
        add(&self.configured, secret);
    }

    /// Takes note of the secrets in a request.
    pub(crate) fn learn_request(&self, request: &Request<Vec<u8>>) {
        self.learn_headers(request.headers());
        self.learn_body(request.headers(), request.body(), is_secret_when_sent);
        let query = request.uri().query().unwrap_or_default();
        self.learn_form(query.as_bytes(), is_secret_when_sent);
    }

    /// Takes note of the secrets in an answer.
    pub(crate) fn learn_answer(&self, response: &Response<Vec<u8>>) {
        self.learn_body(response.headers(), response.body(), sounds_secret);
    }

    /// Takes note of the credentials among these headers.
    pub(crate) fn learn_headers(&self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(text) = value.to_str() else { continue };
            if *name == AUTHORIZATION {
                self.learn_authorization(text);
            } else if value.is_sensitive() || *name == DPOP {
                self.learn(text);
            }
        }
    }

    fn learn_authorization(&self, text: &str) {
        let (scheme, credential) = text.split_once(' ').unwrap_or(("", text));
        self.learn(credential.trim());
        let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(credential.trim()).ok()).flatten();
        if let Some((_, password)) =
            decoded.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()?.split_once(':'))
        {
            self.learn(password);
            // RFC 6749 §2.3.1 encodes it once more.
            let pair = format!("p={password}");
            url::form_urlencoded::parse(pair.as_bytes()).for_each(|(_, password)| self.learn(&password));
        }
    }

    fn learn_body(&self, headers: &HeaderMap, body: &[u8], is_secret: fn(&str) -> bool) {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            self.learn_form(body, is_secret);
        } else if let Ok(document) = serde_json::from_slice::<Value>(body) {
            self.learn_members(&document, is_secret);
        }
    }

    fn learn_form(&self, body: &[u8], is_secret: fn(&str) -> bool) {
        let pairs = url::form_urlencoded::parse(body);
        pairs.filter(|(name, _)| is_secret(name)).for_each(|(_, value)| self.learn(&value));
    }

    fn learn_members(&self, document: &Value, is_secret: fn(&str) -> bool) {
        let mut left = vec![document];
        while let Some(value) = left.pop() {
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        match member.as_str() {
                            Some(text) if is_secret(name) => self.learn(text),
                            Some(_) => {}
                            None => left.push(member),
                        }
                    }
                }
                Value::Array(items) => left.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }

    /// The text without anything that was sent.
    pub(crate) fn hide(&self, text: &str) -> String {
        let hidden = self.own.hide(text);
        let hidden = self.configured.read().unwrap_or_else(PoisonError::into_inner).hide(&hidden).into_owned();
        self.sent.read().unwrap_or_else(PoisonError::into_inner).hide(&hidden).into_owned()
    }

    /// The text as people may see it, in one line: without anything that was sent, and with nothing that steers a terminal.
    pub(crate) fn shown(&self, text: &str) -> String {
        visible_line(&self.hide(text)).into_owned()
    }
}

fn add(redactor: &RwLock<Redactor>, secret: &str) {
    if !redactor.read().unwrap_or_else(PoisonError::into_inner).knows(secret) {
        redactor.write().unwrap_or_else(PoisonError::into_inner).add(secret);
    }
}

fn is_secret_when_sent(name: &str) -> bool {
    sounds_secret(name) || SECRET_WHEN_SENT.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_a_token_request_are_hidden_in_every_form() {
        let redaction = Redaction::default();
        let basic = STANDARD.encode("client-7:s3cret%2Fwith-slash");
        let request = Request::post("https://as.example/token")
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(b"grant_type=authorization_code&code=c0de-of-ann&code_verifier=verifier%20one&resource=https%3A%2F%2Frs.example".to_vec());
        redaction.learn_request(&request.expect("request"));

        let said = format!("{basic}|s3cret/with-slash|c0de-of-ann|verifier one|client-7|https://rs.example");

        assert_eq!(redaction.hide(&said), "***|***|***|***|client-7|https://rs.example");
    }

    #[test]
    fn the_tokens_of_an_answer_are_hidden_from_then_on() {
        let redaction = Redaction::default();
        let body =
            br#"{"data":[{"access_token":"at-1234567"}],"scope":"read-everything","code":"invalid_request"}"#.to_vec();
        redaction.clone().learn_answer(&Response::new(body));

        assert_eq!(
            redaction.hide("at-1234567 may read-everything; invalid_request"),
            "*** may read-everything; invalid_request"
        );
    }

    #[test]
    fn no_answer_drives_out_what_is_configured() {
        let redaction = Redaction::default();
        redaction.learn_configured("canary-of-the-person");
        for number in 0..40 {
            let token = format!("{number:03}-").repeat(5000);
            redaction.learn_answer(&Response::new(serde_json::json!({"access_token": token}).to_string().into()));
        }

        assert_eq!(redaction.hide("it is canary-of-the-person"), "it is ***");
    }

    #[test]
    fn what_an_entry_says_is_hidden_for_that_entry_only() {
        let redaction = Redaction::default();
        let mut own = Redactor::default();
        own.add_whole("production");

        assert_eq!(redaction.of(own).hide("in production"), "in ***");
        assert_eq!(redaction.hide("in production"), "in production");
    }
}
