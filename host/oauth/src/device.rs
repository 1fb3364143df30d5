//! Device authorization (RFC 8628): a code that a person enters on any device.

use std::time::{Duration, SystemTime};

use http::{Request, Response};
use serde_json::Value;
use url::Url;

use crate::body::read_body;
use crate::build_error::BuildError;
use crate::client::Client;
use crate::encoding::Parts;
use crate::endpoint_request;
use crate::profile::Profile;
use crate::resource::{self, ResourceStep};
use crate::scopes;
use crate::secret::DeviceCode;
use crate::server_metadata::ServerMetadata;
use crate::template::Slots;
use crate::token::{self, TokenError, Tokens};

/// The grant type (§3.4), as it is registered.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// §3.2: the pause between two polls where the answer names none.
const INTERVAL: Duration = Duration::from_secs(5);
/// The longest pause and lifetime that an answer may ask for.
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
const LONGEST_LIFE: Duration = Duration::from_hours(1);
/// Codes longer than this are shown to nobody.
const MAX_USER_CODE: usize = 64;

/// What a person does elsewhere, and what the hub asks for meanwhile.
#[derive(Debug, Clone)]
pub struct DeviceAuthorization {
    /// What the hub polls with; a secret.
    pub device_code: DeviceCode,
    /// What the person types at the provider's page.
    pub user_code: String,
    /// Where to enter it.
    pub verification_uri: Url,
    /// The same with the code in it.
    pub verification_uri_complete: Option<Url>,
    /// When the codes end.
    pub expires_at: SystemTime,
    /// The pause between questions.
    pub interval: Duration,
}

/// The answer to one question.
#[derive(Debug)]
pub enum Polled {
    /// The person is done.
    Tokens(Tokens),
    /// The person has not answered yet (§3.5); poll again after the interval.
    Pending,
    /// Not yet, and asked too often: five seconds more from now on (§3.5).
    SlowDown,
}

/// Where the authorization server starts such logins, if it does.
#[must_use]
pub fn endpoint(metadata: &ServerMetadata) -> Option<Url> {
    let url = Url::parse(metadata.document.get("device_authorization_endpoint")?.as_str()?).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}

/// Asks for codes (§3.1).
pub fn request(
    endpoint: &Url,
    client: &Client,
    profile: &Profile,
    wanted: &[String],
    slots: &Slots<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    let mut parts = Parts::default();
    parts.params.extend(scopes::write(&profile.scopes, wanted).into_iter().filter(|(_, value)| !value.is_empty()));
    parts.params.extend(resource::param(&profile.resource_indicator, ResourceStep::Authorize, slots)?);
    endpoint_request::request(endpoint, parts, &profile.token_request.shape, client, slots)
}

/// Reads the codes of an answer (§3.2). Fails where one is missing or the provider refused.
pub fn accept(response: &Response<Vec<u8>>, now: SystemTime) -> Result<DeviceAuthorization, TokenError> {
    let status = response.status().as_u16();
    let body = read_body(response).ok_or(TokenError::Unreadable(status))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if !response.status().is_success() {
        return Err(TokenError::Refused { status, code: text("error").map(crate::error::plain) });
    }
    let url = |name: &str| Url::parse(text(name)?).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64).map(Duration::from_secs);
    let shown = |code: &&str| code.len() <= MAX_USER_CODE && code.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let (code, user_code) = (text("device_code"), text("user_code").filter(shown));
    // The spelling of a draft of RFC 8628 is still about.
    let verification_uri = url("verification_uri").or_else(|| url("verification_url"));
    let (Some(code), Some(user_code), Some(verification_uri)) = (code, user_code, verification_uri) else {
        return Err(TokenError::NoToken);
    };
    Ok(DeviceAuthorization {
        device_code: DeviceCode::new(code.to_owned()),
        user_code: user_code.to_owned(),
        verification_uri,
        verification_uri_complete: url("verification_uri_complete"),
        expires_at: now + seconds("expires_in").unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE),
        interval: seconds("interval").filter(|pause| !pause.is_zero()).unwrap_or(INTERVAL).min(LONGEST_INTERVAL),
    })
}

/// Asks whether the person is done (§3.4).
pub fn poll_request(
    device_code: &DeviceCode,
    client: &Client,
    metadata: &ServerMetadata,
    profile: &Profile,
    slots: &Slots<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    let mut parts = Parts::default();
    parts.params.push(("grant_type".into(), GRANT_TYPE.into()));
    parts.params.push(("device_code".into(), device_code.secret().to_owned()));
    parts.params.extend(resource::param(&profile.resource_indicator, ResourceStep::Token, slots)?);
    endpoint_request::request(&metadata.token_endpoint, parts, &profile.token_request.shape, client, slots)
}

/// What the answer says (§3.5).
pub fn poll_accept(response: &Response<Vec<u8>>, profile: &Profile, now: SystemTime) -> Result<Polled, TokenError> {
    match token::accept(response, profile, now) {
        Ok(tokens) => Ok(Polled::Tokens(tokens)),
        Err(TokenError::Refused { code: Some(code), .. }) if code == "authorization_pending" => Ok(Polled::Pending),
        Err(TokenError::Refused { code: Some(code), .. }) if code == "slow_down" => Ok(Polled::SlowDown),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
        let response = Response::builder().status(status).header("content-type", "application/json");
        response.body(body.as_bytes().to_vec()).expect("response")
    }

    #[test]
    fn a_pause_of_nothing_is_the_one_of_the_rfc() {
        for odd in ["0", "-1", "0.2", "null", "\"1\"", "[]"] {
            let body = format!(
                r#"{{"device_code":"dc","user_code":"WDJB","verification_uri":"https://as.example/d","interval":{odd}}}"#
            );

            assert_eq!(accept(&answer(200, &body), UNIX_EPOCH).expect("codes").interval, INTERVAL, "{odd}");
        }
    }

    #[test]
    fn codes_and_pauses_are_read_and_bounded() {
        let body = r#"{"device_code":"dc","user_code":"WDJB-MJHT","verification_uri":"https://as.example/device","expires_in":99999,"interval":900}"#;

        let codes = accept(&answer(200, body), UNIX_EPOCH).expect("codes");

        assert_eq!((codes.user_code.as_str(), codes.interval), ("WDJB-MJHT", LONGEST_INTERVAL));
        assert_eq!(codes.expires_at, UNIX_EPOCH + LONGEST_LIFE);
        assert!(!format!("{codes:?}").contains("dc"), "{codes:?}");
    }

    #[test]
    fn an_answer_without_codes_or_with_one_that_cannot_be_shown_is_refused() {
        let long = "x".repeat(100);
        for body in [
            r#"{"user_code":"A","verification_uri":"https://as.example"}"#.to_owned(),
            r#"{"device_code":"dc","user_code":"A","verification_uri":"javascript:alert(1)"}"#.to_owned(),
            format!(r#"{{"device_code":"dc","user_code":"{long}","verification_uri":"https://as.example"}}"#),
        ] {
            assert_eq!(accept(&answer(200, &body), UNIX_EPOCH).expect_err("no codes"), TokenError::NoToken, "{body}");
        }
    }

    #[test]
    fn waiting_is_no_error_and_a_refusal_is_one() {
        let profile = crate::testing::profile();
        let says = |code: &str| poll_accept(&answer(400, &format!("{{\"error\":\"{code}\"}}")), &profile, UNIX_EPOCH);

        assert!(matches!(says("authorization_pending"), Ok(Polled::Pending)));
        assert!(matches!(says("slow_down"), Ok(Polled::SlowDown)));
        assert!(matches!(says("access_denied"), Err(TokenError::Refused { .. })));
        assert!(matches!(says("expired_token"), Err(TokenError::Refused { .. })));
    }
}
