//! What bytes from elsewhere meet first, each as one function of bytes: the property tests and the fuzz targets drive the
//! same ones. They end the process where a rule is broken: a panic, a secret in an error, a result without a bound.

#![expect(clippy::expect_used, reason = "a fixture that cannot be made ends its test")]
#![allow(clippy::allow_attributes, dead_code, reason = "each of the programs that share this drives a part of it")]

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile::{Callback, Identity, Metadata, Profile, SecretPolicy};
use mcphub_oauth::{callback, challenge, device, protected_resource, registration, server_metadata, token, unattended};
use serde_json::Map;
use url::Url;

/// Whatever is marked so must be in no error.
pub(crate) const CANARY: &str = "canary-5f2e";

/// `WWW-Authenticate` from any server.
pub(crate) fn challenges(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found = challenge::parse(&text);
    assert!(found.len() <= 64, "{} challenges", found.len());
    let _ = challenge::accept([text.as_ref(), &text]);
}

/// Both kinds of metadata.
pub(crate) fn metadata(bytes: &[u8]) {
    let server = Url::parse("https://mcp.example/mcp").expect("a URL");
    let asked = Issuer::parse("https://as.example").expect("an issuer");
    for response in answers(bytes) {
        if let Err(error) = protected_resource::accept(&server, &response) {
            expect_no_secret(&error);
        }
        if let Err(error) = server_metadata::accept(&asked, &Metadata::default(), &response) {
            expect_no_secret(&error);
        }
    }
}

/// Whatever a token, registration or device endpoint answers.
pub(crate) fn token_answer(bytes: &[u8]) {
    let profile = profile();
    for response in answers(bytes) {
        match token::accept(&response, &profile, UNIX_EPOCH) {
            Ok(tokens) => {
                let end = tokens.by_slot.values().filter_map(|token| token.expires_at).max();
                assert!(end.is_none_or(|end| end <= UNIX_EPOCH + Duration::from_hours(101 * 365 * 24)));
                assert!(!format!("{:?}", tokens.by_slot).contains(CANARY), "a token in Debug");
            }
            Err(error) => expect_no_secret(&error),
        }
        if let Err(error) = unattended::exchange_accept(&response) {
            expect_no_secret(&error);
        }
        match device::accept(&response, UNIX_EPOCH) {
            Ok(codes) => assert!(codes.user_code.len() <= 64 && codes.interval <= Duration::from_mins(1)),
            Err(error) => expect_no_secret(&error),
        }
        register(&response);
    }
}

fn register(response: &Response<Vec<u8>>) {
    let issuer = Issuer::parse("https://as.example").expect("an issuer");
    let expected = registration::Expected {
        issuer: &issuer,
        sent: &Map::new(),
        secret: SecretPolicy::AsReturned,
        verdict: mcphub_oauth::hook::AnswerVerdict::Accept,
    };
    if let Err(error) = registration::accept(expected, response) {
        expect_no_secret(&error);
    }
}

/// What stands behind the question mark when a person comes back, or pastes it.
pub(crate) fn callback_query(bytes: &[u8]) {
    let params = callback::pasted(&String::from_utf8_lossy(bytes));
    assert!(params.len() <= 64, "{} parameters", params.len());
    if let Some(read) = callback::read(&params, &Callback::default()) {
        let shown = format!("{read:?}");
        assert!(!shown.contains(&format!("{CANARY}-code")), "{shown}");
    }
}

/// The bytes as an answer: good and bad, JSON, form and page.
fn answers(bytes: &[u8]) -> Vec<Response<Vec<u8>>> {
    let kinds = ["application/json", "application/x-www-form-urlencoded", "text/html"];
    let answer = |(status, kind): (u16, &str)| {
        Response::builder().status(status).header("content-type", kind).body(bytes.to_vec()).expect("a response")
    };
    [200, 400].into_iter().flat_map(|status| kinds.map(|kind| (status, kind))).map(answer).collect()
}

fn expect_no_secret(error: &impl std::error::Error) {
    let told = format!("{error} {error:?}");
    assert!(!told.contains(CANARY), "{told}");
    assert!(told.len() < 4096, "an error of {} bytes", told.len());
}

fn profile() -> Profile {
    let identity = Identity {
        id: "x".into(),
        version: "1.0.0".into(),
        title: String::new(),
        description: String::new(),
        homepage: None,
        hosts: Vec::new(),
    };
    Profile::new(identity, Vec::new())
}
