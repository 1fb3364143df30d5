//! Answers of the token endpoint (RFC 6749 §5): tokens, or the error by its name.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::Response;
use serde_json::Value;

use super::expiry::expiry;
use crate::body::{read_body, text_at};
use crate::grant::Token;
use crate::json::MAX_LIST;
use crate::mask;
use crate::profile::{Capture, Pair, Profile, TokenResponse, TokenRule};
use crate::scopes;
use crate::secret::{AccessToken, RefreshToken};

/// What an answer gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Tokens by slot; "main" is among them.
    pub by_slot: BTreeMap<String, Token>,
    /// Granted scopes; none: not told.
    pub scopes: Option<Vec<String>>,
    /// Values that the profile keeps for later requests.
    pub captured: Vec<Pair>,
    /// `token_type` says that they are bound to the key whose proof went along (RFC 9449 §5).
    pub bound: bool,
}

/// Why an answer gave no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// RFC 6749 §5.2, or an error in the provider's own way.
    #[error("the token endpoint refused with status {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// HTTP status of the answer.
        status: u16,
        /// The error's name, made plain.
        code: Option<String>,
    },
    /// Neither JSON nor a form.
    #[error("the token endpoint's answer (status {0}) is neither JSON nor form-encoded")]
    Unreadable(u16),
    /// RFC 6749 §5.1: an answer without an error has an access token.
    #[error("the token endpoint's answer has no access token")]
    NoToken,
    /// RFC 6749 §A.12, §A.17: what no request could carry.
    #[error("the token endpoint's answer has a token with characters that no token may have")]
    BadToken,
}

/// Reads an answer by the profile's rules.
pub fn accept(response: &Response<Vec<u8>>, profile: &Profile, now: SystemTime) -> Result<Tokens, TokenError> {
    let rules = &profile.token_response;
    let status = response.status().as_u16();
    let accepted =
        if rules.accept.is_empty() { response.status().is_success() } else { rules.accept.contains(&status) };
    let Some(body) = read_body(response) else {
        return Err(if accepted { TokenError::Unreadable(status) } else { TokenError::Refused { status, code: None } });
    };
    let shown = mask::shown(response, &body, &rules.tokens);
    if let Some(code) = error_of(&shown, rules, accepted) {
        return Err(TokenError::Refused { status, code: (!code.is_empty()).then(|| crate::error::plain(&code)) });
    }
    let tokens = tokens(&body, &shown, &rules.tokens, profile, now);
    if !tokens.by_slot.contains_key("main") {
        return Err(TokenError::NoToken);
    }
    if !tokens.by_slot.values().all(can_be_sent) {
        return Err(TokenError::BadToken);
    }
    let bound = text_at(&body, "/token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("dpop"));
    Ok(Tokens { captured: captures(&shown, &rules.captures), bound, ..tokens })
}

/// Whether a token is made of visible characters and blanks (VSCHAR), as RFC 6749 §A.12 and §A.17 want it.
#[must_use]
pub fn can_be_sent(token: &Token) -> bool {
    let is_sound = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    is_sound(token.access.secret()) && token.refresh.as_ref().is_none_or(|refresh| is_sound(refresh.secret()))
}

/// Takes tokens from where the rules say they are, and what people see of them from the masked answer.
#[must_use]
pub fn tokens(body: &Value, shown: &Value, rules: &[TokenRule], profile: &Profile, now: SystemTime) -> Tokens {
    let mut found = Tokens { by_slot: BTreeMap::new(), scopes: None, captured: Vec::new(), bound: false };
    for rule in rules {
        let Some(access) = text_at(body, &rule.access_token).filter(|token| !token.is_empty()) else {
            continue;
        };
        let refresh = rule.refresh_token.as_ref().and_then(|at| text_at(body, at)).filter(|token| !token.is_empty());
        let expires_at = expiry(&rule.expiry, body, &access, now);
        found.scopes = found.scopes.or_else(|| scope_of(shown, rule, profile));
        let token = Token {
            access: AccessToken::new(access),
            refresh: refresh.map(RefreshToken::new),
            expires_at,
            obtained_at: now,
        };
        found.by_slot.entry(rule.slot.clone()).or_insert(token);
    }
    found
}

fn scope_of(body: &Value, rule: &TokenRule, profile: &Profile) -> Option<Vec<String>> {
    match body.pointer(rule.scope.as_ref()?)? {
        Value::String(text) => Some(scopes::read(&profile.scopes, text)),
        Value::Array(items) => {
            Some(items.iter().take(MAX_LIST).filter_map(|item| item.as_str().map(str::to_owned)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Values kept for later steps. They are shown to the plugin and to people: they come from the masked answer.
#[must_use]
pub fn captures(shown: &Value, rules: &[Capture]) -> Vec<Pair> {
    rules.iter().filter_map(|rule| Some((rule.key.clone(), text_at(shown, &rule.at)?))).collect()
}

/// The error's name, if the answer is one; empty where it has none.
fn error_of(body: &Value, rules: &TokenResponse, accepted: bool) -> Option<String> {
    if let Some(disguised) = &rules.error {
        let found = body.pointer(&disguised.at);
        let written = found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let fine = match &written {
            Some(value) => disguised.ok.contains(value),
            None => disguised.ok.is_empty(),
        };
        if !fine {
            // A list or an object is no name, and it may hold a token.
            let name = written.filter(|_| found.is_some_and(|value| !value.is_array() && !value.is_object()));
            return Some(text_at(body, &disguised.code).or(name).unwrap_or_default());
        }
    }
    let standard =
        text_at(body, "/error").or_else(|| text_at(body, "/error/code")).or_else(|| text_at(body, "/error/type"));
    match standard {
        Some(code) if !code.is_empty() => Some(code),
        Some(_) | None => (!accepted).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::profile::DisguisedError;
    use crate::testing::profile;

    fn answer(status: u16, content_type: &str, body: &str) -> Response<Vec<u8>> {
        Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(body.as_bytes().to_vec())
            .expect("response")
    }

    #[test]
    fn a_json_answer_gives_tokens_scopes_and_a_lifetime() {
        let body = r#"{"access_token":"at","refresh_token":"rt","expires_in":60,"scope":"a b","token_type":"bearer"}"#;

        let tokens = accept(&answer(200, "application/json", body), &profile(), UNIX_EPOCH).expect("tokens");

        let main = tokens.by_slot.get("main").expect("main");
        assert_eq!((main.access.secret().as_str(), main.expires_at), ("at", Some(UNIX_EPOCH + Duration::from_mins(1))));
        assert_eq!(tokens.scopes, Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_form_encoded_answer_is_read_too() {
        let response = answer(
            200,
            "application/x-www-form-urlencoded; charset=utf-8",
            "access_token=at&scope=repo%2Cgist&token_type=bearer",
        );

        let tokens = accept(&response, &profile(), UNIX_EPOCH).expect("tokens");

        assert_eq!(tokens.by_slot.get("main").expect("main").access.secret(), "at");
    }

    #[test]
    fn an_error_with_status_200_is_an_error() {
        let error =
            accept(&answer(200, "application/json", r#"{"error":"bad_verification_code"}"#), &profile(), UNIX_EPOCH);

        assert_eq!(
            error.expect_err("refused"),
            TokenError::Refused { status: 200, code: Some("bad_verification_code".into()) }
        );
    }

    #[test]
    fn an_error_in_the_providers_own_way_is_found_by_rule() {
        let mut profile = profile();
        profile.token_response.error =
            Some(DisguisedError { at: "/ok".into(), ok: vec!["true".into()], code: "/why".into() });

        let bad = accept(
            &answer(200, "application/json", r#"{"ok":false,"why":"nope","access_token":"x"}"#),
            &profile,
            UNIX_EPOCH,
        );
        let good = accept(&answer(200, "application/json", r#"{"ok":true,"access_token":"x"}"#), &profile, UNIX_EPOCH);

        assert_eq!(bad.expect_err("refused"), TokenError::Refused { status: 200, code: Some("nope".into()) });
        assert!(good.is_ok());
    }

    #[test]
    fn an_error_that_is_a_whole_object_is_not_shown() {
        let mut profile = profile();
        profile.token_response.error =
            Some(DisguisedError { at: "/failure".into(), ok: Vec::new(), code: "/failure/name".into() });
        let body = r#"{"failure":{"token":"s3cret"}}"#;

        let error = accept(&answer(200, "application/json", body), &profile, UNIX_EPOCH);

        assert_eq!(error.expect_err("refused"), TokenError::Refused { status: 200, code: None });
    }

    #[test]
    fn a_list_of_scopes_is_cut_however_it_is_written() {
        let names: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
        for scope in [serde_json::json!(names.join(" ")), serde_json::json!(names)] {
            let body = serde_json::json!({"access_token": "at", "scope": scope}).to_string();

            let tokens = accept(&answer(200, "application/json", &body), &profile(), UNIX_EPOCH).expect("tokens");

            assert_eq!(tokens.scopes.map(|scopes| scopes.len()), Some(MAX_LIST));
        }
    }

    #[test]
    fn html_and_an_answer_without_a_token_are_refused_without_quoting_them() {
        let html =
            accept(&answer(200, "text/html", "<html>secret=1</html>"), &profile(), UNIX_EPOCH).expect_err("html");
        let empty = accept(&answer(200, "application/json", "{}"), &profile(), UNIX_EPOCH).expect_err("empty");

        assert_eq!(html, TokenError::Unreadable(200));
        assert_eq!(empty, TokenError::NoToken);
    }

    #[test]
    fn a_token_may_stand_in_an_envelope() {
        let mut profile = profile();
        profile.token_response.tokens =
            vec![TokenRule { access_token: "/data/0/token".into(), ..TokenRule::default() }];

        let tokens = accept(&answer(200, "application/json", r#"{"data":[{"token":"deep"}]}"#), &profile, UNIX_EPOCH);

        assert_eq!(tokens.expect("tokens").by_slot.get("main").expect("main").access.secret(), "deep");
    }
}
