//! A registration from its body to the client.

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use serde_json::{Map, Value, json};
use url::Url;

use super::*;
use crate::auth_method::AuthMethod;
use crate::client::Client;
use crate::device;
use crate::hook::AnswerVerdict;
use crate::issuer::Issuer;
use crate::profile::{Registration, SecretPolicy};
use crate::server_metadata::ServerMetadata;
use crate::token::MAX_LIFETIME;

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

    assert_eq!(client.id.as_deref(), Some("4711"));
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
