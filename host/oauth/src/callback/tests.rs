//! Callbacks that are taken, and every way in which one is not.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::auth_method::AuthMethod;
use crate::authorization::PendingAuthorization;
use crate::browser::BrowserId;
use crate::client::Client;
use crate::hook::ClientKind;
use crate::issuer::Issuer;
use crate::profile::{self, Pair};
use crate::secret::State;

#[test]
fn a_pasted_address_gives_its_parameters_however_it_is_quoted() {
    let expected = [("code".to_owned(), "a b".to_owned()), ("state".to_owned(), "s".to_owned())];

    for text in [
        "http://localhost:3000/oauth/callback?code=a%20b&state=s",
        "  <http://localhost:3000/oauth/callback?code=a+b&state=s#_=_> ",
        "code=a%20b&state=s\n",
    ] {
        assert_eq!(pasted(text), expected, "{text}");
    }
}

fn browser(letter: &str) -> BrowserId {
    BrowserId::parse(&letter.repeat(43)).expect("browser")
}

fn pending(issuer_promised: bool) -> PendingAuthorization {
    PendingAuthorization {
        state: State::new("st".into()),
        verifier: None,
        issuer: Issuer::parse("https://as.example").expect("issuer"),
        issuer_promised,
        client: Client {
            issuer: "https://as.example".into(),
            id: Some("c".into()),
            secret: None,
            secret_expires_at: None,
            method: AuthMethod::None,
            kind: ClientKind::Configured,
            redirect_uri: "http://localhost/cb".into(),
            registration: None,
            registration_access_token: None,
        },
        resource: None,
        scopes: Vec::new(),
        browser: browser("a"),
        expires_at: UNIX_EPOCH + Duration::from_mins(15),
    }
}

fn answered(
    query: &str,
    promised: bool,
    browser: Option<&BrowserId>,
    at: u64,
) -> Result<AcceptedCallback, CallbackError> {
    let params: Vec<Pair> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let callback = read(&params, &profile::Callback::default()).expect("state");
    pending(promised).accept(callback, browser, UNIX_EPOCH + Duration::from_secs(at))
}

#[test]
fn a_code_for_the_right_state_browser_and_time_is_accepted() {
    let accepted =
        answered("state=st&code=abc&iss=https%3A%2F%2Fas.example", true, Some(&browser("a")), 10).expect("accepted");

    assert_eq!(accepted.code.secret(), "abc");
}

#[test]
fn every_deviation_is_refused_with_its_own_reason() {
    let (a, b) = (browser("a"), browser("b"));
    let reason = |query, promised, browser, at| answered(query, promised, browser, at).expect_err("refused");

    assert_eq!(reason("state=other&code=abc", false, Some(&a), 10), CallbackError::UnknownState);
    assert_eq!(reason("state=st&code=abc", false, Some(&b), 10), CallbackError::OtherBrowser);
    assert_eq!(reason("state=st&code=abc", false, None, 10), CallbackError::OtherBrowser);
    assert_eq!(reason("state=st&code=abc", false, Some(&a), 901), CallbackError::Expired);
    assert_eq!(reason("state=st", false, Some(&a), 10), CallbackError::Nothing);
    assert_eq!(
        reason("state=st&error=access_denied", false, Some(&a), 10),
        CallbackError::Refused { error: "access_denied".into(), said: None }
    );
    assert!(matches!(reason("state=st&code=abc", true, Some(&a), 10), CallbackError::IssuerMissing { .. }));
    assert!(matches!(
        reason("state=st&code=abc&iss=https://as.example/", false, Some(&a), 10),
        CallbackError::IssuerMismatch { .. }
    ));
}

#[test]
fn what_the_provider_writes_about_a_refusal_is_told_masked_and_in_one_line() {
    let told = |description: &str| {
        let query = url::form_urlencoded::Serializer::new("state=st&error=invalid_scope&code=abcdefgh".to_owned())
            .append_pair("error_description", description)
            .finish();
        answered(&query, false, Some(&browser("a")), 10).expect_err("refused").to_string()
    };

    assert_eq!(
        told("Scope \"x\"\n\u{202e}is not yours"),
        "the provider refused the sign-in (invalid_scope); the provider writes: \"Scope \\\"x\\\" is not yours\""
    );
    assert!(!told("your code is abcdefgh").contains("abcdefgh"));
    assert!(told(&"a ".repeat(5000)).len() < 500);
    assert_eq!(told(" "), "the provider refused the sign-in (invalid_scope)");
}

#[test]
fn a_callback_without_a_state_is_nobodys() {
    assert!(read(&[("code".into(), "abc".into())], &profile::Callback::default()).is_none());
}
