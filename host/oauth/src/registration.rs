//! Dynamic client registration (RFC 7591).

use std::time::{Duration, UNIX_EPOCH};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::{Map, Value, json};
use url::Url;

use crate::client::{AuthMethod, Client, is_loopback};
use crate::device;
use crate::hook::{AnswerVerdict, ClientKind};
use crate::issuer::Issuer;
use crate::json;
use crate::mask::Mask;
use crate::profile::{ApplicationType, Registration, SecretPolicy};
use crate::secret::ClientSecret;
use crate::server_metadata::ServerMetadata;
use crate::token::MAX_LIFETIME;

/// The name the hub registers under.
pub const CLIENT_NAME: &str = "MCPHub";

/// What the body is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// Redirect URIs; the first is the one used.
    pub redirect_uris: &'a [String],
    /// The scopes that will be asked for, joined.
    pub scope: &'a str,
    /// What the person wrote for `dynamicRegistration.metadata`.
    pub metadata: &'a Map<String, Value>,
}

/// Why no client came of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// RFC 7591 §3.2.2, or a status without a body.
    #[error("registration was refused with status {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// `error`.
        code: Option<String>,
    },
    /// RFC 7591 §3.2.1.
    #[error("the registration answer has no client_id")]
    NoClientId,
    /// RFC 6749 §A.1, §A.2: what no request could carry.
    #[error("the registration answer's client_id or client_secret has characters that neither may have")]
    BadClient,
    /// The plugin demands a secret.
    #[error("the registration answer has no client_secret, which this provider needs")]
    NoSecret,
}

/// The body to register with: the hub's own, then the plugin's patch, then what the person wrote.
#[must_use]
pub fn draft(metadata: &ServerMetadata, profile: &Registration, wishes: Wishes<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    let first = wishes.redirect_uris.first().map(String::as_str).unwrap_or_default();
    body.insert("client_name".into(), json!(CLIENT_NAME));
    body.insert("redirect_uris".into(), json!(wishes.redirect_uris));
    let device = device::endpoint(metadata).map(|_| device::GRANT_TYPE);
    let grants: Vec<&str> = ["authorization_code", "refresh_token"].into_iter().chain(device).collect();
    body.insert("grant_types".into(), json!(grants));
    body.insert("response_types".into(), json!(["code"]));
    body.insert("token_endpoint_auth_method".into(), json!(preferred_method(metadata).name()));
    body.insert("application_type".into(), json!(application_type(profile.application_type, first)));
    if profile.scope_in_body && !wishes.scope.is_empty() {
        body.insert("scope".into(), json!(wishes.scope));
    }
    if let Some(patch) = &profile.body_patch {
        json::merge(&mut body, patch);
    }
    json::merge(&mut body, wishes.metadata);
    body.insert("redirect_uris".into(), json!(wishes.redirect_uris));
    body
}

/// A public client where that is offered: it has no secret to lose or to renew.
fn preferred_method(metadata: &ServerMetadata) -> AuthMethod {
    let listed = metadata.list("token_endpoint_auth_methods_supported");
    let lists = |method: AuthMethod| listed.as_ref().is_some_and(|all| all.iter().any(|name| name == method.name()));
    match &listed {
        Some(_) if lists(AuthMethod::None) => AuthMethod::None,
        Some(_) if lists(AuthMethod::Post) && !lists(AuthMethod::Basic) => AuthMethod::Post,
        // RFC 8414 §2: client_secret_basic where nothing is said.
        Some(_) | None => AuthMethod::Basic,
    }
}

fn application_type(wish: ApplicationType, redirect_uri: &str) -> &'static str {
    match wish {
        ApplicationType::Web => "web",
        ApplicationType::Native => "native",
        ApplicationType::ByRedirect => {
            if Url::parse(redirect_uri).is_ok_and(|url| is_loopback(&url)) {
                "native"
            } else {
                "web"
            }
        }
    }
}

/// A body to try once more with, after the issuer refused the metadata (RFC 7591 §3.2.2 `invalid_client_metadata`): without
/// the members that the refusal names, else with what a client cannot do without. What the person wrote stays, unless it is
/// named. None: nothing could be left out.
#[must_use]
pub fn reduced(sent: &Map<String, Value>, refusal: &str, written: &Map<String, Value>) -> Option<Map<String, Value>> {
    const GRANTS: &str = "grant_types";
    let refusal = refusal.to_ascii_lowercase();
    let extra_grants = || {
        let grants = json::texts(sent, GRANTS).unwrap_or_default();
        grants.into_iter().filter(|grant| grant != "authorization_code")
    };
    let names_grants = refusal.contains("grant") || extra_grants().any(|grant| refusal.contains(&grant));
    let is_named = |member: &str| if member == GRANTS { names_grants } else { refusal.contains(member) };
    let names_any = names_grants || sent.keys().any(|member| !is_needed(member) && is_named(member));
    let mut body = sent.clone();
    body.retain(|member, _| {
        is_needed(member) || if names_any { !is_named(member) } else { written.contains_key(member) }
    });
    let leaves_grants = if names_any { names_grants } else { !written.contains_key(GRANTS) };
    if leaves_grants && extra_grants().next().is_some() {
        body.insert(GRANTS.into(), json!(["authorization_code"]));
    }
    (body != *sent).then_some(body)
}

/// What stays in every body, though the values of `grant_types` may become fewer.
fn is_needed(member: &str) -> bool {
    matches!(
        member,
        "client_name" | "redirect_uris" | "grant_types" | "response_types" | "token_endpoint_auth_method" | "scope"
    )
}

/// The registration request (RFC 7591 §3.1), with the initial access token (§3, §1.2) where one is given.
pub fn request(
    endpoint: &Url,
    body: &Map<String, Value>,
    token: Option<&ClientSecret>,
) -> Result<Request<Vec<u8>>, http::Error> {
    let mut request =
        Request::post(endpoint.as_str()).header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json");
    if let Some(token) = token {
        let mut value = http::HeaderValue::try_from(format!("Bearer {}", token.secret()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(Value::Object(body.clone()).to_string().into_bytes())?;
    Ok(Mask::of(token.map(|token| token.secret().clone())).on(request))
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
        id,
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
    match (method, has_secret) {
        (AuthMethod::None | AuthMethod::Basic | AuthMethod::Post, false) => AuthMethod::None,
        (method, _) => method,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(document: &Value) -> ServerMetadata {
        let url = Url::parse("https://as.example/x").expect("url");
        let mut metadata = ServerMetadata::explicit(issuer(), url.clone(), url);
        metadata.document = document.as_object().cloned().expect("object");
        metadata
    }

    fn issuer() -> Issuer {
        Issuer::parse("https://as.example").expect("issuer")
    }

    fn wishes(metadata: &Map<String, Value>) -> (Vec<String>, Map<String, Value>) {
        (vec!["http://localhost:3000/oauth/callback".into()], metadata.clone())
    }

    fn accepted(status: u16, body: &str, secret: SecretPolicy) -> Result<Client, RegistrationError> {
        let sent = Map::new();
        let response = Response::builder().status(status).body(body.as_bytes().to_vec()).expect("response");
        let issuer = issuer();
        accept(Expected { issuer: &issuer, sent: &sent, secret, verdict: AnswerVerdict::Accept }, &response)
    }

    #[test]
    fn a_public_client_is_asked_for_where_it_is_offered() {
        let (redirect_uris, person) = wishes(&Map::new());
        let metadata = metadata(&json!({"token_endpoint_auth_methods_supported": ["client_secret_basic", "none"]}));

        let body = draft(
            &metadata,
            &Registration::default(),
            Wishes { redirect_uris: &redirect_uris, scope: "a", metadata: &person },
        );

        assert_eq!(body.get("token_endpoint_auth_method"), Some(&json!("none")));
        assert_eq!(body.get("application_type"), Some(&json!("native")));
        assert_eq!(body.get("scope"), None);
    }

    #[test]
    fn the_persons_metadata_wins_but_not_over_the_redirect_uris() {
        let person = json!({"client_name": "Ours", "redirect_uris": ["https://evil.example"], "contacts": ["a@b"]});
        let (redirect_uris, person) = wishes(person.as_object().expect("object"));
        let body = draft(
            &metadata(&json!({})),
            &Registration::default(),
            Wishes { redirect_uris: &redirect_uris, scope: "", metadata: &person },
        );

        assert_eq!(body.get("client_name"), Some(&json!("Ours")));
        assert_eq!(body.get("redirect_uris"), Some(&json!(["http://localhost:3000/oauth/callback"])));
        assert_eq!(body.get("contacts"), Some(&json!(["a@b"])));
    }

    #[test]
    fn a_client_id_that_is_a_number_is_one() {
        let client = accepted(201, r#"{"client_id":4711}"#, SecretPolicy::AsReturned).expect("client");

        assert_eq!(client.id, "4711");
    }

    #[test]
    fn what_the_answer_says_is_kept_without_its_secrets() {
        let body = r#"{"client_id":"c1","client_secret":"s3","client_secret_expires_at":100,"token_endpoint_auth_method":"client_secret_post","registration_access_token":"rat"}"#;

        let client = accepted(200, body, SecretPolicy::AsReturned).expect("client");

        assert_eq!(client.method, AuthMethod::Post);
        assert_eq!(client.secret_expires_at, Some(UNIX_EPOCH + Duration::from_secs(100)));
        assert!(!client.registration.expect("registration").contains("rat\""));
        assert_eq!(client.registration_access_token.as_ref().map(|token| token.secret().as_str()), Some("rat"));
    }

    #[test]
    fn a_secret_that_ends_beyond_any_calendar_ends_within_a_century() {
        let beyond = UNIX_EPOCH + Duration::from_secs(MAX_LIFETIME);
        // Milliseconds by mistake, and the largest number.
        for end in [1_700_000_000_000, u64::MAX] {
            let body = format!(r#"{{"client_id":"c1","client_secret":"s3","client_secret_expires_at":{end}}}"#);

            let client = accepted(201, &body, SecretPolicy::AsReturned).expect("client");

            assert_eq!(client.secret_expires_at, Some(beyond), "{end}");
        }
    }

    #[test]
    fn an_empty_secret_is_none_and_makes_a_public_client() {
        let client = accepted(
            201,
            r#"{"client_id":"c1","client_secret":"","token_endpoint_auth_method":"client_secret_basic"}"#,
            SecretPolicy::AsReturned,
        );

        let client = client.expect("client");
        assert_eq!((client.method, client.secret.is_none()), (AuthMethod::None, true));
    }

    #[test]
    fn a_refused_member_is_left_out_and_nothing_else() {
        let sent = json!({"client_name": "MCPHub", "redirect_uris": ["u"], "application_type": "native", "contacts": ["a"],
            "grant_types": ["authorization_code", "refresh_token", device::GRANT_TYPE]});
        let sent = sent.as_object().expect("object");
        let person = json!({"contacts": ["a"]});
        let written = person.as_object().expect("object");
        let kept = |refusal: &str| reduced(sent, refusal, written).expect("another try");

        let without_type = kept("application_type is not supported");
        assert_eq!(without_type.get("application_type"), None);
        assert_eq!(without_type.get("grant_types"), sent.get("grant_types"));

        let without_grant = kept("Grant type 'refresh_token' is not allowed");
        assert_eq!(without_grant.get("grant_types"), Some(&json!(["authorization_code"])));
        assert_eq!(without_grant.get("application_type"), sent.get("application_type"));

        let least = kept("invalid");
        assert_eq!((least.get("application_type"), least.get("contacts")), (None, Some(&json!(["a"]))));
        assert_eq!(least.get("grant_types"), Some(&json!(["authorization_code"])));
        assert_eq!(reduced(&least, "invalid", written), None);
        assert_eq!(kept("contacts must be e-mail addresses").get("contacts"), None);
    }

    #[test]
    fn refusals_and_gaps_are_told_apart() {
        assert_eq!(
            accepted(401, r#"{"error":"invalid_token"}"#, SecretPolicy::AsReturned).expect_err("refused").to_string(),
            "registration was refused with status 401 (invalid_token)"
        );
        for odd in ["c\\nd", "c\\u0000", "c\\u00e9"] {
            let body = format!(r#"{{"client_id":"{odd}"}}"#);
            let error = accepted(201, &body, SecretPolicy::AsReturned).expect_err("refused");
            assert_eq!(error, RegistrationError::BadClient, "{odd}");
        }
        assert_eq!(accepted(201, "{}", SecretPolicy::AsReturned).expect_err("no id"), RegistrationError::NoClientId);
        assert_eq!(
            accepted(201, r#"{"client_id":"c"}"#, SecretPolicy::Require).expect_err("no secret"),
            RegistrationError::NoSecret
        );
    }
}
