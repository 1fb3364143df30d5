//! The client that a registration answer describes (RFC 7591 §3.2).

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use serde_json::{Map, Value};

use crate::auth_method::AuthMethod;
use crate::client::Client;
use crate::hook::{AnswerVerdict, ClientKind};
use crate::issuer::Issuer;
use crate::json;
use crate::profile::SecretPolicy;
use crate::secret::ClientSecret;
use crate::token::MAX_LIFETIME;

/// Why no client came of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// RFC 7591 §3.2.2, or a status without a body.
    #[error("registration was refused with status {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// HTTP status of the answer.
        status: u16,
        /// The `error` member, made plain.
        code: Option<String>,
    },
    /// RFC 7591 §3.2.1: an answer names the client.
    #[error("the registration answer has no client_id")]
    NoClientId,
    /// RFC 6749 §A.1, §A.2: what no request could carry.
    #[error("the registration answer's client_id or client_secret has characters that neither may have")]
    BadClient,
    /// The plugin demands a secret.
    #[error("the registration answer has no client_secret, which this provider needs")]
    NoSecret,
}

/// What [`accept`] holds an answer against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer that is registered with.
    pub issuer: &'a Issuer,
    /// The body that was sent.
    pub sent: &'a Map<String, Value>,
    /// What becomes of a secret.
    pub secret: SecretPolicy,
    /// What the plugin's hook said of the answer.
    pub verdict: AnswerVerdict,
}

/// The client that an answer describes (RFC 7591 §3.2.1). 200 is taken for 201.
pub fn accept(expected: Expected<'_>, response: &Response<Vec<u8>>) -> Result<Client, RegistrationError> {
    let body = json::object(response);
    if !response.status().is_success() {
        let text = |name: &str| body.as_ref().and_then(|body| json::text(body, name));
        return Err(RegistrationError::Refused {
            status: response.status().as_u16(),
            code: text("error").map(|code| crate::error::plain(&code)),
        });
    }
    let mut body = body.ok_or(RegistrationError::NoClientId)?;
    // A number is a text that somebody forgot to quote.
    let number = || body.get("client_id").and_then(Value::as_u64).map(|number| number.to_string());
    let id = json::text(&body, "client_id")
        .or_else(number)
        .filter(|id| !id.is_empty())
        .ok_or(RegistrationError::NoClientId)?;
    let secret = json::text(&body, "client_secret").filter(|secret| !secret.is_empty());
    let is_sound = |text: &String| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    if !is_sound(&id) || !secret.as_ref().is_none_or(is_sound) {
        return Err(RegistrationError::BadClient);
    }
    let secret = secret.map(ClientSecret::new);
    let secret = match (expected.secret, expected.verdict) {
        (SecretPolicy::Ignore, _) | (_, AnswerVerdict::AcceptAsPublic) => None,
        (SecretPolicy::Require, _) => Some(secret.ok_or(RegistrationError::NoSecret)?),
        (SecretPolicy::AsReturned, _) => secret,
    };
    let expires_at = body.get("client_secret_expires_at").and_then(Value::as_u64).filter(|at| *at > 0);
    let method = method(&body, expected.sent, secret.is_some());
    body.shift_remove("client_secret");
    let token = body.shift_remove("registration_access_token");
    let token = token.as_ref().and_then(Value::as_str).filter(|token| !token.is_empty());
    let first_redirect = json::texts(expected.sent, "redirect_uris").and_then(|uris| uris.into_iter().next());
    Ok(Client {
        issuer: expected.issuer.to_string(),
        id: Some(id),
        secret_expires_at: secret
            .as_ref()
            .and(expires_at)
            .map(|at| UNIX_EPOCH + Duration::from_secs(at.min(MAX_LIFETIME))),
        secret,
        method,
        kind: ClientKind::Registered,
        redirect_uri: first_redirect.unwrap_or_default(),
        registration_access_token: token.map(|token| ClientSecret::new(token.to_owned())),
        registration: Some(Value::Object(body).to_string()),
    })
}

/// The method of the answer, else of the request; a secret without a method that uses it is sent by Basic, the default of
/// RFC 7591 §2, and a method without a secret is none.
fn method(answer: &Map<String, Value>, sent: &Map<String, Value>, has_secret: bool) -> AuthMethod {
    let named = |object: &Map<String, Value>| {
        json::text(object, "token_endpoint_auth_method").and_then(|name| AuthMethod::parse(&name))
    };
    let method = named(answer).or_else(|| named(sent)).unwrap_or(AuthMethod::Basic);
    match method {
        AuthMethod::None | AuthMethod::Basic | AuthMethod::Post if !has_secret => AuthMethod::None,
        AuthMethod::None | AuthMethod::Basic | AuthMethod::Post | AuthMethod::PrivateKeyJwt => method,
    }
}
